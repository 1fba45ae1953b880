"""A partner's API client for live sellbacks, and a comparable form of all rows they write."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.test import Client

from buyback.live.reconciler import reconcile
from buyback.models import Alert, Buyback, Payout, Transfer
from config.foundation import clock
from inventory.models import Item
from partners.models import Event, Spend
from tests.peers.oracle import OraclePeer
from tests.peers.treasury import TreasuryPeer
from tests.world import World, make_item

HASTY, PATIENT = 0.3, 20.0  # seconds: for faults that must time out, and for all others
PRICE = Decimal("70.13")
SOLD = (200, {"success": True, "amount": 70.13})
NOT_FOUND = (400, {"error": "Item not found"})
EXPIRED = (400, {"error": "Item has expired"})
FAILED = (400, {"error": "Transaction failed"})
ACTIVE = (400, {"error": "Item already has an active buyback session"})
BELOW = (400, {"error": "Price below min_amount"})
IN_FLIGHT = (429, {"error": "A buyback request for this item is already being processed"})
UNKNOWN = (500, {"error": "An unexpected error occurred"})

OUT, BACK, PAID = ("treasury", "in_flight"), ("in_flight", "treasury"), ("in_flight", "paid_out")


@dataclass(frozen=True)
class Rows:
    """One item's rows: its state, its buyback, ledger transfers, and other rows.

    ``spent`` counts against the partner's day and the platform's hour.
    """

    item: str = "held"
    buyback: str | None = None
    reason: str = ""
    amount: Decimal | None = None
    moves: tuple[tuple[str, str], ...] = ()
    payouts: tuple[Decimal, ...] = ()
    events: tuple[str, ...] = ()
    alerts: tuple[str, ...] = ()
    spent: tuple[Decimal, ...] = ()


SPENT, FREE = (PRICE, PRICE), (Decimal("0.00"), Decimal("0.00"))
UNTOUCHED = Rows()
SETTLED = Rows(
    "sold", "settled", "", PRICE, (OUT, PAID), (PRICE,), ("buyback.completed",), (), SPENT
)


def refused(reason: str, *alerts: str) -> Rows:
    """A sellback that ended before the treasury was called."""
    return Rows("held", "failed", reason, events=("buyback.failed",), alerts=alerts)


def declined(reason: str) -> Rows:
    """A sellback whose money was released."""
    return Rows(
        "held", "failed", reason, PRICE, (OUT, BACK), events=("buyback.failed",), spent=FREE
    )


def unresolved(reason: str, state: str = "unknown", *alerts: str) -> Rows:
    """A sellback that the treasury was asked to pay."""
    return Rows("selling", state, reason, PRICE, (OUT,), alerts=alerts, spent=SPENT)


def rows(item: Item) -> Rows:
    """The database's rows for the item and its latest sellback."""
    item.refresh_from_db(fields=["state"])
    latest = Buyback.objects.filter(item=item).order_by("created_at", "id").last()
    moves = (
        Transfer.objects.filter(buyback=latest)
        .order_by("created_at", "id")
        .values_list("debit", "credit")
    )
    events = (
        Event.objects.filter(data__buyback_id=str(latest.pk)) if latest else Event.objects.none()
    )
    return Rows(
        item.state,
        latest.state if latest else None,
        latest.failure.sentence if latest and latest.failure else "",
        latest.amount if latest else None,
        tuple(moves),
        tuple(Payout.objects.filter(buyback=latest, state="paid").values_list("amount", flat=True)),
        tuple(events.values_list("type", flat=True)),
        tuple(
            Alert.objects.filter(subject=f"item {item.public_id}").values_list("kind", flat=True)
        ),
        tuple(Spend.objects.with_total().order_by("scope").values_list("total", flat=True)),
    )


@dataclass
class Shop:
    """Northwind's live key, and the peers."""

    world: World
    oracle: OraclePeer
    treasury: TreasuryPeer
    base: str = "/api/v1"
    key: str = ""

    def __post_init__(self) -> None:
        self.key = self.key or self.world.northwind.live_key

    def item(self, **fields: Any) -> Item:
        """A held item, pulled an hour ago, worth 82.50 USD."""
        return make_item(self.world.northwind.live, now=clock.now() - timedelta(hours=1), **fields)

    def post(self, path: str, body: dict[str, Any], key: str | None = None) -> Any:
        """One POST, with or without an Idempotency-Key."""
        given = {"X-API-Key": self.key} | ({} if key is None else {"Idempotency-Key": key})
        return Client(raise_request_exception=False).post(
            self.base + path, json.dumps(body), content_type="application/json", headers=given
        )

    def sell(self, item: Item | str, *, key: str | None = None, **fields: Any) -> Any:
        """``POST /vm/buyback``: the whole response."""
        item_id = item if isinstance(item, str) else item.public_id
        return self.post("/vm/buyback", {"item_id": item_id} | fields, key)

    def sale(self, item: Item | str, *, key: str | None = None, **fields: Any) -> tuple[int, Any]:
        """``POST /vm/buyback``: status and body."""
        return heard(self.sell(item, key=key, **fields))

    def get(self, path: str) -> tuple[int, Any]:
        """One GET: status and body."""
        return heard(
            Client(raise_request_exception=False).get(
                self.base + path, headers={"X-API-Key": self.key}
            )
        )


def heard(response: Any) -> tuple[int, Any]:
    """Status and body."""
    return response.status_code, json.loads(response.content)


def later(**span: float) -> datetime:
    """Real time, this much later."""
    return clock.now() + timedelta(**span)


def reconciled(item: Item, *, now: datetime | None = None) -> bool:
    """Reconcile the item's latest sellback, by default a minute later; returns if it is closed."""
    return reconcile(
        Buyback.objects.filter(item=item).latest("created_at").pk, now=now or later(minutes=1)
    )


def arrived(treasury: TreasuryPeer) -> None:
    """Wait until delayed requests have arrived at the treasury."""
    for thread in treasury.waiting:
        thread.join(timeout=30)


def calls(peer: OraclePeer | TreasuryPeer) -> list[str]:
    """The methods of the peer's requests, in order."""
    return [line.split()[0] for line in peer.seen]

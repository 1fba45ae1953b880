"""The exposure and today's payouts, as a periodic snapshot, and figures that an index serves.

Summing up millions of held items takes seconds, so pages only read the snapshot of ``take``, with
its time. Live environments only; amounts are USD.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.db.models import Count, Max, Min, Q, QuerySet, Sum

from buyback.models import Alert, Buyback, Exposure, PaidHour, TreasuryControl
from config.foundation import clock
from inventory.models import Tier
from partners.models import Environment, Mode, Spend

HERE = Path(__file__).parent
EXPOSURE = (HERE / "exposure.sql").read_text(encoding="utf-8")
PAID_TODAY = (HERE / "paid_today.sql").read_text(encoding="utf-8")
MOST = 10  # packs and partners that are listed
LATE = timedelta(
    minutes=2
)  # the reconciler runs every 15 seconds, so such a delay means that it does not
STALE = timedelta(minutes=5)  # the snapshot is taken every minute
ZERO = Decimal(0)


def take(*, now: datetime | None = None) -> bool:
    """Calculate the exposure and today's totals; False if another process is doing so.

    ``now`` is UTC. Repeatable, also in parallel.
    """
    asked = {"now": now or clock.now()}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext('buyback.exposure'))")
        if not cursor.fetchone()[0]:
            return False
        cursor.execute(EXPOSURE, asked)
        cursor.execute(PAID_TODAY, asked)
    return True


@dataclass(frozen=True, slots=True)
class Share:
    """A number of items and what they would cost."""

    name: str
    pk: int | str
    items: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Owed:
    """The latest snapshot. ``as_of`` is None before the first one."""

    as_of: datetime | None
    items: int
    amount: Decimal
    by_closing: Sequence[Share]
    by_pack: Sequence[Share]
    by_partner: Sequence[Share]


def owed() -> Owed:
    """The exposure. Three queries over the snapshot, however many items there are."""
    found = grouped(Exposure.objects.all())
    whole, closing = found.get(None), by_closing(found)
    packs, partners = _largest("pack"), _largest("partner")
    if whole is None:
        return Owed(None, 0, ZERO, closing, packs, partners)
    return Owed(whole["at"], whole["size"], whole["usd"], closing, packs, partners)


def grouped(rows: QuerySet[Exposure]) -> dict[str | None, dict[str, Any]]:
    """Rows of the snapshot summed by deadline. One query."""
    added = rows.values("closes").annotate(
        size=Sum("items", default=0), usd=Sum("amount", default=ZERO), at=Max("as_of")
    )
    return {row["closes"]: dict(row) for row in added}


def by_closing(found: dict[str | None, dict[str, Any]]) -> list[Share]:
    """The same as shares, including periods without deadlines."""
    nothing = {"size": 0, "usd": ZERO}
    rows = (
        (value, str(label), found.get(value, nothing)) for value, label in Exposure.Closes.choices
    )
    return [Share(label, value, row["size"], row["usd"]) for value, label, row in rows]


def _largest(of: str) -> list[Share]:
    """The packs or partners with the largest exposure."""
    rows = (
        Exposure.objects.exclude(pack=None)
        .values_list(of, f"{of}__name")
        .annotate(size=Sum("items", default=0), usd=Sum("amount", default=ZERO))
        .order_by("-usd", of)
    )
    return [Share(name, pk, size, usd) for pk, name, size, usd in rows[:MOST]]


@dataclass(frozen=True, slots=True)
class Today:
    """Totals of the UTC day so far, as of the latest snapshot, and by hour (24 hours, USD)."""

    paid: int
    amount: Decimal
    failed: int
    by_hour: Sequence[Decimal]


def today(now: datetime) -> Today:
    """One query over today's hours."""
    midnight = _midnight(now)
    hours = PaidHour.objects.filter(starts_at__gte=midnight).values("starts_at")
    rows = list(
        hours.annotate(
            size=Sum("paid", default=0),
            usd=Sum("amount", default=ZERO),
            missed=Sum("failed", default=0),
        )
    )
    by_hour = {row["starts_at"].hour: row["usd"] for row in rows}
    return Today(
        sum(row["size"] for row in rows),
        sum((row["usd"] for row in rows), ZERO),
        sum(row["missed"] for row in rows),
        [by_hour.get(hour, ZERO) for hour in range(24)],
    )


@dataclass(frozen=True, slots=True)
class Open:
    """Open live sellbacks: by state, USD in flight, oldest, and overdue for reconciliation."""

    by_state: dict[str, int]
    in_flight: int
    amount: Decimal
    since: datetime | None
    late: int


def open_sales(now: datetime) -> Open:
    """One query by the index of unresolved sellbacks, which are few."""
    late = Count("pk", filter=Q(lease_until__lt=now - LATE) & ~Q(state=Buyback.State.REVIEW))
    rows = list(
        Buyback.objects.unresolved()
        .filter(environment__mode=Mode.LIVE)
        .order_by()
        .values("state")
        .annotate(size=Count("pk"), usd=Sum("amount"), since=Min("submitted_at"), late=late)
    )
    flying = [row for row in rows if row["state"] != Buyback.State.CLAIMED]
    return Open(
        {row["state"]: row["size"] for row in rows},
        sum(row["size"] for row in flying),
        sum((row["usd"] for row in flying), ZERO),
        min((row["since"] for row in flying), default=None),
        sum(row["late"] for row in rows),
    )


@dataclass(frozen=True, slots=True)
class Used:
    """A cap and the spending against it. ``cap`` None: no limit is set, and nothing is counted."""

    name: str
    spent: Decimal
    cap: Decimal | None

    @property
    def tone(self) -> str:
        """How close to the cap, as a word for the stylesheet."""
        share = self.spent / self.cap if self.cap else ZERO
        return "bad" if share >= Decimal("0.9") else "wait" if share >= Decimal("0.7") else ""


@dataclass(frozen=True, slots=True)
class Caps:
    """The guards and their use: this hour for all, today for the partners closest to their cap."""

    control: TreasuryControl
    hour: Used
    partners: Sequence[Used]

    @property
    def missing(self) -> list[str]:
        """What has no cap."""
        named = (
            ("one sellback", self.control.cap_per_sale),
            ("a partner's day", self.control.cap_per_partner_day),
            ("the platform's hour", self.control.cap_per_hour),
        )
        return [name for name, cap in named if cap is None]


def caps(now: datetime) -> Caps:
    """Four queries: the guards, this hour's row, today's largest rows, and their partners."""
    control = TreasuryControl.objects.first() or TreasuryControl()
    spans = Spend.objects.with_total()
    hour = spans.filter(
        scope="platform", starts_at=now.replace(minute=0, second=0, microsecond=0)
    ).first()
    spans = spans.filter(starts_at=_midnight(now), scope__startswith="partner:").order_by(
        "-total", "scope"
    )
    spent = {int(span.scope.partition(":")[2]): span.total for span in spans[:MOST]}
    live = Environment.objects.filter(mode=Mode.LIVE, partner__in=spent).select_related("partner")
    known = {environment.partner_id: environment for environment in live}
    return Caps(
        control,
        Used("This hour, everybody", hour.total if hour else ZERO, control.cap_per_hour),
        [
            Used(
                known[pk].partner.name, total, known[pk].cap_per_day or control.cap_per_partner_day
            )
            for pk, total in spent.items()
        ],
    )


def unseen_alerts() -> tuple[list[tuple[str, str, int]], list[Alert]]:
    """Unseen alerts: ``(kind, label, count)``, and the newest ones. Two queries."""
    unseen = Alert.objects.filter(seen_at=None)
    counted = dict(unseen.order_by().values_list("kind").annotate(size=Count("pk")))
    newest = list(unseen.select_related("environment__partner")[:MOST])
    return [
        (value, str(label), counted.get(value, 0)) for value, label in Alert.Kind.choices
    ], newest


def drained() -> list[Tier]:
    """Tiers of enabled packs without a card left for live at the last stock count. One query."""
    empty = Tier.objects.filter(pack__enable=True, available=0).select_related("pack")
    return list(empty.order_by("pack__name", "position"))


def in_words(tiers: Iterable[Tier]) -> list[tuple[int, str, str]]:
    """Tiers without cards, by pack: ``(pack, its name, its tiers)``."""
    by_pack: dict[Any, list[str]] = {}
    for tier in tiers:
        by_pack.setdefault(tier.pack, []).append(tier.name)
    return [(pack.pk, pack.name, ", ".join(names)) for pack, names in by_pack.items()]


def _midnight(now: datetime) -> datetime:
    """The start of the UTC day of ``now``."""
    return now.replace(hour=0, minute=0, second=0, microsecond=0)

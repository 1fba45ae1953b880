"""The main job from a partner's side; `manage.py up --once` runs it.

Through real HTTP against the running server, in both environments: buy pulls, read the inventory,
sell back one item, see its payout. Then a window expires within seconds, and the real worker closes
it.
"""

from __future__ import annotations

import json
import secrets
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any, TypeVar

from buyback.ledger.invariants import broken_invariants
from buyback.models import Payout
from config.foundation import clock
from inventory.models import Item, Pack
from inventory.models.catalogue import SANDBOX_WINDOW
from inventory.packs.purchases import buy_pulls
from partners.keys import api_keys
from partners.models import Environment, Mode
from partners.records.actor import SYSTEM

BASES = {"sandbox": "/_/api/v1", "live": "/api/v1"}
LEFT_OPEN = timedelta(seconds=4)  # time left of the expiring window when it is made
CLOSED_WITHIN = 60.0  # seconds; the sweep runs every 15

Say = Callable[[str], None]
T = TypeVar("T")


class StepFailedError(Exception):
    """A response was not as the contract says. The text has the step and the response."""


@dataclass(frozen=True)
class Api:
    """A partner's server: one key, one environment."""

    base: str
    key: str

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> tuple[int, Any]:
        """Status and parsed response, whatever the status."""
        request = urllib.request.Request(  # noqa: S310  (our own address)
            self.base + path,
            method=method,
            data=json.dumps(body).encode() if body is not None else None,
            headers={"X-API-Key": self.key, "Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as refusal:
            return refusal.code, json.load(refusal)

    def expect(self, step: str, wanted: int, method: str, path: str, body: Any = None) -> Any:
        """The response, which must have the status `wanted`. Raises StepFailedError."""
        status, answer = self.call(method, path, body)
        require(status == wanted, step, f"{status} {json.dumps(answer)}")
        return answer


def require(held: bool, step: str, instead: object) -> None:
    """Raises StepFailedError unless ``held``."""
    if not held:
        raise StepFailedError(f"{step}: got {instead}")


def there(value: T | None, step: str) -> T:
    """`value`, which must not be None. Raises StepFailedError."""
    if value is None:
        raise StepFailedError(f"{step}: there is none")
    return value


def main_job(url: str, demo: dict[str, Any], say: Say, check: Callable[[], None]) -> None:
    """Run every step in the sandbox and live. `check` raises if a server process has died.

    Raises StepFailedError.
    """
    user = f"once-{secrets.token_hex(4)}"
    callers = [_caller(url, demo, mode) for mode in (Mode.SANDBOX, Mode.LIVE)]
    for api, environment in callers:
        _sell_one_of_two(api, environment, user, say)
    lapsing = [
        (api, environment, _pulled_long_ago(environment, user)) for api, environment in callers
    ]
    for _, environment, item in lapsing:
        say(
            f"[{environment.mode}] {item.card.name}: its window closes at "
            f"{clock.iso_or_none(item.expires_at)}."
        )
    for api, environment, item in lapsing:
        _see_it_lapse(api, environment, item, say, check)
    broken = list(broken_invariants())
    require(not broken, "the ledger", broken)
    say("The ledger balances.")


def _caller(url: str, demo: dict[str, Any], mode: str) -> tuple[Api, Environment]:
    """The API of the first active demo partner in this mode, and its key's environment."""
    texts = [one["key"] for one in demo["api_keys"] if one["mode"] == mode]
    opening = ((text, key) for text in texts if (key := api_keys.find(text, mode)))
    text, key = there(next(opening, None), f"a {mode} key that opens")
    return Api(url + BASES[mode], text), key.environment


def _sell_one_of_two(api: Api, environment: Environment, user: str, say: Say) -> None:
    mode = environment.mode
    packs = api.expect("packs", 200, "GET", "/vm/available?platform=mainnet")
    pack = min((one for one in packs if one["in_stock"]), key=lambda one: one["mint_price"])
    order = {"id": pack["id"], "amount": 2, "user_id": user}
    session = api.expect("buy", 200, "POST", "/vm/buy/init", order)["session_id"]
    status = api.expect("purchase status", 200, "POST", "/vm/buy/status", {"session_id": session})
    require(len(status.get("result", {}).get("nfts", [])) == 2, "purchase status", status)
    say(f"[{mode}] {user} bought 2 pulls of {pack['name']} at ${pack['mint_price']} each.")

    items = api.expect("inventory", 200, "GET", f"/inventory/{user}")["items"]
    require(len(items) == 2, "inventory", items)
    for item in items:
        say(
            f"[{mode}]   {item['content']['metadata']['name']}: sells back for "
            f"${item['buyback_price']}"
        )

    sold = {"item_id": items[0]["id"]}
    answer = api.expect("sell back", 200, "POST", "/vm/buyback", sold)
    require(answer == {"success": True, "amount": items[0]["buyback_price"]}, "sell back", answer)
    again = api.expect("sell back twice", 400, "POST", "/vm/buyback", sold)
    require(again == {"error": "Item not found"}, "sell back twice", again)
    left = api.expect("inventory", 200, "GET", f"/inventory/{user}")["items"]
    require([one["id"] for one in left] == [items[1]["id"]], "inventory after the sellback", left)
    say(f"[{mode}] Sold back the first for ${answer['amount']}; again: {again['error']}.")

    payouts = list(Payout.objects.of(environment).filter(collector__user_id=user))
    amounts = [(payout.state, payout.amount) for payout in payouts]
    require(amounts == [("paid", Decimal(str(answer["amount"])))], "payout", amounts)
    say(f"[{mode}] Payout {payouts[0].pk}: ${payouts[0].amount} {payouts[0].state}.")


def _see_it_lapse(
    api: Api, environment: Environment, item: Item, say: Say, check: Callable[[], None]
) -> None:
    mode, user = environment.mode, item.collector.user_id
    until = time.monotonic() + CLOSED_WITHIN
    while item.expired_at is None:
        require(
            time.monotonic() < until,
            "closing the window",
            f"nothing within {CLOSED_WITHIN:.0f} seconds",
        )
        check()
        time.sleep(0.5)
        item.refresh_from_db(fields=["expired_at"])
    refusal = api.expect(
        "sell an expired item", 400, "POST", "/vm/buyback", {"item_id": item.public_id}
    )
    require(refusal == {"error": "Item has expired"}, "sell an expired item", refusal)
    held = api.expect("inventory", 200, "GET", f"/inventory/{user}")["items"]
    require(item.public_id in [one["id"] for one in held], "the expired item is still held", held)
    say(
        f"[{mode}] The worker closed it at {clock.iso(item.expired_at)}; selling it: "
        f"{refusal['error']}."
    )


def _pulled_long_ago(environment: Environment, user: str) -> Item:
    """An item whose window closes within seconds, from a purchase dated accordingly."""
    packs = Pack.objects.filter(enable=True)
    if environment.is_live:
        packs = packs.exclude(buyback_window=None)
    pack = there(packs.order_by("mint_price").first(), "a pack whose window closes")
    window = (pack.buyback_window if environment.is_live else SANDBOX_WINDOW) or SANDBOX_WINDOW
    purchase = buy_pulls(
        environment=environment,
        pack_id=pack.public_id,
        amount=1,
        user_id=user,
        by=SYSTEM,
        now=clock.now() + environment.clock_offset - window + LEFT_OPEN,
    )
    return purchase.items.select_related("card", "collector").get()

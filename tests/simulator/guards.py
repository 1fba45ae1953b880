"""The guards of the live sale and of orders, each with a way to take it out: the simulator must
notice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any
from unittest.mock import patch
from uuid import UUID, uuid4

from buyback.live import gateway, reconciler, steps, treasury
from buyback.models import Buyback
from buyback.outcomes import TransactionFailed
from buyback.sellback import sell_back
from inventory.models import Item, ShippingOrder
from inventory.shipping import fulfilment, orders
from tests.statements import replaced, without

Outage = Callable[[], Any]


def silence_is_a_no() -> Any:
    """A timeout counts as "declined"."""
    real = reconciler.conclude

    def conclude(buyback_id: UUID, outcome: treasury.Outcome, **kwargs: Any) -> Any:
        if isinstance(outcome, treasury.Unknown):
            outcome = treasury.Declined("timeout")
        return real(buyback_id, outcome, **kwargs)

    return _all((sell_back, "conclude", conclude), (reconciler, "conclude", conclude))


def not_found_is_a_no() -> Any:
    """What the treasury does not know yet counts as "declined"."""
    real = gateway.ask

    def ask(*args: Any, **kwargs: Any) -> treasury.Outcome:
        outcome = real(*args, **kwargs)
        return treasury.Declined("not found") if isinstance(outcome, treasury.NotFound) else outcome

    return patch.object(gateway, "ask", ask)


def new_reference_each_time() -> Any:
    """A resubmission asks for another payment."""
    return patch.object(
        steps.Attempt, "reference", property(lambda self: f"buyback-{self.pk}-{uuid4()}")
    )


def paid_before_written_down() -> Any:
    """The treasury is asked before the submission is in the database."""
    real = steps.submit

    def submit(attempt: steps.Attempt, price: Any, **kwargs: Any) -> None:
        attempt.buyback.reference = steps.reference_of(attempt.item, 1)
        gateway.pay(attempt, price.amount)
        real(attempt, price, **kwargs)

    return patch.object(steps, "submit", submit)


def lapsed_claims_still_submit() -> Any:
    """A request that lost its claim asks the treasury all the same."""
    real = steps.submit

    def submit(attempt: steps.Attempt, price: Any, **kwargs: Any) -> None:
        attempt.buyback.reference = steps.reference_of(attempt.item, 1)
        with suppress(TransactionFailed):
            real(attempt, price, **kwargs)

    return patch.object(steps, "submit", submit)


def open_items_are_free() -> Any:
    """An unknown outcome hands the item back at once."""
    real = steps.park

    def park(buyback_id: UUID, **kwargs: Any) -> None:
        real(buyback_id, **kwargs)
        item = Item.objects.get(buybacks=buyback_id)
        Item.objects.filter(pk=item.pk, state="selling").update(state="held")

    return patch.object(steps, "park", park)


def nobody_reconciles() -> Any:
    """Open sales stay open."""
    return patch.object(reconciler, "reconcile_all", lambda **_: 0)


def windows_never_close() -> Any:
    """The window is not looked at when the item is claimed."""
    return _claiming_without("WHEN expired_at IS NOT NULL OR now > expires_at THEN 'expired'")


def money_stays_in_flight() -> Any:
    """A failed sale does not give back what was set aside."""
    real = steps._transfer

    def transfer(buyback: Buyback, debit: Any, credit: Any, now: Any) -> None:
        if credit != "treasury":
            real(buyback, debit, credit, now)

    return patch.object(steps, "_transfer", transfer)


def caps_do_not_count() -> Any:
    """No sale is counted against a cap."""
    uncounted = replaced(steps.SUBMIT, "span.cap IS NOT NULL", "false")
    return patch.object(steps, "SUBMIT", uncounted)


def any_lease_will_do() -> Any:
    """A request that was given up goes on when somebody else's lease runs."""
    real = steps.submit

    def submit(attempt: steps.Attempt, price: Any, **kwargs: Any) -> None:
        attempt.buyback.refresh_from_db(fields=["lease_until"])
        real(attempt, price, **kwargs)

    return patch.object(steps, "submit", submit)


def floors_do_not_hold() -> Any:
    """``min_amount`` is not looked at."""
    return patch.object(sell_back, "_refuse_price", lambda *_: None)


def any_treasury_will_do() -> Any:
    """Whichever treasury the settings name is asked about a sale, and to pay it."""
    return patch.object(treasury, "name", lambda: "the treasury")


def references_are_made_anew() -> Any:
    """A reference is drawn at the submission, so after a restore the same sale is another
    payment.
    """
    return patch.object(steps, "_next_reference", lambda _: f"buyback-{uuid4()}")


def anything_can_be_ordered() -> Any:
    """An order is made whatever its items are doing by then."""

    def lock_items(*args: Any) -> list[Item]:
        items = real(*args)
        for item in items:
            item.state = Item.State.HELD
        return items

    real = orders.lock_items
    return _all((orders, "lock_items", lock_items), (orders, "move_items", _moves_unasked))


def ordered_items_still_sell() -> Any:
    """A claim takes an item whatever it is doing."""
    return _claiming_without(
        "WHEN state <> 'held' THEN 'not_found'",
        "AND inventory_item.state = 'held'",
    )


def given_up_orders_keep_their_items() -> Any:
    """A cancelled or failed order lets go of its items, and nobody holds them again."""

    def release(order: ShippingOrder, _items: list[Item]) -> None:
        if order.state in fulfilment.GIVEN_UP:
            order.lines.update(released=True)

    return patch.object(fulfilment, "_move_its_items", release)


def _claiming_without(*rules: str) -> Any:
    return patch.object(steps, "CLAIM", without(steps.CLAIM, *rules))


def _moves_unasked(items: list[Item], _before: Item.State, after: Item.State) -> None:
    Item.objects.filter(pk__in=[item.pk for item in items]).update(state=after)


@contextmanager
def _all(*patches: tuple[Any, str, Any]) -> Iterator[None]:
    first, *rest = patches
    with patch.object(*first):
        if rest:
            with _all(*rest):
                yield
        else:
            yield


GUARDS: tuple[Outage, ...] = (
    silence_is_a_no,
    not_found_is_a_no,
    new_reference_each_time,
    paid_before_written_down,
    lapsed_claims_still_submit,
    any_lease_will_do,
    open_items_are_free,
    nobody_reconciles,
    windows_never_close,
    money_stays_in_flight,
    caps_do_not_count,
    floors_do_not_hold,
    any_treasury_will_do,
    references_are_made_anew,
    anything_can_be_ordered,
    ordered_items_still_sell,
    given_up_orders_keep_their_items,
)

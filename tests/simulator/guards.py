"""The guards of live sellbacks and orders, each with a way to remove it; the simulator notices."""

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
    """ "Not found" counts as "declined"."""
    real = gateway.ask

    def ask(*args: Any, **kwargs: Any) -> treasury.Outcome:
        outcome = real(*args, **kwargs)
        return treasury.Declined("not found") if isinstance(outcome, treasury.NotFound) else outcome

    return patch.object(gateway, "ask", ask)


def new_reference_each_time() -> Any:
    """A resubmission is a new payment."""
    return patch.object(
        steps.Attempt, "reference", property(lambda self: f"buyback-{self.pk}-{uuid4()}")
    )


def paid_before_written_down() -> Any:
    """The treasury is called before the submission is committed."""
    real = steps.submit

    def submit(attempt: steps.Attempt, price: Any, **kwargs: Any) -> None:
        attempt.buyback.reference = steps.reference_of(attempt.item, 1)
        gateway.pay(attempt, price.amount)
        real(attempt, price, **kwargs)

    return patch.object(steps, "submit", submit)


def lapsed_claims_still_submit() -> Any:
    """A request that lost its claim calls the treasury anyway."""
    real = steps.submit

    def submit(attempt: steps.Attempt, price: Any, **kwargs: Any) -> None:
        attempt.buyback.reference = steps.reference_of(attempt.item, 1)
        with suppress(TransactionFailed):
            real(attempt, price, **kwargs)

    return patch.object(steps, "submit", submit)


def open_items_are_free() -> Any:
    """An unknown outcome releases the item immediately."""
    real = steps.park

    def park(buyback_id: UUID, **kwargs: Any) -> None:
        real(buyback_id, **kwargs)
        item = Item.objects.get(buybacks=buyback_id)
        Item.objects.filter(pk=item.pk, state="selling").update(state="held")

    return patch.object(steps, "park", park)


def nobody_reconciles() -> Any:
    """Open sellbacks stay open."""
    return patch.object(reconciler, "reconcile_all", lambda **_: 0)


def windows_never_close() -> Any:
    """The claim does not check the window."""
    return _claiming_without("WHEN expired_at IS NOT NULL OR now > expires_at THEN 'expired'")


def money_stays_in_flight() -> Any:
    """A failed sellback does not release its money."""
    real = steps._transfer

    def transfer(buyback: Buyback, debit: Any, credit: Any, now: Any) -> None:
        if credit != "treasury":
            real(buyback, debit, credit, now)

    return patch.object(steps, "_transfer", transfer)


def caps_do_not_count() -> Any:
    """Caps do not count sellbacks."""
    uncounted = replaced(steps.SUBMIT, "span.cap IS NOT NULL", "false")
    return patch.object(steps, "SUBMIT", uncounted)


def any_lease_will_do() -> Any:
    """A request continues under another request's lease."""
    real = steps.submit

    def submit(attempt: steps.Attempt, price: Any, **kwargs: Any) -> None:
        attempt.buyback.refresh_from_db(fields=["lease_until"])
        real(attempt, price, **kwargs)

    return patch.object(steps, "submit", submit)


def floors_do_not_hold() -> Any:
    """``min_amount`` is ignored."""
    return patch.object(sell_back, "_refuse_price", lambda *_: None)


def any_treasury_will_do() -> Any:
    """The currently configured treasury is called for every sellback."""
    return patch.object(treasury, "name", lambda: "the treasury")


def references_are_random() -> Any:
    """Each submission has a random reference, so after a restore the sellback is paid again."""
    return patch.object(steps, "_next_reference", lambda _: f"buyback-{uuid4()}")


def anything_can_be_ordered() -> Any:
    """An order ignores the state of its items."""

    def lock_items(*args: Any) -> list[Item]:
        items = real(*args)
        for item in items:
            item.state = Item.State.HELD
        return items

    real = orders.lock_items
    return _all((orders, "lock_items", lock_items), (orders, "move_items", _moves_unasked))


def ordered_items_still_sell() -> Any:
    """A claim ignores the state of its item."""
    return _claiming_without(
        "WHEN state <> 'held' THEN 'not_found'",
        "AND inventory_item.state = 'held'",
    )


def given_up_orders_keep_their_items() -> Any:
    """A cancelled or failed order does not return its items."""

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
    references_are_random,
    anything_can_be_ordered,
    ordered_items_still_sell,
    given_up_orders_keep_their_items,
)

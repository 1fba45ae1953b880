"""Moving an order to its next state. A cancelled or failed order gives its items back."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from config.foundation.codes import Code
from config.foundation.errors import Refusal
from config.foundation.reasons import LONGEST_REASON
from inventory.models import Item, ShippingOrder
from inventory.models.shipping import ORDER_MOVES, TIMES
from inventory.shipping.orders import lock_items, move_items, record_event
from partners.records import audit
from partners.records.actor import Actor
from partners.tenants.sandbox import NotASandbox

State = ShippingOrder.State
GIVEN_UP = (State.CANCELLED, State.FAILED)
ONWARD = {State(before): State(after) for before, after in ORDER_MOVES if after not in GIVEN_UP}
STEP_FIELDS = ("state", "tracking_number", "tracking_url", "error_message")


class NoSuchStep(Refusal):
    """The order cannot move to this state from its current one."""

    code = Code.INVALID_ORDER_STATUS
    sentence = "Order cannot be moved to this status"


def advance(
    *,
    order: ShippingOrder,
    by: Actor,
    to: str | None = None,
    tracking_number: str = "",
    tracking_url: str = "",
    error_message: str = "",
    now: datetime | None = None,
) -> ShippingOrder:
    """Move an order to its next state, or to the allowed state ``to``. Returns the order.

    ``cancelled`` and ``failed`` give the items back to their users. ``error_message`` is shown to
    the partner. ``now`` defaults to the environment's clock, read after the locks. Raises
    NoSuchStep; then nothing moved.
    """
    with transaction.atomic():
        rows = ShippingOrder.objects.select_related("environment__partner").select_for_update(
            of=("self",), no_key=True
        )
        locked = rows.get(pk=order.pk)
        target = to if to is not None else ONWARD.get(State(locked.state))
        if target is None or (locked.state, target) not in ORDER_MOVES:
            raise NoSuchStep
        items = lock_items(locked.environment, list(locked.lines.values_list("item_id", flat=True)))
        moment = now or locked.environment.database_now()
        before = audit.values(locked, STEP_FIELDS)
        locked.state = State(target)
        locked.tracking_number = tracking_number or locked.tracking_number
        locked.tracking_url = tracking_url or locked.tracking_url
        locked.error_message = error_message[:LONGEST_REASON] or locked.error_message
        setattr(locked, TIMES[locked.state], moment)
        locked.save(update_fields=[*STEP_FIELDS, TIMES[locked.state]])
        _move_its_items(locked, items)
        record_event(locked, items, by=by, now=moment)
        audit.record(
            actor=by,
            action="shipping_order.moved",
            target=locked,
            partner=locked.environment.partner,
            before=before,
            after=audit.values(locked, STEP_FIELDS),
        )
    return locked


def play(*, order: ShippingOrder, by: Actor, to: str | None = None) -> ShippingOrder:
    """``advance`` a sandbox order, with a generated tracking number or reason.

    Raises NotASandbox, NoSuchStep.
    """
    if order.environment.is_live:
        raise NotASandbox
    target = to if to is not None else ONWARD.get(State(order.state), "")
    labelled, failed = target == State.LABEL_CREATED, target == State.FAILED
    return advance(
        order=order,
        by=by,
        to=target,
        tracking_number=f"SANDBOX{order.pk:010d}" if labelled else "",
        tracking_url=f"https://example.com/track/SANDBOX{order.pk:010d}" if labelled else "",
        error_message="Failed as asked in the sandbox" if failed else "",
    )


def _move_its_items(order: ShippingOrder, items: list[Item]) -> None:
    """Move the items to the states that follow from the order's new state."""
    if order.state == State.SHIPPED:
        move_items(items, Item.State.SHIPPING, Item.State.SHIPPED)
    if order.state in GIVEN_UP:
        order.lines.update(released=True)
        move_items(items, Item.State.SHIPPING, Item.State.HELD)

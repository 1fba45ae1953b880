"""Dashboard pages for shipping: the list of orders, one order, and moving sandbox orders.

Phygitals moves live orders in the admin. Only operators and owners see full addresses.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.db.models import CharField, Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.fields.json import KT
from django.db.models.functions import Cast
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from config.foundation.keyset import walk
from inventory.models import ShippedItem, ShippingOrder
from inventory.models.shipping import ORDER_MOVES, TIMES
from inventory.shipping import fulfilment
from inventory.shipping.orders import OrderNotFound, find
from partners.dashboard.files import download, file_name
from partners.dashboard.paging import NEWEST, SortOrder, keyset
from partners.dashboard.permissions import (
    MemberRequest,
    Obstacle,
    form_only,
    may_act,
    member,
    obstacle,
)
from partners.dashboard.rendering import Chip, page
from partners.models import Role
from partners.records.actor import Actor

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

STATES = dict(ShippingOrder.State.choices)
BY: SortOrder = {"-created_at": NEWEST["-created_at"], "-id": int}
TONES = {"delivered": "good", "failed": "bad", "cancelled": "warn"}
VERBS = {
    "processing": _("Begin"),
    "label_created": _("Create the label"),
    "shipped": _("Ship"),
    "delivered": _("Deliver"),
    "cancelled": _("Cancel"),
    "failed": _("Let it fail"),
}
NOT_MOVED = Obstacle(
    _("The order was not moved"),
    _("It cannot go from its current state to that one."),
    _("Reload the page and check its state."),
    status=409,
)
COLUMNS = {
    "order_id": "public_id",
    "status": "state",
    "carrier": "carrier",
    "service": "service",
    "insured": "insured",
    "amount_usd": "amount",
    "items": "size",
    "city": "city",
    "country": "country",
    "tracking_number": "tracking_number",
    "created_at": "created_at",
    "processing_at": "processing_at",
    "labelled_at": "labelled_at",
    "shipped_at": "shipped_at",
    "delivered_at": "delivered_at",
    "ended_at": "ended_at",
    "error_message": "error_message",
    "requested_by": "requested_by",
}


@dataclass(frozen=True)
class Step:
    """A state that the order has reached."""

    state: str
    label: StrOrPromise
    at: datetime
    tone: str


@require_safe
@member
def orders(request: MemberRequest) -> HttpResponse:
    """Orders, 30 a page."""
    get, state = request.GET, _state(request)
    context = {
        "section": "orders",
        "page": keyset(
            _rows(request, state), BY, get.get("after", ""), before=get.get("before", "")
        ),
        "states": STATES,
        "state": state,
        "chips": [Chip("state", gettext("State"), STATES[state])] if state else [],
    }
    return page(request, "inventory/dashboard/orders.html", context, part="results")


@require_safe
@member
def orders_csv(request: MemberRequest) -> StreamingHttpResponse:
    """All orders in a state, as a file. Addresses are reduced to city and country."""
    rows = _rows(request, _state(request)).values_list(*COLUMNS.values(), "id", named=True)
    lines: Iterator[Any] = (row[:-1] for row in walk(rows, list(BY)))
    return download(request, file_name(request, "orders"), list(COLUMNS), lines)


@require_safe
@member
def order(request: MemberRequest, order_id: str) -> HttpResponse:
    """One order: items, address, tracking and the states so far."""
    found = _find(request, order_id)
    whole = Role(request.membership.role).includes(Role.OPERATOR)
    movable = not request.environment.is_live and may_act(request, Role.OPERATOR)
    context = {
        "section": "orders",
        "order": found,
        "lines": found.lines.select_related("item__card", "item__collector"),
        "address": address(found.destination, whole=whole),
        "whole": whole,
        "steps": steps(found),
        "moves": [
            (to, VERBS[to]) for before, to in ORDER_MOVES if movable and before == found.state
        ],
    }
    return page(request, "inventory/dashboard/order.html", context)


@form_only
@member
def move(request: MemberRequest, order_id: str) -> HttpResponse:
    """Move a sandbox order to another state. Operators and owners."""
    if request.environment.is_live:
        raise Http404("Phygitals moves live orders")
    found, stop = _find(request, order_id), obstacle(request, Role.OPERATOR)
    if stop is None:
        try:
            moved = fulfilment.play(
                order=found, by=Actor.user(request.user), to=request.POST.get("to", "")
            )
            message = gettext("The order is now %(state)s") % {
                "state": moved.get_state_display().lower()
            }
            messages.success(request, message)
            return redirect("dashboard:order", "sandbox", order_id)
        except fulfilment.NoSuchStep:
            stop = NOT_MOVED
    context = {"section": "orders", "stop": stop, "item": None, "payout": None}
    return page(request, "dashboard/refused.html", context, status=stop.status)


def steps(found: ShippingOrder) -> list[Step]:
    """The states of an order, in order. A cancelled or failed order includes its earlier states."""
    ends = {"cancelled", "failed"} - {found.state}
    times = [
        (state, getattr(found, column)) for state, column in TIMES.items() if state not in ends
    ]
    return [
        Step(state, STATES[state], at, TONES.get(state, ""))
        for state, at in times
        if at is not None
    ]


def address(destination: dict[str, Any], *, whole: bool) -> list[str]:
    """The lines of an address; without street and name unless ``whole``."""
    values = {
        name: str(destination.get(name) or "").strip()
        for name in (*ADDRESS, "city", "state", "postal_code")
    }
    place = " ".join(
        values[name]
        for name in ("city", "state", *(["postal_code"] if whole else []))
        if values[name]
    )
    if not whole:
        initials = " ".join(f"{word[0]}." for word in values["name"].split())
        return [line for line in (initials, place, values["country"]) if line]
    lines = [
        values["name"],
        values["line1"],
        values["line2"],
        place,
        values["country"],
        values["phone"],
        values["email"],
    ]
    return [line for line in lines if line]


ADDRESS = ("name", "line1", "line2", "country", "phone", "email")


def _rows(request: MemberRequest, state: str) -> QuerySet[ShippingOrder]:
    """The environment's orders, of one state or all, each with its item count and destination."""
    lines = (
        ShippedItem.objects.filter(order=OuterRef("pk"))
        .order_by()
        .values("order")
        .annotate(size=Count("pk"))
    )
    rows = ShippingOrder.objects.filter(
        environment=request.environment, **({"state": state} if state else {})
    )
    return rows.annotate(
        size=Subquery(lines.values("size"), output_field=IntegerField()),
        city=Cast(KT("destination__city"), CharField()),
        country=Cast(KT("destination__country"), CharField()),
    )


def _state(request: MemberRequest) -> str:
    state = request.GET.get("state", "")
    return state if state in STATES else ""


def _find(request: MemberRequest, order_id: str) -> ShippingOrder:
    try:
        return find(request.environment, order_id)
    except OrderNotFound:
        raise Http404("No such order") from None

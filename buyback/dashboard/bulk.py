"""Selling back many items: preview, confirm, and watch the workers sell them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

import structlog
from django.contrib import messages
from django.http import HttpResponse, QueryDict, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe
from django_htmx.http import HttpResponseStopPolling, trigger_client_event
from kombu.exceptions import OperationalError

from buyback import tasks
from buyback.bulk import run, selection
from buyback.dashboard.expiring import Filter
from buyback.dashboard.parts.messages import LINE_REASONS, QUOTE_REASONS
from buyback.models import BulkLine, BulkSale
from buyback.sellback import quotes
from config.foundation.keyset import walk
from inventory.models import Item
from partners.dashboard import paging
from partners.dashboard.files import download
from partners.dashboard.paging import NEWEST, keyset
from partners.dashboard.permissions import (
    MemberRequest,
    Obstacle,
    form_only,
    may_act,
    member,
    obstacle,
)
from partners.dashboard.rendering import page
from partners.models import Role
from partners.records.actor import Actor

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

log = structlog.get_logger(__name__)

STALE = Obstacle(
    _("This list is out of date"),
    _("The list of items was made more than an hour ago, or is invalid. Nothing was started."),
    _("Select the items again to see their current prices."),
    status=409,
)
COLUMNS = (
    "item_id",
    "card",
    "user_id",
    "amount_usd",
    "state",
    "result",
    "buyback_id",
    "payout_id",
    "closed_at",
)


@require_safe
@member
def bulk_sales(request: MemberRequest) -> HttpResponse:
    """All bulk sellbacks, newest first."""
    rows = BulkSale.objects.of(request.environment)
    after, before = request.GET.get("after", ""), request.GET.get("before", "")
    listed = keyset(rows, NEWEST, after, before=before, size=25)
    # Counted separately: otherwise all bulk sellbacks would be counted to find the newest.
    counted = (
        BulkSale.objects.filter(pk__in=[sale.pk for sale in listed.rows])
        .counted()
        .order_by(*NEWEST)
    )
    context = {
        "section": "expiring",
        "page": listed,
        "sales": [(sale, progress(sale)) for sale in counted],
    }
    return page(request, "buyback/dashboard/bulk_sales.html", context, part="results")


@member
def preview(request: MemberRequest) -> HttpResponse:
    """What the selected items would sell for now, and which would not. It changes nothing."""
    if request.method != "POST":
        return redirect("dashboard:expiring", request.environment.mode)
    stop = obstacle(request, Role.OPERATOR)
    if stop:
        return _refuse(request, stop)
    here, now = request.environment, request.environment.now()
    items, cut = _chosen(request, now)
    looked = [
        (item, quotes.quote_of(item, item.public_id, here, now)) for item in items[: run.MOST]
    ]
    sellable = [
        (item, quote.amount) for item, quote in looked if quote.reason is None and quote.amount
    ]
    context = {
        "section": "expiring",
        "now": now,
        "sellable": sellable,
        "refused": [(item, QUOTE_REASONS[quote.reason]) for item, quote in looked if quote.reason],
        "total": sum((amount for _, amount in sellable), Decimal(0)),
        "order": selection.signed(here, [(item.pk, amount) for item, amount in sellable]),
        "more": len(items) > run.MOST,
        "looked_through": cut and paging.LOOK_THROUGH,
        "most_items": run.MOST,
        "may_move": quotes.may_move(here),
    }
    return page(request, "buyback/dashboard/bulk_preview.html", context)


@form_only
@member
def start(request: MemberRequest) -> HttpResponse:
    """Start the previewed bulk sellback. Sent again, it shows the same one."""
    stop = obstacle(request, Role.OPERATOR)
    order = selection.read(request.POST.get("order", ""), request.environment)
    if stop or order is None:
        return _refuse(request, stop or STALE)
    sale = run.start(
        environment=request.environment,
        token=order.token,
        chosen=order.chosen,
        by=Actor.user(request.user),
        now=request.environment.now(),
    )
    _ring(sale.pk)
    return redirect("dashboard:bulk_sale", request.environment.mode, sale.pk)


@require_safe
@member
def bulk_sale(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Progress, and the result of each item. The page polls until it is over."""
    sale = get_object_or_404(BulkSale.objects.of(request.environment).counted(), pk=pk)
    context: dict[str, Any] = {"section": "expiring", "sale": sale, "progress": progress(sale)}
    if request.htmx.target == "progress":
        response = page(request, "buyback/dashboard/bulk_sale.html", context, part="progress")
        if context["progress"]["over"]:
            response.status_code = HttpResponseStopPolling.status_code
            trigger_client_event(response, "over")
        return response
    state = request.GET.get("state", "")
    lines = _lines(sale).filter(state=state) if state in BulkLine.State.values else _lines(sale)
    listed = keyset(
        lines, {"id": int}, request.GET.get("after", ""), before=request.GET.get("before", "")
    )
    context |= {
        "page": listed,
        "lines": [(line, sentence(line)) for line in listed.rows],
        "state": state,
        "may_sell": may_act(request, Role.OPERATOR),
    }
    return page(request, "buyback/dashboard/bulk_sale.html", context, part="results")


@form_only
@member
def cancel(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Stop the items that have not started."""
    stop = obstacle(request, Role.OPERATOR)
    if stop:
        return _refuse(request, stop)
    sale = get_object_or_404(BulkSale.objects.of(request.environment), pk=pk)
    stopped = run.cancel(sale.pk, by=Actor.user(request.user), now=request.environment.now())
    message = gettext("Cancelled: %(size)s not started") % {"size": f"{stopped:,}"}
    messages.success(request, message if stopped else gettext("All items had already started"))
    return redirect("dashboard:bulk_sale", request.environment.mode, sale.pk)


@require_safe
@member
def results(request: MemberRequest, pk: UUID) -> StreamingHttpResponse:
    """The result of each item, as a file."""
    sale = get_object_or_404(BulkSale.objects.of(request.environment), pk=pk)
    return download(request, f"bulk-sale-{sale.pk}.csv", COLUMNS, _rows(sale))


def progress(sale: Any) -> dict[str, Any]:
    """How far a counted bulk sellback is: its state in words, and its number of closed lines."""
    done = sale.sold + sale.refused + sale.cancelled
    waits, over = sale.pending + sale.selling, done == sale.size
    word = _("Running") if waits else _("Waiting for answers")
    if over:
        word = _("Cancelled") if sale.cancelled else _("Finished")
    return {"done": done, "over": over, "word": word}


def sentence(line: BulkLine) -> StrOrPromise:
    """The result of a line, or what it is waiting for."""
    if line.state == BulkLine.State.REFUSED:
        return LINE_REASONS[BulkLine.Reason(line.reason)]
    return {
        BulkLine.State.PENDING: _("Not begun yet."),
        BulkLine.State.SELLING: _("Being sold back now."),
        BulkLine.State.UNKNOWN: _(
            "The payment is not confirmed yet. This resolves automatically. It is paid only once."
        ),
        BulkLine.State.SOLD: _("Sold back and paid."),
        BulkLine.State.CANCELLED: _("Not started: cancelled. The user still holds it."),
    }[BulkLine.State(line.state)]


def _chosen(request: MemberRequest, now: datetime) -> tuple[list[Item], bool]:
    """The selected items, up to one more than allowed, and whether more may match.

    Selected are checked boxes, all items of a filter, or the unsold items of a bulk sellback.
    """
    here, sent = request.environment, request.POST
    if sent.get("all"):
        asked = Filter.of(QueryDict(sent.get("query", "")))
        return asked.first(asked.rows(here, now).with_card(), here, run.MOST + 1)
    named: Any = [int(pk) for pk in sent.getlist("item") if pk.isdecimal() and len(pk) < 19]
    if sent.get("again"):
        try:
            named = _left_over(UUID(sent["again"]))
        except ValueError:
            named = []
    items = Item.objects.of(here).filter(pk__in=named).order_by("expires_at", "id").with_card()
    return list(items[: run.MOST + 1]), False


def _left_over(pk: UUID) -> Any:
    """The items that a bulk sellback did not sell."""
    return BulkLine.objects.filter(bulk=pk, state__in=("refused", "cancelled")).values("item")


def _lines(sale: BulkSale) -> Any:
    return sale.lines.select_related("item__card", "item__collector", "buyback__payout")


def _rows(sale: BulkSale) -> Iterator[tuple[object, ...]]:
    for line in walk(_lines(sale), ["id"]):
        payout = getattr(line.buyback, "payout", None)
        item, reason = line.item, sentence(line)
        named = (
            item.public_id,
            item.card.name,
            item.collector.user_id,
            line.amount,
            line.state,
            reason,
        )
        yield (*named, line.buyback_id, payout and payout.pk, line.closed_at)


def _ring(bulk_id: UUID) -> None:
    """Wake a worker. If that fails, the periodic task does it within 5 seconds."""
    try:
        tasks.sell_bulk.delay(str(bulk_id))
    except OperationalError:
        log.warning("bulk_sale_not_rung", bulk_id=str(bulk_id), exc_info=True)


def _refuse(request: MemberRequest, stop: Obstacle) -> HttpResponse:
    return page(
        request, "dashboard/refused.html", {"section": "expiring", "stop": stop}, status=stop.status
    )

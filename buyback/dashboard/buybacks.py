"""Sellback attempts: the list, newest first, and the page of one attempt with its timeline."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from buyback.dashboard.parts import filters, story, totals
from buyback.models import OPEN_STATES, Buyback, Payout
from config.foundation.keyset import walk
from partners.dashboard.files import download, file_name
from partners.dashboard.paging import NEWEST, keyset
from partners.dashboard.permissions import MemberRequest, member
from partners.dashboard.rendering import page

SETTLED = Q(state="settled")
KIND = filters.Kind(
    states={
        "settled": (_("Paid"), SETTLED),
        "open": (_("In progress"), Q(state__in=OPEN_STATES)),
        "failed": (_("Failed"), Q(state="failed")),
    },
    user="item__collector",
    pack="item__pack",
    by="requested_by",
)
COLUMNS = {
    "buyback_id": "id",
    "state": "state",
    "amount_usd": "amount",
    "created_at": "created_at",
    "completed_at": "completed_at",
    "user_id": "item__collector__user_id",
    "item_id": "item__public_id",
    "card": "item__card__name",
    "pack": "item__pack__slug",
    "fmv_usd": "fmv",
    "buyback_percent": "buyback_percent",
    "voucher": "voucher",
    "mint_price_usd": "mint_price",
    "priced_at": "priced_at",
    "requested_by": "requested_by",
    "failure_code": "failure_code",
    "failure_detail": "failure_detail",
    "payout_id": "payout__id",
}


@require_safe
@member
def buybacks(request: MemberRequest) -> HttpResponse:
    """Sellbacks, 50 a page, with the number and the paid sum of the filtered ones."""
    chosen, get = filters.read(request, KIND), request.GET
    rows = filters.narrowed(request.environment, Buyback.objects.all(), chosen, KIND)
    look_for = filters.looked_for(chosen, KIND)
    shown = rows.select_related("item__collector", "item__card")
    listed = keyset(
        shown, NEWEST, get.get("after", ""), before=get.get("before", ""), look_for=look_for
    )
    total = totals.counted(rows, look_for=look_for, paid=SETTLED)
    context = {
        "section": "buybacks",
        "page": listed,
        "total": total,
        **filters.context(request, chosen, KIND),
    }
    return page(request, "buyback/dashboard/buybacks.html", context, part="results")


@require_safe
@member
def buyback(request: MemberRequest, pk: UUID) -> HttpResponse:
    """One sellback: timeline, price basis, ledger lines and payout."""
    rows = Buyback.objects.of(request.environment).select_related(
        "environment", "item__collector", "item__card", "item__pack", "payout"
    )
    found = get_object_or_404(rows, pk=pk)
    payout: Payout | None = getattr(found, "payout", None)
    context = {"section": "buybacks", "payout": payout, **story.context(found)}
    return page(request, "buyback/dashboard/buyback.html", context)


@require_safe
@member
def buybacks_csv(request: MemberRequest) -> StreamingHttpResponse:
    """All filtered sellbacks as a file, with one chunk of rows in memory."""
    chosen = filters.read(request, KIND)
    rows = filters.narrowed(request.environment, Buyback.objects.all(), chosen, KIND)
    found = rows.filter(filters.looked_for(chosen, KIND) or Q())
    lines: Iterator[Any] = walk(found.values_list(*COLUMNS.values(), named=True), list(NEWEST))
    return download(request, file_name(request, "buybacks"), list(COLUMNS), lines)

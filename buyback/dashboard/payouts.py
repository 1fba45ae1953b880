"""Payouts to a partner's users: the list, newest first, and the page of one payout."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from buyback.dashboard.parts import filters, story, totals
from buyback.models import Payout
from buyback.models.buybacks import MoneyQuerySet
from config.foundation.keyset import walk
from partners.dashboard.files import download, file_name
from partners.dashboard.paging import NEWEST, keyset
from partners.dashboard.permissions import MemberRequest, member
from partners.dashboard.rendering import page

KIND = filters.Kind(
    states={value: (label, Q(state=value)) for value, label in Payout.State.choices},
    user="collector",
    pack="buyback__item__pack",
    by="buyback__requested_by",
)
PAID = Q(state=Payout.State.PAID)
COLUMNS = {
    "payout_id": "id",
    "state": "state",
    "amount_usd": "amount",
    "created_at": "created_at",
    "paid_at": "paid_at",
    "user_id": "collector__user_id",
    "item_id": "buyback__item__public_id",
    "card": "buyback__item__card__name",
    "pack": "buyback__item__pack__slug",
    "buyback_id": "buyback_id",
    "requested_by": "buyback__requested_by",
}


@require_safe
@member
def payouts(request: MemberRequest) -> HttpResponse:
    """Payouts, 30 a page, with what the filtered ones came to."""
    here, chosen, get = request.environment, filters.read(request, KIND), request.GET
    rows = filters.narrowed(here, Payout.objects.all(), chosen, KIND)
    look_for = filters.looked_for(chosen, KIND)
    shown = rows.select_related("collector", "buyback__item__card")
    listed = keyset(
        shown, NEWEST, get.get("after", ""), before=get.get("before", ""), look_for=look_for
    )
    by_days = not (chosen.user or chosen.by or chosen.scans) and chosen.state in (
        "",
        Payout.State.PAID,
    )
    total = (
        totals.of_days(here, chosen)
        if by_days
        else totals.counted(rows, look_for=look_for, paid=PAID)
    )
    context = {
        "section": "payouts",
        "page": listed,
        "total": total,
        **filters.context(request, chosen, KIND),
    }
    return page(request, "buyback/dashboard/payouts.html", context, part="results")


@require_safe
@member
def payout(request: MemberRequest, pk: UUID) -> HttpResponse:
    """One payout: timeline, price basis and ledger lines."""
    rows = Payout.objects.of(request.environment).select_related(
        "collector", "buyback__item__card", "buyback__item__pack", "buyback__item__collector"
    )
    found = get_object_or_404(rows, pk=pk)
    context = {"section": "payouts", "payout": found, **story.context(found.buyback)}
    return page(request, "buyback/dashboard/payout.html", context)


@require_safe
@member
def payouts_csv(request: MemberRequest) -> StreamingHttpResponse:
    """All filtered payouts as a file."""
    chosen = filters.read(request, KIND)
    rows = filters.narrowed(request.environment, Payout.objects.all(), chosen, KIND)
    return download(
        request,
        file_name(request, "payouts"),
        list(COLUMNS),
        lines(rows, filters.looked_for(chosen, KIND)),
    )


def lines(rows: MoneyQuerySet[Payout], look_for: Q | None = None) -> Iterator[Any]:
    """Rows of the file, newest first, with one chunk in memory."""
    found = rows if look_for is None else rows.filter(look_for)
    return walk(found.values_list(*COLUMNS.values(), named=True), list(NEWEST))

"""Selling back one item: the price is shown, confirmed, and paid only if it has not changed."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe
from django_htmx.http import (
    HttpResponseClientRefresh,
    HttpResponseStopPolling,
    trigger_client_event,
)

from buyback.dashboard.parts.item_cards import item_card
from buyback.dashboard.parts.messages import IN_PROGRESS, NO_PRICE, REFUSALS, WAITS
from buyback.live.gateway import PriceUnavailable
from buyback.live.reconciler import reconcile
from buyback.models import Buyback, Payout
from buyback.outcomes import OutcomeUnknown, SaleInFlight
from buyback.sellback import offers, quotes
from config.foundation.codes import Code
from config.foundation.errors import Refusal
from config.foundation.money import usd
from inventory.models import Item
from partners.dashboard.permissions import MemberRequest, Obstacle, member, obstacle
from partners.dashboard.rendering import page
from partners.models import Role
from partners.records.actor import Actor
from partners.records.idempotency import KeyInProgress
from partners.templatetags.dashboard import actor

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

LAPSED = _("The offer has expired")
CHANGED = _("The price has changed")


@require_http_methods(["GET", "HEAD", "POST"])
@member
def sell(request: MemberRequest, pk: int) -> HttpResponse:
    """GET makes an offer. POST sells at that price, or shows a refusal. Operators and owners."""
    stop = obstacle(request, Role.OPERATOR)
    if stop:
        return _refuse(request, stop, None)
    item = _item(request, pk)
    return _confirm(request, item) if request.method == "POST" else _offer(request, item)


@require_safe
@member
def outcome(request: MemberRequest, pk: int) -> HttpResponse:
    """The outcome of the item's latest sellback; an open one is reconciled. Pages poll it."""
    item = _item(request, pk)
    latest = (
        Buyback.objects.of(request.environment)
        .filter(item=item)
        .order_by("-created_at", "-id")
        .first()
    )
    if latest is not None and latest.completed_at is None:
        reconcile(latest.pk)
        latest.refresh_from_db()
    waits = (
        latest is not None and latest.completed_at is None and latest.state != Buyback.State.REVIEW
    )
    if request.htmx and waits:
        return HttpResponse(status=204)  # no news: the page stays and polls again
    payout = Payout.objects.filter(buyback=latest).first()
    context = {
        "section": "users",
        "item": item,
        "buyback": latest,
        "payout": payout,
        "waits": waits,
    }
    response = page(request, "buyback/dashboard/outcome.html", context, part="leaf")
    if request.htmx:
        response.status_code = HttpResponseStopPolling.status_code
    return response


def _confirm(request: MemberRequest, item: Item) -> HttpResponse:
    """Sell at exactly the amount that the form showed."""
    offer = offers.read(request.POST.get("offer", ""), item)
    if offer is None:
        return _offer(request, item, status=422)
    try:
        offers.accept(offer, item, by=Actor.user(request.user), now=request.environment.now())
    except offers.OfferLapsed:
        return _offer(request, item, notice=LAPSED, was=offer.amount, status=422)
    except (SaleInFlight, KeyInProgress, OutcomeUnknown) as wait:
        return _wait(request, item, wait.code)
    except Refusal as refusal:
        item = _item(request, item.pk)
        if refusal.code == Code.PRICE_CHANGED:
            return _offer(request, item, notice=CHANGED, was=offer.amount, status=422)
        return _not_sold(request, item, refusal.code)
    sentence = gettext("Sold back for %(amount)s") % {"amount": usd(offer.amount)}
    return _sold(request, _item(request, item.pk), sentence)


def _item(request: MemberRequest, pk: int) -> Item:
    """The item of this environment, or 404."""
    item = Item.objects.of(request.environment).with_card().filter(pk=pk).first()
    if item is None:
        raise Http404("No such item")
    item.environment = request.environment
    return item


def _offer(
    request: MemberRequest,
    item: Item,
    *,
    notice: StrOrPromise = "",
    was: Decimal | None = None,
    status: int = 200,
) -> HttpResponse:
    """The current price with the button, or why there is none."""
    now = request.environment.now()
    try:
        price = quotes.price_now(item, now)
    except PriceUnavailable:
        return _refuse(request, NO_PRICE.about(item.collector.user_id), item)
    except WAITS as wait:
        return _wait(request, item, wait.code)
    except Refusal as refusal:
        return _not_sold(request, item, refusal.code)
    offer = offers.Offer.of(item, price.amount, now)
    context = {"section": "users", "now": now, "item": item, "price": price, "offer": offer}
    context |= {"notice": notice, "was": was}
    return page(request, "buyback/dashboard/sell.html", context, part="dialog", status=status)


def _sold(request: MemberRequest, item: Item, sentence: str) -> HttpResponse:
    """After the sellback: a toast links to the payout. Without JavaScript: back to the grid."""
    link = reverse("dashboard:payout", args=[request.environment.mode, _payout(request, item).pk])
    if request.htmx and request.htmx.current_url_abs_path == reverse(
        "dashboard:item", args=[request.environment.mode, item.pk]
    ):
        messages.success(request, sentence, extra_tags=link)
        return HttpResponseClientRefresh()
    if not request.htmx:
        messages.success(request, sentence, extra_tags=link)
        return redirect("dashboard:holdings", request.environment.mode, item.collector_id)
    now = request.environment.now()
    left = (
        Item.objects.of(request.environment).filter(collector=item.collector).in_inventory().count()
    )
    context = {
        "item_card": item_card(item, now),
        "now": now,
        "sentence": sentence,
        "link": link,
        "total": left,
    }
    response = render(request, "buyback/dashboard/sold.html", context)
    return trigger_client_event(response, "sold", {"item": item.pk}, after="settle")


def _not_sold(request: MemberRequest, item: Item, code: str) -> HttpResponse:
    """Show the refusal, or the other sellback if someone else was faster."""
    if item.state == Item.State.SOLD:
        return _already_sold(request, item)
    if code in IN_PROGRESS:
        return _wait(request, item, code)
    return _refuse(request, REFUSALS[code].about(item.collector.user_id), item)


def _already_sold(request: MemberRequest, item: Item) -> HttpResponse:
    """The first outcome again for the same person; for others, who sold it back."""
    payout = _payout(request, item)
    seller = payout.buyback.requested_by
    if seller == str(Actor.user(request.user)):
        return _sold(
            request,
            item,
            gettext("Already sold back for %(amount)s") % {"amount": usd(payout.amount)},
        )
    stop = Obstacle(
        _("This item has already been sold back"),
        gettext("%(who)s sold it back for %(amount)s. Nothing was paid a second time.")
        % {"who": actor(seller), "amount": usd(payout.amount)},
        _("The payout shows when and for whom."),
        status=409,
    )
    return _refuse(request, stop, item, payout)


def _payout(request: MemberRequest, item: Item) -> Payout:
    """The payout of a sold item."""
    payouts = Payout.objects.of(request.environment).select_related("buyback")
    return payouts.get(buyback__item=item, buyback__state="settled")


def _wait(request: MemberRequest, item: Item, code: str) -> HttpResponse:
    """A sellback in progress: the page polls its outcome."""
    stop = IN_PROGRESS[code].about(item.collector.user_id)
    context = {"section": "users", "stop": stop, "item": item}
    return page(
        request, "buyback/dashboard/waiting.html", context, part="dialog", status=stop.status
    )


def _refuse(
    request: MemberRequest, stop: Obstacle, item: Item | None, payout: Payout | None = None
) -> HttpResponse:
    context = {"section": "users", "stop": stop, "item": item, "payout": payout}
    return page(request, "dashboard/refused.html", context, part="dialog", status=stop.status)

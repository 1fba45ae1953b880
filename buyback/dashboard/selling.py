"""Selling one item back from the browser: the price is shown, confirmed, and paid only if it still is that.

The form names the item by its row, which is one pull: a card sold back and pulled again is another row. So the row
is the form's idempotency token: sent twice, the second answer tells the first one's outcome.
"""

from __future__ import annotations

import re
from decimal import Decimal

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods
from django_htmx.http import trigger_client_event

from buyback.dashboard.tiles import tile
from buyback.models import Payout
from buyback.outcomes import (
    ItemExpired,
    ItemNotFound,
    OutcomeUnknown,
    PriceChanged,
    SaleInFlight,
    SessionActive,
    TransactionFailed,
)
from buyback.sellback import sell_back
from config.errors import Refusal
from inventory.models import Item
from partners.actor import Actor
from partners.dashboard.access import MemberRequest, Obstacle, member, obstacle
from partners.dashboard.pages import page
from partners.models import Role
from partners.templatetags.dashboard import actor, usd

AMOUNT = re.compile(r"[0-9]{1,9}(\.[0-9]{1,2})?", re.ASCII)  # USD, as the form writes it; nothing longer is read


@require_http_methods(["GET", "HEAD", "POST"])
@member
def sell(request: MemberRequest, pk: int) -> HttpResponse:
    """GET shows the price; POST sells at that price, or says why not. Operators and owners."""
    stop = obstacle(request, Role.OPERATOR)
    if stop:
        return _refuse(request, stop, None)
    item = _item(request, pk)
    if item.state == Item.State.SOLD:
        return _already_sold(request, item)
    return _confirm(request, item) if request.method == "POST" else _quote(request, item)


def _confirm(request: MemberRequest, item: Item) -> HttpResponse:
    """Sell at the amount the form showed, and at no other."""
    shown = _amount(request.POST.get("amount", ""))
    if shown is None:
        return _quote(request, item, status=422)
    by, here = Actor.user(request.user), request.environment
    try:
        sale = sell_back(environment=here, item_id=item.public_id, pull=item.pk, by=by, expected_amount=shown)
    except PriceChanged:
        return _quote(request, _item(request, item.pk), was=shown, status=422)
    except Refusal as refusal:
        return _not_sold(request, item.pk, refusal)
    return _sold(request, _item(request, item.pk), f"Sold back for {usd(sale.amount)}", str(sale.payout_id))


def _item(request: MemberRequest, pk: int) -> Item:
    """The item of this environment, or 404."""
    item = Item.objects.of(request.environment).with_card().filter(pk=pk).first()
    if item is None:
        raise Http404("No such item")
    return item


def _quote(request: MemberRequest, item: Item, *, was: Decimal | None = None, status: int = 200) -> HttpResponse:
    """The price and the button, or why there is none."""
    now = request.environment.now()
    shown = tile(item, now)
    if item.state == Item.State.SELLING:  # its sale was in time, whatever its window says by now
        return _refuse(request, _obstacle(SessionActive(), item), item)
    if not shown.open:
        return _refuse(request, _obstacle(ItemExpired(), item), item)
    if not shown.sellable:
        return _refuse(request, _obstacle(ItemNotFound(), item), item)
    context = {"section": "users", "now": now, "tile": shown, "item": item, "was": was}
    return page(request, "dashboard/sell.html", context, part="dialog", status=status)


def _sold(request: MemberRequest, item: Item, sentence: str, payout_id: str) -> HttpResponse:
    """After the sale: the card says so and a toast links to the payout; without JavaScript, back to the grid."""
    link = reverse("dashboard:payout", args=[request.environment.mode, payout_id])
    if not request.htmx:
        messages.success(request, sentence, extra_tags=link)
        return redirect("dashboard:holdings", request.environment.mode, item.collector_id)
    now = request.environment.now()
    left = Item.objects.of(request.environment).filter(collector=item.collector).in_inventory().count()
    context = {"tile": tile(item, now), "now": now, "sentence": sentence, "link": link, "total": left}
    response = render(request, "dashboard/sold.html", context)
    return trigger_client_event(response, "sold", {"item": item.pk}, after="settle")


def _already_sold(request: MemberRequest, item: Item) -> HttpResponse:
    """The first outcome again for whoever sold it; for anybody else, who did."""
    payout = (
        Payout.objects.of(request.environment)
        .select_related("buyback")
        .get(buyback__item=item, buyback__state="settled")
    )
    seller = payout.buyback.requested_by
    if seller == str(Actor.user(request.user)):
        return _sold(request, item, f"Already sold back for {usd(payout.amount)}", str(payout.pk))
    stop = Obstacle(
        "This item was sold back meanwhile",
        f"{actor(seller)} sold it back for {usd(payout.amount)}. Nothing was paid a second time.",
        "The payout shows when and for whom.",
        status=409,
    )
    return _refuse(request, stop, item, payout)


def _not_sold(request: MemberRequest, pk: int, refusal: Refusal) -> HttpResponse:
    """A refusal of the sale, in a sentence; if somebody else was faster, their sale."""
    item = _item(request, pk)
    if item.state == Item.State.SOLD:
        return _already_sold(request, item)
    return _refuse(request, _obstacle(refusal, item), item)


def _obstacle(refusal: Refusal, item: Item) -> Obstacle:
    """The contract's refusal as a person reads it. Raises what is no refusal of a sale."""
    who = item.collector.user_id
    if isinstance(refusal, ItemExpired):
        sentence = f"Its window has closed, so it can no longer be sold back. {who} still owns the card."
        return Obstacle("The sellback window has closed", sentence, "It stays in the inventory.", status=422)
    if isinstance(refusal, SaleInFlight):
        sentence = "Another request is selling this very item at this moment. Nothing was sold by yours."
        return Obstacle("A sale is in progress", sentence, "Look again in a moment.", status=429)
    if isinstance(refusal, SessionActive):
        sentence = "An earlier sellback of this item has no outcome yet, so no second one can start."
        return Obstacle("A sale is in progress", sentence, "It resolves by itself. Look again in a minute.", status=422)
    if isinstance(refusal, TransactionFailed):
        sentence = f"The sale did not go through: nothing was paid, and {who} still holds the card."
        step = "Try again in a few minutes. If it keeps failing, ask your contact at Phygitals."
        return Obstacle("Nothing was sold", sentence, step, status=422)
    if isinstance(refusal, OutcomeUnknown):
        sentence = "The payment was asked for and is not confirmed yet. It can only ever be paid once."
        step = "It resolves by itself, mostly within a minute: a payout appears, or the card can be sold again."
        return Obstacle("The sale is in progress", sentence, step, status=202)
    if isinstance(refusal, ItemNotFound):
        sentence = f"{who} no longer holds it: it may have gone into a shipping order."
        return Obstacle("This item cannot be sold", sentence, "Reload the inventory to see.", status=422)
    raise refusal


def _refuse(request: MemberRequest, stop: Obstacle, item: Item | None, payout: Payout | None = None) -> HttpResponse:
    context = {"section": "users", "stop": stop, "item": item, "payout": payout}
    return page(request, "dashboard/refused.html", context, part="dialog", status=stop.status)


def _amount(text: str) -> Decimal | None:
    """The amount a form says it showed; None for what is no amount of money."""
    amount = Decimal(text) if AMOUNT.fullmatch(text) else Decimal(0)
    return amount if amount > 0 else None

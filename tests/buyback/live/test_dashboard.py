"""Selling back in the dashboard with peers: each outcome is a sentence with a next step."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.urls import reverse
from pytest_django.fixtures import Settings

from buyback.live import steps
from buyback.models import Buyback, TreasuryControl
from buyback.sellback import offers
from buyback.sellback.offers import Offer
from buyback.sellback.sell_back import sell_back
from config.foundation import clock
from inventory.models import Card, Item
from partners.records.actor import SYSTEM
from tests.buyback.live.shop import (
    HASTY,
    PRICE,
    SETTLED,
    UNTOUCHED,
    Shop,
    declined,
    later,
    reconciled,
    refused,
    rows,
)
from tests.dashboard.steps import HTMX, post_sale, signed_in


def look(shop: Shop, item: Item) -> tuple[int, str]:
    """Status and page of the operator's price request."""
    where = reverse("dashboard:sell", args=["live", item.pk])
    answer = signed_in(shop.world.northwind.operator).get(where, headers=HTMX)
    return answer.status_code, answer.content.decode()


def press(shop: Shop, item: Item, **sent: Any) -> tuple[int, str]:
    """Status and page of the operator's confirmation."""
    answer = post_sale(signed_in(shop.world.northwind.operator), item, headers=HTMX, **sent)
    return answer.status_code, answer.content.decode()


def test_it_sells_in_steps_with_no_transaction_open(shop: Shop) -> None:
    item = shop.item()
    status, page = press(shop, item)
    assert (status, rows(item)) == (200, SETTLED)
    assert "Sold back for $70.13" in page
    assert not connection.in_atomic_block


def test_it_says_that_nothing_was_sold_when_the_treasury_declines(shop: Shop) -> None:
    item = shop.item()
    shop.treasury.fault("decline", times=1)
    status, page = press(shop, item)
    assert (status, rows(item)) == (422, declined("declined: insufficient funds"))
    assert "Nothing was paid" in page
    assert "Try again in a few minutes." in page


def test_it_says_that_nothing_was_sold_without_a_price(shop: Shop) -> None:
    item = shop.item()
    shop.oracle.fault("garbage", times=1)
    status, page = press(shop, item)
    assert (status, rows(item)) == (422, refused("price: malformed", "price_rejected"))
    assert "still holds the card" in page


def test_it_says_that_nothing_was_sold_while_the_treasury_is_paused(shop: Shop) -> None:
    item = shop.item()
    TreasuryControl.objects.update(paused=True)
    status, page = press(shop, item)
    assert (status, rows(item)) == (422, UNTOUCHED)
    assert "Nothing was sold" in page


def test_it_says_in_progress_of_an_outcome_that_is_not_known(
    shop: Shop, settings: Settings
) -> None:
    settings.TREASURY_TIMEOUT = HASTY
    item = shop.item()
    shop.treasury.fault("hang_after", times=1)
    status, page = press(shop, item)
    assert (status, rows(item).item, rows(item).buyback) == (202, "selling", "unknown")
    assert "The sellback is in progress" in page
    assert "This resolves automatically" in page
    assert "Check again" in page
    assert reconciled(item)
    assert rows(item).payouts == (PRICE,)
    where = reverse("dashboard:outcome", args=["live", item.pk])
    assert (
        "Sold back for $70.13"
        in signed_in(shop.world.northwind.operator).get(where).content.decode()
    )
    assert "Already sold back for $70.13" in press(shop, item)[1]
    assert len(shop.treasury.payments) == 1


def test_it_shows_the_oracles_price_when_that_is_another(shop: Shop) -> None:
    item = shop.item()
    Card.objects.filter(pk=item.card_id).update(fmv=Decimal("80.00"))  # 68.00
    status, page = press(shop, item, amount="68.00")
    assert (status, rows(item)) == (422, refused("price_changed"))
    assert "from $68.00 to $70.13" in page
    assert press(shop, item, amount="70.13")[0] == 200
    assert rows(item) == SETTLED


def test_it_offers_the_oracles_price_of_this_moment(shop: Shop) -> None:
    item = shop.item()
    Card.objects.filter(pk=item.card_id).update(fmv=Decimal("80.00"))  # 68.00
    page = look(shop, item)
    assert (page[0], "Sell back for $70.13" in page[1]) == (200, True)
    assert rows(item) == UNTOUCHED


@pytest.mark.parametrize("fault", ["garbage", "not_found"])
def test_it_offers_nothing_without_a_price(shop: Shop, fault: str) -> None:
    item = shop.item()
    shop.oracle.fault(fault)
    page = look(shop, item)
    assert (page[0], "There is no price right now" in page[1]) == (422, True)
    assert rows(item) == UNTOUCHED


@pytest.mark.parametrize("sent_again", [False, True])
def test_it_shows_a_resent_form_the_first_refusal(shop: Shop, sent_again: bool) -> None:
    """The control is a new form, which tries again and sells."""
    item = shop.item()
    offer = Offer.of(item, PRICE, clock.now())
    shop.treasury.fault("decline", times=1)
    assert press(shop, item, offer=offer.signed)[0] == 422
    second = offer if sent_again else replace(offer, token="another")
    assert press(shop, item, offer=second.signed)[0] == (422 if sent_again else 200)
    assert len(shop.treasury.payments) == (0 if sent_again else 1)


def test_it_shows_a_resent_form_its_first_outcome(shop: Shop, settings: Settings) -> None:
    settings.TREASURY_TIMEOUT = HASTY
    item = shop.item()
    offer = Offer.of(item, PRICE, clock.now())
    shop.treasury.fault("hang_after", times=1)
    assert press(shop, item, offer=offer.signed)[0] == 202
    assert reconciled(item)
    status, page = press(shop, item, offer=offer.signed)
    assert (status, "Sold back for $70.13" in page, len(shop.treasury.payments)) == (200, True, 1)


def open_sale(shop: Shop, **fields: Any) -> Item:
    """An item whose sellback was claimed a minute ago and then abandoned."""
    item = shop.item(**fields)
    steps.claim(
        environment=item.environment,
        item_id=item.public_id,
        by=SYSTEM,
        idempotency_row=None,
        now=later(minutes=-1),
    )
    item.refresh_from_db()
    return item


@pytest.mark.parametrize("closes", [None, timedelta(seconds=-30)])
def test_it_shows_an_item_being_sold_as_in_progress(shop: Shop, closes: timedelta | None) -> None:
    item = open_sale(shop, expires_at=clock.now() + closes if closes else None)
    client = signed_in(shop.world.northwind.operator)
    grid = client.get(reverse("dashboard:holdings", args=["live", item.collector_id]))
    dialog = client.get(reverse("dashboard:sell", args=["live", item.pk]), headers=HTMX)
    assert "Sellback in progress" in grid.content.decode()
    assert "still held" not in grid.content.decode()
    assert (dialog.status_code, "A sellback is in progress" in dialog.content.decode()) == (
        422,
        True,
    )
    assert client.get(reverse("dashboard:overview", args=["live"])).status_code == 200
    assert Buyback.objects.get().state == "claimed"


def test_it_never_sells_the_next_pull_in_place_of_the_one_shown(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    item, later_pulls = shop.item(), []

    def sell_back_a_moment_too_late(**order: Any) -> Any:
        assert shop.sale(item)[0] == 200
        later_pulls.append(shop.item(card=item.card))
        return sell_back(**order)

    monkeypatch.setattr(offers, "sell_back", sell_back_a_moment_too_late)
    assert press(shop, item)[0] == 409
    assert (rows(later_pulls[0]).item, Buyback.objects.count()) == ("held", 1)

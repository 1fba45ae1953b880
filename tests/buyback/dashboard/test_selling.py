"""Selling back an item in the browser: once at the price shown, or refused with a sentence."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from django.http import HttpResponse
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from buyback.models import Buyback, Payout
from buyback.sellback.offers import Offer
from buyback.sellback.sell_back import sell_back
from config.foundation import clock
from inventory.models import Card, Item
from partners.records.actor import SYSTEM, Actor
from tests.dashboard.steps import HTMX, assert_nothing_sold, markup, post_sale, signed_in
from tests.world import World, make_buyback, make_item


@pytest.fixture
def item(world: World) -> Item:
    return make_item(world.northwind.live, now=clock.now())


def address(item: Item) -> str:
    return reverse("dashboard:sell", args=[item.environment.mode, item.pk])


def quote(world: World, item: Item, **headers: str) -> HttpResponse:
    return signed_in(world.northwind.operator).get(address(item), headers=headers)  # type: ignore[return-value]


def test_it_shows_the_price_and_sells_nothing(world: World, item: Item) -> None:
    page = quote(world, item).content.decode()
    assert "Sell back for $70.13" in page
    assert "This price is valid for 60 seconds." in page
    assert "Phygitals pays the user immediately" in page
    assert_nothing_sold(item)


def test_it_sells_at_the_price_that_was_shown(world: World, item: Item) -> None:
    answer = post_sale(signed_in(world.northwind.operator), item)
    assert answer.headers["Location"] == f"/dashboard/live/users/{item.collector_id}/"
    payout = Payout.objects.get()
    assert (payout.amount, payout.collector) == (Decimal("70.13"), item.collector)
    assert payout.buyback.requested_by == str(Actor.user(world.northwind.operator))


def test_it_says_what_was_paid_on_the_page_that_follows(world: World, item: Item) -> None:
    client = signed_in(world.northwind.operator)
    post_sale(client, item)
    page = client.get(f"/dashboard/live/users/{item.collector_id}/").content.decode()
    assert "Sold back for $70.13" in page
    assert f"/payouts/{Payout.objects.get().pk}/" in page


def test_it_answers_htmx_with_the_sold_card_and_a_toast(world: World, item: Item) -> None:
    answer = post_sale(signed_in(world.northwind.operator), item, headers=HTMX)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert answer.headers["HX-Trigger-After-Settle"] == f'{{"sold": {{"item": {item.pk}}}}}'
    assert f'id="item-{item.pk}" data-state="sold" hx-swap-oob="true"' in page
    assert page.count(f"/payouts/{Payout.objects.get().pk}/") == 2


def test_it_reloads_the_items_page_after_a_sellback_there(world: World, item: Item) -> None:
    there = f"http://testserver/dashboard/live/items/{item.pk}/"
    client = signed_in(world.northwind.operator)
    answer = post_sale(client, item, headers=HTMX | {"HX-Current-URL": there})
    assert answer.headers["HX-Refresh"] == "true"
    assert "Sold back for $70.13" in client.get(there).content.decode()


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_it_sells_once_however_often_the_form_is_sent(
    world: World, item: Item, headers: dict[str, str]
) -> None:
    client = signed_in(world.northwind.operator)
    first, second = (post_sale(client, item, headers=headers) for _ in range(2))
    assert (second.status_code, Payout.objects.count()) == (first.status_code, 1)
    if headers:
        assert "Already sold back for $70.13" in second.content.decode()


@pytest.mark.parametrize("lapsed", [False, True])
def test_it_answers_a_form_that_is_sent_again_as_it_did_first(
    world: World, item: Item, lapsed: bool
) -> None:
    """For example after a lost response, even if the offer has expired since."""
    client, now = signed_in(world.northwind.operator), clock.now()
    offer = Offer.of(item, item.buyback_price, now)
    again = replace(offer, until=now - timedelta(seconds=1)) if lapsed else offer
    answers = [post_sale(client, item, headers=HTMX, offer=one.signed) for one in (offer, again)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert all("Sold back for $70.13" in answer.content.decode() for answer in answers)
    assert Payout.objects.count() == 1


def test_it_begins_no_sale_under_a_lapsed_offer(world: World, item: Item) -> None:
    offer = Offer.of(item, item.buyback_price, clock.now() - timedelta(seconds=61)).signed
    answer = post_sale(signed_in(world.northwind.operator), item, offer=offer)
    assert answer.status_code == 422
    assert (
        "The offer has expired</strong>. Nothing has been sold. The price is still $70.13."
    ) in markup(answer)
    assert_nothing_sold(item)


def test_it_sells_nothing_when_the_price_has_changed(world: World, item: Item) -> None:
    Card.objects.filter(pk=item.card_id).update(fmv=Decimal("100.00"))
    answer = post_sale(signed_in(world.northwind.operator), item)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "from $70.13 to $85.00. Nothing has been sold." in page
    assert "Sell back for $85.00" in page
    assert_nothing_sold(item)


@pytest.mark.parametrize("offer", ["", "x", "another item's"])
def test_it_asks_again_when_the_form_carries_no_offer_of_the_item(
    world: World, item: Item, offer: str
) -> None:
    other = make_item(world.northwind.live, now=clock.now())
    sent = (
        Offer.of(other, other.buyback_price, clock.now()).signed
        if offer.startswith("another")
        else offer
    )
    answer = post_sale(signed_in(world.northwind.operator), item, offer=sent)
    assert (answer.status_code, "Sell back for $70.13" in answer.content.decode()) == (422, True)
    assert_nothing_sold(item)
    assert_nothing_sold(other)


@pytest.mark.parametrize("environment", ["", "x", "sandbox"])
def test_it_does_nothing_for_a_tab_of_another_environment(
    world: World, item: Item, environment: str
) -> None:
    sent = world.northwind.sandbox.pk if environment == "sandbox" else environment
    answer = post_sale(signed_in(world.northwind.operator), item, environment=sent)
    assert answer.status_code == 409
    assert "This tab is out of date" in answer.content.decode()
    assert_nothing_sold(item)


def test_it_refuses_a_viewer_with_a_sentence(world: World, item: Item) -> None:
    answer = post_sale(signed_in(world.northwind.viewer), item)
    assert answer.status_code == 403
    assert "Your role here is viewer. This needs operator." in answer.content.decode()
    assert_nothing_sold(item)


def test_it_refuses_a_closed_window(world: World) -> None:
    now = clock.now()
    item = make_item(
        world.northwind.live, now=now - timedelta(days=2), expires_at=now - timedelta(seconds=1)
    )
    for answer in (quote(world, item), post_sale(signed_in(world.northwind.operator), item)):
        assert answer.status_code == 422
        assert "still holds the card" in answer.content.decode()
    assert_nothing_sold(item)


def test_it_shows_who_was_faster(world: World, item: Item) -> None:
    key = Actor("key", "abc123")
    sell_back(environment=world.northwind.live, item_id=item.public_id, by=key)
    answer = post_sale(signed_in(world.northwind.operator), item)
    assert answer.status_code == 409
    assert "API key abc123 sold it back for $70.13." in answer.content.decode()
    assert Buyback.objects.count() == 1


def test_it_never_sells_the_next_owners_pull_of_the_same_card(world: World, item: Item) -> None:
    sell_back(environment=world.northwind.live, item_id=item.public_id, by=SYSTEM)
    again = make_item(world.northwind.live, card=item.card, now=clock.now())
    assert post_sale(signed_in(world.northwind.operator), item).status_code == 409
    again.refresh_from_db()
    assert again.state == Item.State.HELD


@pytest.mark.breaks_books("a sale that never ends")
def test_it_refuses_while_an_earlier_sale_is_unresolved(world: World, item: Item) -> None:
    make_buyback(item, state="claimed")
    Item.objects.filter(pk=item.pk).update(state="selling")
    answer = post_sale(signed_in(world.northwind.operator), item, headers=HTMX)
    assert answer.status_code == 422
    assert "no outcome yet" in answer.content.decode()
    assert not Payout.objects.exists()
    assert quote(world, item).status_code == 422


@pytest.mark.parametrize("state", ["shipping", "shipped"])
def test_it_refuses_what_is_in_a_shipping_order(world: World, item: Item, state: str) -> None:
    for step in ("shipping", "shipped")[: ("shipping", "shipped").index(state) + 1]:
        Item.objects.filter(pk=item.pk).update(state=step)
    item.state = state
    answer = post_sale(signed_in(world.northwind.operator), item)
    assert answer.status_code == 422
    assert "no longer holds it" in answer.content.decode()
    assert_nothing_sold(item)


def test_it_pays_a_voucher_at_least_the_price_of_the_pull(world: World) -> None:
    item = make_item(
        world.northwind.live, now=clock.now(), pack=world.pack, voucher=True, card=world.cards[0]
    )
    assert "The price of the pull" in quote(world, item).content.decode()
    post_sale(signed_in(world.northwind.operator), item, amount="25.00")
    assert Payout.objects.get().amount == Decimal("25.00")


@pytest.mark.django_db(
    transaction=True
)  # in a test's transaction, the sellback would need one more savepoint
def test_it_takes_few_queries(
    world: World, item: Item, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client = signed_in(world.northwind.operator)
    # Session, user, memberships, environment; the item, its tiers; the key: begin, lock, find,
    # store, commit, and the sellback between savepoints; the item, its tiers, its payout, the items
    # left.
    with django_assert_num_queries(18):
        post_sale(client, item, headers=HTMX)


def outcome(world: World, item: Item, **headers: str) -> HttpResponse:
    where = reverse("dashboard:outcome", args=[item.environment.mode, item.pk])
    return signed_in(world.northwind.viewer).get(where, headers=headers)  # type: ignore[return-value]


def test_it_shows_the_outcome_and_ends_the_polling(world: World, item: Item) -> None:
    post_sale(signed_in(world.northwind.operator), item)
    for headers, status in (({}, 200), (HTMX, 286)):
        answer = outcome(world, item, **headers)
        assert (answer.status_code, "Sold back for $70.13." in answer.content.decode()) == (
            status,
            True,
        )


def test_it_says_that_no_sale_is_under_way(world: World, item: Item) -> None:
    answer = outcome(world, item, **HTMX)
    assert (
        answer.status_code,
        "This item is not being sold back." in answer.content.decode(),
    ) == (286, True)


@pytest.mark.breaks_books("a sale that never ends")
@pytest.mark.parametrize(("state", "status"), [("unknown", 204), ("review", 286)])
def test_it_keeps_asking_until_review(world: World, item: Item, state: str, status: int) -> None:
    make_buyback(item, state=state, lease_until=clock.now() + timedelta(minutes=1))
    Item.objects.filter(pk=item.pk).update(state="selling")
    assert outcome(world, item, **HTMX).status_code == status
    sentence = (
        "two people at Phygitals are reviewing it" if state == "review" else "is not confirmed yet"
    )
    assert sentence in outcome(world, item).content.decode()

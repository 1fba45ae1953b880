"""Quotes: content, lifetime and insurance (refusals: ``tests/contract``)."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from inventory.models import Item, ShippingQuote
from inventory.shipping.quotes import CountryNotSupported, ItemNotFound, forget_old, quote
from partners.models import Environment, Event
from partners.records.actor import SYSTEM
from tests.shipments import ADDRESS, make_quote
from tests.world import NOW, World, make_card, make_item


def quoted(environment: Environment, *items: Item, **changes: Any) -> ShippingQuote:
    ids = [item.public_id for item in items]
    return quote(
        environment=environment, item_ids=ids, destination=ADDRESS | changes, by=SYSTEM, now=NOW
    )


def test_it_offers_rates_for_fifteen_minutes_and_locks_nothing(
    world: World, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    items = [make_item(world.northwind.live) for _ in range(4)]
    with django_assert_num_queries(2):
        offer = quoted(world.northwind.live, *items[::-1])
    assert (offer.created_at, offer.expires_at) == (NOW, NOW + timedelta(minutes=15))
    assert (offer.item_ids, offer.destination) == ([item.pk for item in items], ADDRESS)
    assert set(Item.objects.values_list("state", flat=True)) == {"held"}
    assert not Event.objects.exists()


@pytest.mark.parametrize(("mode", "insured"), [("live", "9.50"), ("sandbox", "8.33")])
def test_it_insures_the_value_that_the_mode_sells_by(world: World, mode: str, insured: str) -> None:
    """A card worth 82.50 at the pull, and 200 now."""
    environment = world.northwind.environment(mode)
    item = make_item(environment, card=make_card(fmv=Decimal(200)), fmv=Decimal("82.50"))
    assert [rate["amount"] for rate in quoted(environment, item).rates][:2] == ["5.00", insured]


def test_it_serves_the_countries_of_the_setting_in_live_alone(
    world: World, settings: Settings
) -> None:
    settings.SHIPPING_COUNTRIES = ["CA"]
    with pytest.raises(CountryNotSupported):
        quoted(world.northwind.live, make_item(world.northwind.live))
    assert not ShippingQuote.objects.exists()
    quoted(world.northwind.sandbox, make_item(world.northwind.sandbox))


def test_it_leaves_out_an_item_that_is_being_sold(world: World) -> None:
    held, selling = (make_item(world.northwind.live, state=state) for state in ("held", "held"))
    Item.objects.filter(pk=selling.pk).update(state="selling")
    assert quoted(world.northwind.live, held, selling).item_ids == [held.pk]
    Item.objects.filter(pk=selling.pk).update(state="held")


@pytest.mark.parametrize("held", [True, False])
def test_it_checks_postal_rules_only_for_holders_of_the_items(
    world: World, monkeypatch: pytest.MonkeyPatch, held: bool
) -> None:
    checked: list[object] = []
    monkeypatch.setattr("inventory.shipping.quotes.addresses.check", checked.append)
    items = [make_item(world.northwind.live)] if held else [make_item(world.juniper.live)]
    with nullcontext() if held else pytest.raises(ItemNotFound):
        quoted(world.northwind.live, *items, state="zzzz")
    assert len(checked) == held == ShippingQuote.objects.count()


def test_it_forgets_quotes_a_day_after_they_expired(world: World) -> None:
    day, item = timedelta(days=1), make_item(world.northwind.live)
    old = make_quote(
        world.northwind.live,
        item,
        created_at=NOW - 2 * day,
        expires_at=NOW - day - timedelta(seconds=1),
    )
    kept = make_quote(world.northwind.live, item, created_at=NOW - 2 * day, expires_at=NOW - day)
    assert forget_old(now=NOW) == 1
    assert list(ShippingQuote.objects.all()) == [kept]
    assert old.pk != kept.pk

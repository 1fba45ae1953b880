"""A pack's page: odds, stock and warnings; a card's price history."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from unittest.mock import Mock

import pytest
from django.test import Client
from django.urls import reverse

from inventory.admin.packs import MOST_TIERS, TierForm
from inventory.models import Card, Pack, Tier
from inventory.packs.figures import count_sold, refresh_values
from partners.models import AuditEntry
from tests.admin.conftest import address, filled, make_staff, signed_in, snapshot
from tests.world import World, make_item, make_tier


@pytest.fixture
def admin(world: World) -> Client:
    """A superuser's browser; the stock has been counted."""
    refresh_values()
    count_sold()
    return signed_in(world.admin)


def messages_of(response: Any) -> list[str]:
    return [str(message) for message in response.context["messages"]]


def save(admin: Client, pack: Pack, **changes: str) -> Any:
    path = address(Pack, "change", pack.pk)
    return admin.post(path, filled(admin, path) | changes, follow=True)


def test_it_shows_odds_values_and_stock(admin: Client, world: World) -> None:
    make_item(world.northwind.live, card=world.cards[11], pack=world.pack)
    refresh_values()
    page = admin.get(address(Pack, "change", world.pack.pk)).content.decode()
    for part in ("<p>70%</p>", "<p>25%</p>", "<p>5%</p>", "$575.00", "$488.75"):
        assert part in page
    assert "1 available<br>1 with users<br>0 sold back" in page
    assert "A pull sells back for $41.62 on average, more than its price of $25.00" in page


def test_it_says_on_the_list_what_a_pull_costs(admin: Client) -> None:
    page = admin.get(address(Pack, "changelist")).content.decode()
    for part in ("Enabled", "$25.00", "$48.96", "$41.62", ">12<"):
        assert part in page


def test_it_warns_when_a_saved_pack_would_lose_money(admin: Client, world: World) -> None:
    loses = (
        "A pull sells back for $41.62 on average, more than its price of $30.00: every pull "
        "loses money."
    )
    assert loses in messages_of(save(admin, world.pack, mint_price="30.00"))
    assert not [
        one for one in messages_of(save(admin, world.pack, mint_price="60.00")) if "pull" in one
    ]
    assert Pack.objects.get().mint_price == Decimal(60)


def test_it_recounts_when_a_bound_changes(admin: Client, world: World) -> None:
    shown = messages_of(
        save(admin, world.pack, **{"tiers-2-lower": "500.00", "mint_price": "100.00"})
    )
    gap = (
        "No tier holds values from $100.00 up to $500.00: such cards are never pulled (between "
        "Rare and Legendary)."
    )
    assert gap in shown
    assert list(world.pack.tiers.values_list("cards", flat=True)) == [6, 4, 1]


def test_it_marks_a_pack_that_is_drained(admin: Client, world: World) -> None:
    for card in world.cards:
        make_item(world.northwind.live, card=card, pack=world.pack)
    refresh_values()
    assert (
        b'<span class="badge bad">Drained</span>' in admin.get(address(Pack, "changelist")).content
    )


def test_it_begins_paused(admin: Client) -> None:
    path = address(Pack, "add")
    new = {"name": "New", "slug": "new", "mint_price": "5.00"}
    response = admin.post(path, filled(admin, path) | new, follow=True)
    assert "The pack has no tiers, so nothing can be pulled." in messages_of(response)
    assert not Pack.objects.get(slug="new").enable


def press(client: Client, pack: Pack, step: str, **sent: str) -> Any:
    return client.post(
        reverse("admin:inventory_pack_step", args=[pack.pk]), {"step": step} | sent, follow=True
    )


@pytest.mark.parametrize(("step", "begins"), [("pause", True), ("enable", False)])
def test_it_pauses_and_enables_with_a_reason(
    admin: Client, world: World, step: str, begins: bool
) -> None:
    Pack.objects.update(enable=begins)
    assert list(admin.get(address(Pack, "change", world.pack.pk)).context["steps"]) == [step]
    asked = press(admin, world.pack, step).content.decode()
    assert "sells back for $41.62 on average" in asked
    assert "every pull loses money" in asked
    assert Pack.objects.get().enable is begins
    assert "Give a reason" in press(admin, world.pack, step, confirmed="yes").content.decode()
    assert Pack.objects.get().enable is begins
    press(admin, world.pack, step, confirmed="yes", reason="because")
    assert Pack.objects.get().enable is not begins
    assert AuditEntry.objects.get().after == {"enable": not begins, "reason": "because"}


@pytest.mark.parametrize("rights", [[], ["view"], ["view", "add", "delete"]])
def test_it_is_paused_by_those_who_may_change_it(world: World, rights: list[str]) -> None:
    client, before = signed_in(make_staff(rights)), snapshot()
    assert press(client, world.pack, "pause", confirmed="yes", reason="because").status_code == 403
    assert snapshot() == before


def test_it_is_not_enabled_by_its_form(admin: Client, world: World) -> None:
    Pack.objects.update(enable=False)
    save(admin, world.pack, enable="on")
    assert not Pack.objects.get().enable


def test_it_takes_as_many_queries_for_a_pack_of_ten_tiers(
    admin: Client, world: World, django_assert_num_queries: Any
) -> None:
    path = address(Pack, "change", world.pack.pk)
    admin.get(path)
    for number in range(7):
        make_tier(world.pack, position=3 + number, lower=1000 + number, upper=1001 + number)
    with django_assert_num_queries(9):
        admin.get(path)


def test_it_shows_how_a_cards_value_went(admin: Client, world: World) -> None:
    card = world.cards[9]
    path = address(Card, "change", card.pk)
    assert "It has not changed since the card was added." in admin.get(path).content.decode()
    for fmv in ("90.00", "70.00"):
        admin.post(path, filled(admin, path) | {"fmv": fmv})
    page = admin.get(path).content.decode()
    assert 'class="course"' in page
    assert page.count("$90.00") == 3  # the chart's highest value, the new value, and the old value
    assert "lowest $70.00" in page


def test_it_builds_no_more_tiers_than_a_pack_may_have(
    admin: Client, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    built, before = Mock(), list(Tier.objects.values())
    monkeypatch.setattr(
        TierForm, "add_prefix", lambda form, name: built(form.prefix) and f"{form.prefix}-{name}"
    )
    answer = save(admin, world.pack, **{"tiers-TOTAL_FORMS": "2000", "tiers-MAX_NUM_FORMS": "2000"})
    assert answer.status_code == 200
    prefixes = {call.args[0] for call in built.call_args_list}
    assert prefixes <= {f"tiers-{number}" for number in (*range(MOST_TIERS), "__prefix__")}
    assert list(Tier.objects.values()) == before

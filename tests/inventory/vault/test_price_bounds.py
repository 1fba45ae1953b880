"""Prices out of bounds wait for a second person, whichever way one person sets them."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from inventory.models import Card, PriceProposal
from inventory.vault.importing import Imported, import_cards, preview_cards
from inventory.vault.price_decisions import CardChanged, confirm_prices, withdraw_prices
from partners.decisions import dual_control
from partners.models import AuditEntry, User
from partners.records.actor import SYSTEM, Actor
from tests.admin.conftest import address, filled, in_group, signed_in, snapshot
from tests.world import World, make_card

HUGE = "950000.00"


@pytest.fixture
def anna(world: World) -> User:
    return in_group("operations")


@pytest.fixture
def ben(world: World) -> User:
    return in_group("operations")


def line(card: Card, fmv: str) -> dict[str, Any]:
    return {
        "source_type": card.source_type,
        "mint_address": card.mint_address,
        "name": card.name,
        "fmv": fmv,
    }


def bring(rows: list[dict[str, Any]], user: User) -> Imported:
    return import_cards(enumerate(rows, 1), by=Actor.user(user), source="spring.csv")


def prices() -> list[Decimal]:
    return list(Card.objects.order_by("pk").values_list("fmv", flat=True))


@pytest.mark.parametrize(
    ("before", "after", "waits"),
    [
        (None, "5000.00", 0),
        (None, "5000.01", 1),
        ("100.00", "300.00", 0),
        ("100.00", "300.01", 1),
        ("90.00", "30.00", 0),
        ("90.00", "29.99", 1),
        ("9000.00", "9000.00", 0),
    ],
)
def test_it_waits_above_the_bounds(anna: User, before: str | None, after: str, waits: int) -> None:
    card = make_card(fmv=Decimal(before or 1), saved=before is not None)
    shown = preview_cards([(1, line(card, after))]).done.waiting
    done = bring([line(card, after)], anna)
    assert (shown, done.waiting, PriceProposal.objects.count()) == (waits, waits, waits)
    stored = Card.objects.filter(mint_address=card.mint_address).values_list("fmv", flat=True)
    expected = [Decimal(after)] if not waits else [Decimal(before)] if before else []
    assert list(stored) == expected


def test_small_steps_are_no_way_around(anna: User, settings: Settings) -> None:
    settings.DUAL_CONTROL_MIN_AGE = 86_400
    card = make_card(fmv=Decimal(100))
    assert [bring([line(card, fmv)], anna).waiting for fmv in ("200", "300", "301")] == [0, 0, 1]
    card.refresh_from_db()
    assert card.fmv == 300


def test_one_file_is_one_proposal(anna: User, ben: User) -> None:
    low, high, high_too = make_card(), make_card(), make_card()
    rows = [line(low, "80.00"), line(high, HUGE), line(high_too, "0.01")]
    assert bring(rows, anna) == Imported(created=0, updated=1, unchanged=0, waiting=2)
    assert prices()[-3:] == [Decimal("80.00"), Decimal("82.50"), Decimal("82.50")]
    proposal = PriceProposal.objects.get()
    assert [one["before"] for one in proposal.rows] == ["82.50", "82.50"]
    assert confirm_prices(proposal=proposal, by=Actor.user(ben)).updated == 2
    assert prices()[-3:] == [Decimal("80.00"), Decimal(HUGE), Decimal("0.01")]
    assert list(AuditEntry.objects.order_by("id").values_list("actor", "action")) == [
        (f"user:{anna.email}", "prices.proposed"),
        (f"user:{ben.email}", "prices.confirmed"),
    ]


def test_its_proposer_and_machines_cannot_confirm(anna: User) -> None:
    bring([line(make_card(), HUGE)], anna)
    proposal, before = PriceProposal.objects.get(), snapshot()
    for by, refusal in (
        (Actor.user(anna), dual_control.SamePerson),
        (SYSTEM, dual_control.PeopleOnly),
        (Actor("key", "abc"), dual_control.PeopleOnly),
    ):
        with pytest.raises(refusal):
            confirm_prices(proposal=proposal, by=by)
    assert snapshot() == before


@pytest.mark.parametrize("age", [86_400, 3600])
def test_a_recent_account_cannot_confirm(
    anna: User, ben: User, settings: Settings, age: int
) -> None:
    settings.DUAL_CONTROL_MIN_AGE = age
    bring([line(make_card(), HUGE)], anna)
    before = snapshot()
    with pytest.raises(dual_control.TooRecent):
        confirm_prices(proposal=PriceProposal.objects.get(), by=Actor.user(ben))
    assert snapshot() == before


def test_a_withdrawn_proposal_changes_nothing(anna: User, ben: User) -> None:
    bring([line(make_card(), HUGE)], anna)
    before, proposal = prices(), PriceProposal.objects.get()
    withdraw_prices(proposal=proposal, by=Actor.user(ben))
    for act in (confirm_prices, withdraw_prices):
        with pytest.raises(dual_control.NothingProposed):
            act(proposal=proposal, by=Actor.user(ben))
    assert prices() == before


def test_it_confirms_only_cards_as_they_were_shown(anna: User, ben: User) -> None:
    card, fresh = make_card(), make_card(saved=False)
    bring([line(card, HUGE)], anna)
    bring([line(fresh, HUGE)], anna)
    card.fmv = Decimal(81)
    card.save()
    fresh.save()
    before = snapshot()
    for proposal in PriceProposal.objects.all():
        with pytest.raises(CardChanged):
            confirm_prices(proposal=proposal, by=Actor.user(ben))
    assert snapshot() == before


def test_it_confirms_no_other_card_than_the_one_shown(anna: User, ben: User) -> None:
    """The proposer swaps the cards' listings in between, with imports within the bounds."""
    alt: dict[str, Any] = {"source_type": "alt", "mint_address": None}
    shown = make_card(fmv=Decimal(4000), listing_id="l1", **alt)
    other = make_card(fmv=Decimal(10), listing_id="l9", **alt)
    row = line(shown, "13000.00") | {"listing_id": "l1"}
    bring([row], anna)
    Card.objects.filter(pk=shown.pk).update(listing_id="l2")
    Card.objects.filter(pk=other.pk).update(listing_id="l1")
    before = snapshot()
    with pytest.raises(CardChanged):
        confirm_prices(proposal=PriceProposal.objects.get(), by=Actor.user(ben))
    assert snapshot() == before
    Card.objects.filter(pk=other.pk).update(listing_id="l9")
    Card.objects.filter(pk=shown.pk).update(listing_id="l1")
    assert confirm_prices(proposal=PriceProposal.objects.get(), by=Actor.user(ben)).updated == 1


def test_a_command_is_not_bounded(world: World) -> None:
    card = make_card()
    assert import_cards([(1, line(card, HUGE))]).updated == 1


# --- the doors ------------------------------------------------------------------------------------


def test_the_cards_form_waits_whole(anna: User, ben: User, world: World) -> None:
    client, card = signed_in(anna), world.cards[0]
    path = address(Card, "change", card.pk)
    sent = filled(client, path) | {"fmv": HUGE, "name": "Other", "priced_at": "2030-01-01"}
    page = client.post(path, sent, follow=True).content.decode()
    assert "Another person must confirm" in page
    card.refresh_from_db()
    assert (card.fmv, card.name) == (Decimal("5.00"), "Fog Bell")
    confirm_prices(proposal=PriceProposal.objects.get(), by=Actor.user(ben))
    card.refresh_from_db()
    assert (card.fmv, card.name, card.pack) == (Decimal(HUGE), "Other", world.pack)


def test_a_new_card_waits(anna: User, ben: User, world: World) -> None:
    client = signed_in(anna)
    sent = filled(client, address(Card, "add")) | {
        "source_type": "alt",
        "listing_id": "a-1",
        "name": "New",
        "image": "/x.svg",
        "fmv": HUGE,
        "attributes": json.dumps({"Set": "S"}),
    }
    client.post(address(Card, "add"), sent)
    assert not Card.objects.filter(name="New").exists()
    confirm_prices(proposal=PriceProposal.objects.get(), by=Actor.user(ben))
    card = Card.objects.get(name="New")
    assert (card.fmv, card.attributes) == (
        Decimal(HUGE),
        [{"trait_type": "Set", "value": "S"}],
    )


def press(client: Client, proposal: PriceProposal, step: str) -> Any:
    path = reverse("admin:inventory_priceproposal_step", args=[proposal.pk])
    return client.post(path, {"step": step, "confirmed": "yes"}, follow=True)


# who: status of the page, whether the step changes prices
TABLE = {
    "anna": (200, False),
    "support": (403, False),
    "treasury": (403, False),
    "operations": (200, True),
    "stale": (200, False),
}


@pytest.mark.parametrize("who", TABLE)
def test_it_is_confirmed_by_the_table(anna: User, who: str) -> None:
    card = make_card()
    bring([line(card, HUGE)], anna)
    group = who if who in ("support", "treasury") else "operations"
    client = signed_in(anna if who == "anna" else in_group(group), fresh=who != "stale")
    before = snapshot()
    page = press(client, PriceProposal.objects.get(), "confirm")
    assert (page.status_code, snapshot() != before) == TABLE[who]
    card.refresh_from_db()
    assert (card.fmv == Decimal(HUGE)) is TABLE[who][1]


def test_its_page_shows_what_would_change(anna: User) -> None:
    card = make_card()
    bring([line(card, HUGE)], anna)
    path = address(PriceProposal, "change", PriceProposal.objects.get().pk)
    page = signed_in(in_group("operations")).get(path).content.decode()
    assert [text in page for text in (card.name, "$82.50", "$950,000.00", "spring.csv")] == [
        True
    ] * 4

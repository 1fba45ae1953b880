"""Buttons for a reversal on a settled sellback, and its display in the admin."""

from __future__ import annotations

import pytest
from django.test import Client

from buyback.models import Buyback, Payout, Reversal, Transfer
from buyback.sellback.sell_back import sell_back
from partners.records.actor import SYSTEM
from tests.admin.conftest import address, make_staff, signed_in, snapshot
from tests.buyback.admin.test_review import YES, buttons, press
from tests.world import World, make_item


@pytest.fixture
def sale(world: World) -> Buyback:
    item = make_item(world.northwind.live)
    sell_back(environment=item.environment, item_id=item.public_id, by=SYSTEM)
    return Buyback.objects.get()


def treasurer() -> Client:
    return signed_in(make_staff(["view", "reverse"]))


def test_it_reverses_by_two_people(sale: Buyback) -> None:
    first, second, before = treasurer(), treasurer(), snapshot()
    asked = press(first, sale, "reverse").content.decode()
    assert "Propose that this payout was recovered?" in asked
    assert "How do you know?" in asked
    assert snapshot() == before
    press(first, sale, "reverse", reason="letter 12", **YES)
    assert (buttons(first, sale), buttons(second, sale)) == (
        ["withdraw_reversal"],
        ["confirm_reversal", "withdraw_reversal"],
    )
    assert b"letter 12" in press(second, sale, "confirm_reversal").content
    page = press(second, sale, "confirm_reversal", proposal=Reversal.objects.get().pk, **YES)
    assert "brings $70.13 back to the treasury" in page.content.decode()
    assert Transfer.objects.filter(debit="paid_out", credit="treasury").count() == 1
    assert buttons(second, sale) == []


def test_it_shows_the_reversal_wherever_the_money_is(sale: Buyback) -> None:
    first, second = treasurer(), treasurer()
    press(first, sale, "reverse", reason="letter 12", **YES)
    waiting = first.get(address(Payout, "changelist")).content.decode()
    assert "reversal proposed" in waiting
    press(second, sale, "confirm_reversal", proposal=Reversal.objects.get().pk, **YES)
    assert (
        "Paid out → Treasury: $70.13"
        in first.get(address(Buyback, "change", sale.pk)).content.decode()
    )
    for page in (
        address(Payout, "changelist"),
        address(Payout, "change", sale.payout.pk),
        address(Buyback, "changelist"),
    ):
        assert "reversed</a>" in first.get(page).content.decode(), page
    open_ones = first.get(address(Reversal, "changelist"), {"confirmed_at__isempty": "1"}).context[
        "cl"
    ]
    assert list(open_ones.result_list) == []


@pytest.mark.parametrize(
    "rights", [[], ["view"], ["view", "add", "change", "delete"], ["view", "resolve"], ["reverse"]]
)
def test_it_lets_only_those_who_may(world: World, sale: Buyback, rights: list[str]) -> None:
    client, before = signed_in(make_staff(rights)), snapshot()
    assert press(client, sale, "reverse", reason="so", **YES).status_code == 403
    assert snapshot() == before


def test_it_says_why_it_refuses(sale: Buyback) -> None:
    client, before = treasurer(), snapshot()
    assert "Give a reason" in press(client, sale, "reverse", reason=" ", **YES).content.decode()
    assert "There is no proposal" in press(client, sale, "confirm_reversal", **YES).content.decode()
    assert snapshot() == before


@pytest.mark.parametrize("step", ["reverse", "confirm_reversal"])
def test_it_needs_a_second_factor_used_recently(sale: Buyback, step: str) -> None:
    if step == "confirm_reversal":
        press(treasurer(), sale, "reverse", reason="letter 12", **YES)
    stale, before = signed_in(make_staff(["view", "reverse"]), fresh=False), snapshot()
    page = press(stale, sale, step, reason="letter 12", **YES)
    assert page.redirect_chain[0][0].startswith("/account/factors/reauthenticate/?next=")
    assert snapshot() == before

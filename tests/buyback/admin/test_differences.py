"""The queue of differences with the treasury, and its figures on the home page."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from buyback.comparison import balance
from buyback.models import Difference, Resolution
from config.foundation import clock
from tests.admin.conftest import address, make_staff, signed_in, snapshot
from tests.kept import make_difference, make_report
from tests.world import NOW, World, make_buyback, make_item

YES = {"confirmed": "yes"}
HOME = reverse("admin:index")

pytestmark = pytest.mark.breaks_books(reason="a sellback without its payout and ledger lines")


@pytest.fixture
def difference(world: World) -> Difference:
    return make_difference(make_buyback(make_item(world.northwind.live)))


def treasurer() -> Client:
    return signed_in(make_staff(["view", "resolve"]))


def press(client: Client, row: Difference, step: str, **sent: Any) -> Any:
    page = reverse("admin:buyback_difference_step", args=[row.pk])
    return client.post(page, {"step": step} | sent, follow=True)


def buttons(client: Client, row: Difference) -> list[str]:
    return list(client.get(address(Difference, "change", row.pk)).context["steps"])


def test_it_shows_both_figures(difference: Difference) -> None:
    make_difference(reference="bb-ghost", their_currency="EUR", their_amount=Decimal(1234))
    queue = treasurer().get(address(Difference, "changelist"), {"state__exact": "open"})
    page = queue.content.decode()
    for part in (
        "$70.13, settled",
        "$70.14",
        "No sellback has this reference",
        "1,234.00 EUR",
        "Paid there, not settled here",
        "Amounts differ",
    ):
        assert part in page


def test_it_resolves_by_two_people(difference: Difference) -> None:
    first, second, before = treasurer(), treasurer(), snapshot()
    asked = press(first, difference, "resolve").content.decode()
    assert "Propose that this difference is resolved?" in asked
    assert "What was done?" in asked
    assert snapshot() == before
    press(first, difference, "resolve", reason="taken back", **YES)
    assert (buttons(first, difference), buttons(second, difference)) == (
        ["withdraw_resolution"],
        ["confirm_resolution", "withdraw_resolution"],
    )
    assert b"taken back" in press(second, difference, "confirm_resolution").content
    waits = Resolution.objects.get().pk
    refused = press(first, difference, "confirm_resolution", proposal=waits, **YES)
    assert "Another person must confirm" in refused.content.decode()
    assert Difference.objects.get().state == "open"
    page = press(second, difference, "confirm_resolution", proposal=waits, **YES)
    assert "Confirmed. The difference is resolved." in page.content.decode()
    assert Difference.objects.get().state == "resolved"
    assert buttons(second, difference) == []


def test_it_withdraws(difference: Difference) -> None:
    client = treasurer()
    press(client, difference, "resolve", reason="taken back", **YES)
    waits = Resolution.objects.get().pk
    page = press(client, difference, "withdraw_resolution", proposal=waits, **YES)
    assert "Withdrawn." in page.content.decode()
    assert buttons(client, difference) == ["resolve"]


@pytest.mark.parametrize(
    "rights", [[], ["view"], ["view", "add", "change", "delete"], ["view", "reverse"], ["resolve"]]
)
def test_it_lets_only_those_who_may(difference: Difference, rights: list[str]) -> None:
    client, before = signed_in(make_staff(rights)), snapshot()
    assert press(client, difference, "resolve", reason="so", **YES).status_code == 403
    assert snapshot() == before


# --- the home page --------------------------------------------------------------------------------


@pytest.fixture
def pays(settings: Settings) -> str:
    settings.TREASURY_URL = "https://Pay.example.test:9002/x"
    return "pay.example.test:9002/x"


def home(world: World) -> str:
    return signed_in(world.admin).get(HOME).content.decode()


def test_it_shows_no_balance_without_a_treasury(world: World) -> None:
    assert "Treasury’s balance" not in home(world)


def test_it_shows_that_no_balance_is_known(world: World, pays: str) -> None:
    assert f"{pays} has not responded yet" in home(world)
    make_report(name=pays, balance_at=clock.now())
    page = home(world)
    assert "Not reported" in page
    assert "payments not compared yet" in page
    assert "does not respond" not in page


def test_it_shows_the_balance_next_to_the_exposure(world: World, pays: str) -> None:
    make_report(name="another.test", balance=Decimal(1), balance_at=NOW)
    now = clock.now()
    make_report(name=pays, balance=Decimal("123456.78"), balance_at=now, compared_at=now)
    page = home(world)
    assert "$123,456.78" in page
    assert f"payments compared {now.day} {now:%b, %H:%M} UTC" in page
    assert "the treasury does not respond" not in page


def test_it_says_when_the_balance_is_old(world: World, pays: str) -> None:
    old = clock.now() - balance.STALE - timedelta(minutes=5)
    make_report(name=pays, balance=Decimal(100), balance_at=old)
    page = home(world)
    assert "$100.00" in page
    assert "20\xa0minutes old: the treasury does not respond" in page


def test_it_counts_open_differences(world: World, difference: Difference) -> None:
    make_difference(state="agreed", closed_at=NOW)
    troubles = signed_in(world.admin).get(HOME).context["home"]["troubles"]
    (found,) = [row for row in troubles if row[0] == "Differences with the treasury"]
    assert found[1] == 1
    page = signed_in(world.admin).get(found[2])
    assert list(page.context["cl"].result_list) == [difference]

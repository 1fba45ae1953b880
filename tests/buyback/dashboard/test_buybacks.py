"""The list of sellbacks, and the page of one with its timeline."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from buyback.dashboard.parts import story
from buyback.decisions import reversal
from buyback.live import steps
from buyback.models import Buyback, Move
from buyback.outcomes import Failure, FailureCode, OutcomeUnknown
from buyback.sellback.sell_back import sell_back
from inventory.models import Item
from inventory.pricing import price
from partners.records.actor import Actor
from tests.dashboard.steps import signed_in
from tests.world import NOW, World, make_buyback, make_collector, make_item

KEY, PERSON = Actor("key", "abc123"), Actor("user", "ops@x.test")

# Session, user, memberships, environment; a page of sellbacks; their total; packs, members and keys
# for the filters.
LIST_QUERIES = 10  # including saved views
# Session, user, memberships, environment; the buyback with its item and payout; its state changes;
# its ledger lines.
DETAIL_QUERIES = 7


def look(world: World, query: str = "") -> Any:
    return signed_in(world.northwind.viewer).get(f"/dashboard/live/buybacks/{query}")


def detail(sale: Buyback, world: World) -> str:
    page: str = look(world, f"{sale.pk}/").content.decode()
    return page


def claimed(world: World, minute: int = 0, user: str = "ann") -> Buyback:
    moment, live = NOW + timedelta(minutes=minute), world.northwind.live
    collector = live.collectors.filter(user_id=user).first() or make_collector(live, user)
    item = make_item(live, now=NOW - timedelta(hours=1), collector=collector)
    attempt = steps.claim(
        environment=live, item_id=item.public_id, by=KEY, idempotency_row=None, now=moment
    )
    return attempt.buyback


def sold(world: World, minute: int = 0, by: Actor = KEY) -> Buyback:
    item = make_item(world.northwind.live, now=NOW - timedelta(hours=1))
    moment = NOW + timedelta(minutes=minute)
    sale = sell_back(environment=world.northwind.live, item_id=item.public_id, by=by, now=moment)
    return Buyback.objects.get(pk=sale.buyback_id)


def failed(world: World, minute: int = 0, code: str = "paused", detail: str = "") -> Buyback:
    sale = claimed(world, minute)
    moment = NOW + timedelta(minutes=minute, seconds=9)
    steps.fail(sale.pk, failure=Failure(FailureCode(code), detail), now=moment)
    sale.refresh_from_db()
    return sale


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        ("", ["failed", "claimed", "settled"]),
        ("?state=settled", ["settled"]),
        ("?state=open", ["claimed"]),
        ("?state=failed", ["failed"]),
        ("?user=ann", ["failed", "claimed"]),
        ("?user=ann&state=open", ["claimed"]),
        ("?user=an", []),
        ("?by=user:ops@x.test", ["settled"]),
        ("?by=key:abc123", ["failed", "claimed"]),
        ("?min=70.13", ["settled"]),
        ("?from=2026-04-19", []),
        ("?to=2026-04-18&state=failed", ["failed"]),
    ],
)
def test_it_narrows_by_every_filter(world: World, query: str, kept: list[str]) -> None:
    sold(world, 0, PERSON), claimed(world, 1), failed(world, 2)
    answer = look(world, query)
    assert [row.state for row in answer.context["page"].rows] == kept
    total = answer.context["total"]
    assert (total.size, total.amount) == (len(kept), Decimal("70.13") * ("settled" in kept))


@pytest.mark.parametrize("query", ["", "?state=open", "?from=2026-04-18&to=2026-04-18"])
def test_it_takes_a_constant_number_of_queries(
    world: World, query: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client = signed_in(world.northwind.viewer)
    for amount in (1, 5):
        for minute in range(amount):
            sold(world, minute)
        with django_assert_num_queries(LIST_QUERIES):
            client.get(f"/dashboard/live/buybacks/{query}")


def test_it_shows_the_timeline_of_an_instant_sellback(
    world: World, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    sale = sold(world)
    client = signed_in(world.northwind.viewer)
    with django_assert_num_queries(DETAIL_QUERIES):
        page = client.get(f"/dashboard/live/buybacks/{sale.pk}/").content.decode()
    for fact in (
        "Sold back instantly",
        "85% of $82.50, rounded half up to the cent, is $70.13.",
        "Treasury",
        "Paid out",
    ):
        assert fact in page
    assert f"/dashboard/live/payouts/{sale.payout.pk}/" in page
    assert (
        f"/dashboard/live/buybacks/{sale.pk}/"
        in client.get(f"/dashboard/live/payouts/{sale.payout.pk}/").content.decode()
    )


def test_it_shows_the_timeline_of_an_unknown_outcome_that_was_paid(world: World) -> None:
    sale = claimed(world)
    attempt = steps.load(sale.pk)
    steps.submit(attempt, price(Item.objects.select_related("card").get(pk=sale.item_id)), now=NOW)
    steps.park(sale.pk, failure=Failure(FailureCode.OUTCOME_UNKNOWN, "timeout"), now=NOW)
    page = detail(sale, world)
    assert "The treasury has not confirmed the payment yet." in page
    assert "In flight" in page
    steps.settle(sale.pk, now=NOW)
    page = detail(sale, world)
    for word in ("Claimed", "Submitted", "Outcome unknown", "Settled", "Paid to the user"):
        assert word in page
    assert "has not confirmed the payment" not in page
    with pytest.raises(OutcomeUnknown):
        steps.fail(
            sale.pk, failure=Failure(FailureCode.DECLINED, "closed account"), now=NOW
        )  # for review by Phygitals
    assert "Failed" not in detail(sale, world)


@pytest.mark.parametrize(
    ("reason", "sentence"),
    [
        ("paused", "Phygitals had paused sellbacks."),
        ("cap_reached", "A spending limit of the treasury was reached."),
        (
            "below_min_amount",
            "The price was below your server&#x27;s minimum (min_amount).",
        ),
        ("price_changed", "The price had changed."),
        ("price_unavailable: stale", "The card&#x27;s latest market price was too old."),
        ("price_unavailable: wrong_item", "The market price was not reliable."),
        ("declined: no <b>funds</b>", "The treasury declined to pay: no &lt;b&gt;funds&lt;/b&gt;."),
        ("declined: ", "The treasury declined to pay."),
        (
            "abandoned",
            "The request was interrupted before any payment was requested.",
        ),
        (
            "not_paid",
            "Two people at Phygitals reviewed it: it was not paid.",
        ),
        ("other: something new", "It could not be paid."),
    ],
)
def test_it_says_why_it_failed_and_what_to_do_next(
    world: World, reason: str, sentence: str
) -> None:
    code, _, said = reason.partition(": ")
    sale = failed(world, code=code, detail=said)
    page = detail(sale, world)
    assert sentence in page
    why = story.why(sale)
    assert why is not None
    assert why.next_step
    assert "No money has moved." in page


@pytest.mark.parametrize(
    ("mint", "fmv", "text"),
    [
        (
            "25.00",
            "82.50",
            "is $70.13, more than the pull's price of $25.00 that a voucher guarantees.",
        ),
        (
            "90.00",
            "82.50",
            "at least the pull's price of $90.00, which is not less than 85% of $82.50",
        ),
    ],
)
@pytest.mark.breaks_books(reason="a sale's row alone")
def test_it_says_how_a_vouchers_amount_came_about(
    world: World, mint: str, fmv: str, text: str
) -> None:
    item = make_item(world.northwind.live)
    amount = max(Decimal(mint), Decimal("70.13"))
    sale = make_buyback(
        item, voucher=True, mint_price=Decimal(mint), fmv=Decimal(fmv), amount=amount
    )
    sale.refresh_from_db()
    assert text in story.formula(sale)


def test_it_shows_recovered_money(world: World) -> None:
    sale = sold(world)
    reversal.propose(buyback=sale, reason="the bank's letter 12", by=PERSON)
    assert "Recovered by Phygitals" not in detail(sale, world)
    reversal.confirm(buyback=sale, by=Actor("user", "ben@x.test"))
    page = detail(sale, world)
    assert "Recovered by Phygitals" in page
    assert "letter 12" not in page


def test_it_exports_what_is_filtered(world: World) -> None:
    sold(world)
    failure = failed(world, 1)
    answer = look(world, "csv/?state=failed")
    (row,) = csv.DictReader(io.StringIO(b"".join(answer).decode(), newline=""))
    assert (row["buyback_id"], row["state"], row["amount_usd"]) == (str(failure.pk), "failed", "")
    assert (row["failure_code"], row["payout_id"], row["voucher"]) == ("paused", "", "False")


def test_it_shows_the_recorded_state_changes(world: World) -> None:
    assert Move.objects.filter(buyback=failed(world)).count() == 1

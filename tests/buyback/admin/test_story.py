"""A sellback's admin page shows its events in order."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from buyback.admin.story import timeline
from buyback.decisions import review
from buyback.live import steps
from buyback.models import Buyback
from buyback.outcomes import Failure, FailureCode, OutcomeUnknown
from buyback.sellback.sell_back import sell_back
from inventory.pricing import price
from partners.records.actor import SYSTEM, Actor
from tests.admin.conftest import address, signed_in
from tests.world import World, make_idempotency_key, make_item

ANNA, BEN = Actor("user", "anna@x.test"), Actor("user", "ben@x.test")


def lines_of(sale: Buyback) -> list[tuple[str, str, str]]:
    return [(line.what, line.detail, line.by) for line in timeline(sale)]


@pytest.fixture
def resolved(world: World) -> Buyback:
    """A sellback that went to review after a lapsed attempt, and was resolved in dual control."""
    here = world.northwind.live
    item, key = (
        make_item(here),
        make_idempotency_key(here, key="order-7", status=None, body=None, lease_until=here.now()),
    )
    first = steps.claim(
        environment=here, item_id=item.public_id, by=SYSTEM, idempotency_row=None, now=None
    )
    steps.fail(first.pk, failure=Failure(FailureCode.PRICE_UNAVAILABLE, "stale"))
    attempt = steps.claim(
        environment=here, item_id=item.public_id, by=SYSTEM, idempotency_row=key.pk, now=None
    )
    steps.submit(attempt, price(attempt.item), now=None)
    steps.send_to_review(attempt.pk, failure=Failure(FailureCode.MISMATCH, "amount"), now=None)
    review.propose(buyback=attempt.buyback, outcome="settled", reason="statement 7", by=ANNA)
    return review.confirm(buyback=attempt.buyback, by=BEN)


def test_it_shows_a_sellback_in_order(resolved: Buyback) -> None:
    assert lines_of(resolved) == [
        ("Idempotency key", "order-7", ""),
        ("Claimed", "", "system"),
        ("Ledger", "Treasury → In flight: $70.13", ""),
        ("Submitted", "85% of $82.50: $70.13; we pay ourselves", ""),
        ("Outcome unknown", "mismatch: amount", ""),
        ("In review", "mismatch: amount", ""),
        ("Done by hand", "buyback.review_proposed: statement 7", "user:anna@x.test"),
        ("Ledger", "In flight → Paid out: $70.13", ""),
        ("Payout", "$70.13, paid", ""),
        ("Event for the partner", "buyback.completed", ""),
        ("Settled", "", "user:ben@x.test"),
        ("Done by hand", "buyback.review_confirmed: statement 7", "user:ben@x.test"),
    ]


def test_it_shows_an_instant_sellback(world: World) -> None:
    item = make_item(world.northwind.live, voucher=True)
    sell_back(environment=item.environment, item_id=item.public_id, by=SYSTEM)
    basis = "85% of $82.50, at least the pull's price of $25.00: $70.13"
    assert lines_of(Buyback.objects.get()) == [
        ("Sold instantly", basis, "system"),
        ("Ledger", "Treasury → Paid out: $70.13", ""),
        ("Payout", "$70.13, paid", ""),
        ("Event for the partner", "buyback.completed", ""),
    ]


def test_it_records_what_the_treasury_says_after_the_end(resolved: Buyback) -> None:
    with pytest.raises(OutcomeUnknown):
        steps.fail(resolved.pk, failure=Failure(FailureCode.DECLINED, "closed account"))
    assert lines_of(resolved)[-1] == ("Another answer", "declined: closed account", "")


def test_it_shows_the_story_and_every_attempt(world: World, resolved: Buyback) -> None:
    page: Any = signed_in(world.admin).get(address(Buyback, "change", resolved.pk))
    (_, _, story), (_, _, others) = page.context["tables"]
    assert len(story) == 12
    assert [(line.what, line.detail) for line in others] == [
        ("Settled", "$70.13"),
        ("Failed", "–: price: stale"),
    ]
    for part in (
        "order-7",
        "mismatch: amount",
        "statement 7",
        "user:ben@x.test",
        "Treasury → In flight",
    ):
        assert part in page.content.decode()


def test_it_takes_as_many_queries_for_a_long_timeline(
    resolved: Buyback, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(30):
        make_idempotency_key(resolved.environment, key=f"again-{number}", subject=resolved.pk)
    sale = Buyback.objects.select_related("payout").get(pk=resolved.pk)
    with django_assert_num_queries(5):
        assert len(timeline(sale)) == 42


def test_it_has_no_timeline_for_an_unknown_sellback(world: World) -> None:
    client: Client = signed_in(world.admin)
    for nothing in ("0198f3a0-0000-7000-8000-000000000000", "x"):
        assert client.get(address(Buyback, "change", nothing)).status_code == 302

"""State changes of a sellback: each is recorded with its response and actor."""

from __future__ import annotations

import pytest

from buyback.decisions import review
from buyback.decisions.moved_by import moved_by
from buyback.live import steps
from buyback.models import Buyback, Move
from buyback.outcomes import Failure, FailureCode
from buyback.sellback.sell_back import sell_back
from inventory.pricing import price
from partners.records.actor import SYSTEM, Actor
from tests.world import NOW, World, make_item

ANNA, BEN = Actor("user", "anna@x.test"), Actor("user", "ben@x.test")


def submitted(world: World) -> Buyback:
    environment = world.northwind.live
    item = make_item(environment)
    attempt = steps.claim(
        environment=environment, item_id=item.public_id, by=SYSTEM, idempotency_row=None, now=NOW
    )
    steps.submit(attempt, price(attempt.item), now=NOW)
    return Buyback.objects.get()


def trail(sale: Buyback) -> list[tuple[str, str, str, str]]:
    return list(sale.moves.values_list("before", "after", "answer", "by"))


def test_it_keeps_every_move_and_answer(world: World) -> None:
    sale = submitted(world)
    for answer in ("timeout", "timeout", "bad_status"):
        steps.park(sale.pk, failure=Failure(FailureCode.OUTCOME_UNKNOWN, answer), now=NOW)
    steps.fail(sale.pk, failure=Failure(FailureCode.DECLINED, "closed account"), now=NOW)
    assert trail(sale) == [
        ("claimed", "submitted", "", ""),
        ("submitted", "unknown", "outcome_unknown: timeout", ""),
        ("unknown", "unknown", "outcome_unknown: bad_status", ""),
        ("unknown", "failed", "declined: closed account", ""),
    ]


def test_it_names_who_closed_a_review(world: World) -> None:
    sale = submitted(world)
    steps.send_to_review(sale.pk, failure=Failure(FailureCode.MISMATCH, "amount"), now=NOW)
    review.propose(buyback=sale, outcome="settled", reason="seen", by=ANNA)
    review.confirm(buyback=sale, by=BEN)
    assert trail(sale)[-1] == ("review", "settled", "", "user:ben@x.test")
    other = make_item(world.northwind.live)
    attempt = steps.claim(
        environment=other.environment,
        item_id=other.public_id,
        by=SYSTEM,
        idempotency_row=None,
        now=NOW,
    )
    steps.fail(attempt.pk, failure=Failure(FailureCode.PAUSED), now=NOW)
    assert trail(attempt.buyback) == [("claimed", "failed", "paused", "")]


def test_it_keeps_no_trail_of_a_sale_at_once(world: World) -> None:
    item = make_item(world.northwind.live)
    sell_back(environment=item.environment, item_id=item.public_id, by=SYSTEM, now=NOW)
    assert not Move.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_it_sets_no_actor_outside_a_transaction(world: World) -> None:
    with (
        pytest.raises(RuntimeError, match="in the transaction of its change"),
        moved_by(ANNA),
    ):
        pass

"""Two people decide on one sellback at the same time: one decision counts, money moves once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from threading import Barrier
from typing import Any

import pytest
from django.db import transaction

from buyback.decisions import review
from buyback.live import steps
from buyback.models import Buyback, Payout, Proposal, Transfer
from buyback.outcomes import Failure, FailureCode
from config.foundation.errors import Refusal
from inventory.pricing import price
from partners.models import AuditEntry
from partners.records.actor import SYSTEM, Actor
from tests.threads import together
from tests.world import NOW, World, make_item, make_proposal

pytestmark = pytest.mark.django_db(transaction=True)
PEOPLE = [Actor("user", f"{number}@x.test") for number in range(8)]


def in_review(world: World) -> Buyback:
    environment = world.northwind.live
    item = make_item(environment)
    attempt = steps.claim(
        environment=environment, item_id=item.public_id, by=SYSTEM, idempotency_row=None, now=NOW
    )
    steps.submit(attempt, price(attempt.item), now=NOW)
    steps.send_to_review(attempt.pk, failure=Failure(FailureCode.RETENTION_OVER), now=NOW)
    return Buyback.objects.get()


def outcome_of(act: Callable[..., Any], **order: Any) -> Callable[[], str]:
    """``act``, returning "done" or the name of the refusal."""

    def run() -> str:
        try:
            act(**order)
        except Refusal as refusal:
            return type(refusal).__name__
        return "done"

    return run


def test_it_shows_eight_people_finding_a_sale_in_review_without_the_lock(world: World) -> None:
    """The control: each reads the state before any of them writes, as without the lock."""
    sale, gate = in_review(world), Barrier(8)

    def reads() -> str:
        with transaction.atomic():
            state = Buyback.objects.get(pk=sale.pk).state
            gate.wait(timeout=30)
            return state

    assert Counter(together([reads] * 8)) == {"review": 8}


@pytest.mark.parametrize("outcome", ["settled", "failed"])
def test_it_counts_one_of_eight_confirmations(world: World, outcome: str) -> None:
    sale = in_review(world)
    make_proposal(sale, outcome=outcome)
    results = Counter(
        together([outcome_of(review.confirm, buyback=sale, by=person) for person in PEOPLE])
    )
    assert results == {"done": 1, "NotInReview": 7}
    assert (Buyback.objects.get().state, Payout.objects.count()) == (
        outcome,
        int(outcome == "settled"),
    )
    assert (Transfer.objects.count(), AuditEntry.objects.count()) == (2, 1)


def test_it_keeps_one_of_eight_proposals(world: World) -> None:
    sale = in_review(world)
    propose = [
        outcome_of(review.propose, buyback=sale, outcome="settled", reason="so", by=person)
        for person in PEOPLE
    ]
    assert Counter(together(propose)) == {"done": 1, "AlreadyProposed": 7}
    assert Proposal.objects.count() == AuditEntry.objects.count() == 1


def test_it_either_confirms_or_withdraws(world: World) -> None:
    sale = in_review(world)
    make_proposal(sale)
    confirmed, withdrawn = together(
        [
            outcome_of(review.confirm, buyback=sale, by=PEOPLE[0]),
            outcome_of(review.withdraw, buyback=sale, by=PEOPLE[1]),
        ]
    )
    assert (confirmed, withdrawn) in (("done", "NotInReview"), ("NothingProposed", "done"))
    assert Buyback.objects.get().state == ("settled" if confirmed == "done" else "review")

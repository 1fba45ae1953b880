"""Eight people confirm a reversal at the same time: the money is returned once."""

from __future__ import annotations

from collections import Counter
from threading import Barrier

import pytest
from django.db import transaction

from buyback.decisions import reversal
from buyback.models import Buyback, Reversal, Transfer
from buyback.sellback.sell_back import sell_back
from partners.models import AuditEntry
from partners.records.actor import SYSTEM, Actor
from tests.races.test_review import outcome_of
from tests.threads import together
from tests.world import World, make_item

pytestmark = pytest.mark.django_db(transaction=True)
PEOPLE = [Actor("user", f"{number}@x.test") for number in range(8)]


@pytest.fixture
def sale(world: World) -> Buyback:
    item = make_item(world.northwind.live)
    sell_back(environment=item.environment, item_id=item.public_id, by=SYSTEM)
    return Buyback.objects.get()


def test_it_shows_eight_people_finding_no_reversal_without_the_lock(sale: Buyback) -> None:
    """The control: each reads before any of them writes."""
    gate = Barrier(8)

    def looks() -> bool:
        with transaction.atomic():
            found = Reversal.objects.filter(buyback=sale, confirmed_at__isnull=False).exists()
            gate.wait(timeout=30)
            return found

    assert Counter(together([looks] * 8)) == {False: 8}


def test_it_counts_one_of_eight_confirmations(sale: Buyback) -> None:
    reversal.propose(buyback=sale, reason="so", by=Actor("user", "anna@x.test"))
    results = Counter(
        together([outcome_of(reversal.confirm, buyback=sale, by=person) for person in PEOPLE])
    )
    assert results == {"done": 1, "AlreadyReversed": 7}
    assert Transfer.objects.filter(debit="paid_out").count() == 1
    assert AuditEntry.objects.filter(action="buyback.reversal_confirmed").count() == 1


def test_it_keeps_one_of_eight_proposals(sale: Buyback) -> None:
    propose = [
        outcome_of(reversal.propose, buyback=sale, reason="so", by=person) for person in PEOPLE
    ]
    assert Counter(together(propose)) == {"done": 1, "AlreadyProposed": 7}
    assert Reversal.objects.count() == 1

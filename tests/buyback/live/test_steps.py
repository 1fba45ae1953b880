"""The database cost of a live sellback: one statement for each step, which commits by itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from unittest.mock import ANY

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from psycopg._queries import MAX_CACHED_STATEMENT_LENGTH

from buyback.live import steps
from buyback.models import Buyback, Payout
from buyback.outcomes import TransactionFailed
from buyback.sellback.sell_back import sell_back
from config.foundation import clock
from inventory.models import Item
from inventory.pricing import price
from partners.models import Event
from partners.records.actor import SYSTEM
from tests.buyback.live.shop import IN_FLIGHT, NOT_FOUND, SETTLED, SOLD, UNTOUCHED, Shop, rows
from tests.world import make_item


def asked(act: Callable[[], object]) -> int:
    """The number of statements, including BEGIN and COMMIT."""
    with CaptureQueriesContext(connection) as queries:
        act()
    return len(queries)


def claim(item: Item) -> steps.Attempt:
    here = item.environment
    return steps.claim(
        environment=here, item_id=item.public_id, by=SYSTEM, idempotency_row=None, now=None
    )


def make_spans(shop: Shop) -> None:
    """The first sellback of a day and an hour takes a second statement to make their slots."""
    shop.sale(shop.item())


@pytest.mark.parametrize(("key", "statements"), [(None, 4), ("k", 5)])
def test_it_takes_one_statement_for_each_step(shop: Shop, key: str | None, statements: int) -> None:
    """API key, claim, submission, settlement; and the idempotency key if one is sent."""
    shop.sell("nothing")  # records the use of the API key, once a minute
    make_spans(shop)
    item = shop.item()
    assert asked(lambda: shop.sale(item, key=key)) == statements
    assert rows(item).buyback == "settled"


def test_it_takes_one_statement_to_refuse(shop: Shop) -> None:
    shop.sell("nothing")
    assert asked(lambda: shop.sale("nothing")) == 2
    shipped = shop.item(state="shipped")
    assert asked(lambda: shop.sale(shipped)) == 2


def test_it_is_one_statement_in_a_transaction_of_its_own(shop: Shop) -> None:
    make_spans(shop)
    item = shop.item()
    found: list[Any] = []
    assert asked(lambda: found.append(claim(item))) == 1
    attempt = found.pop()
    assert asked(lambda: steps.submit(attempt, price(attempt.item), now=None)) == 1
    assert asked(lambda: steps.settle(attempt.pk, now=None)) == 1
    assert rows(item).buyback == "settled"


STEPS: dict[str, Callable[[steps.Attempt], object]] = {
    "claim": lambda attempt: claim(attempt.item),
    "submit": lambda attempt: steps.submit(attempt, price(attempt.item), now=None),
    "settle": lambda attempt: steps.settle(attempt.pk, now=None),
}


@pytest.mark.parametrize("step", STEPS)
def test_it_refuses_to_be_a_part_of_another_transaction(shop: Shop, step: str) -> None:
    """The payment must be committed before the treasury is called, whatever the caller does."""
    item = shop.item()
    attempt = claim(item)
    before = rows(item)
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        STEPS[step](attempt)
    assert rows(item) == before


def test_it_submits_nothing_when_the_item_was_submitted_since_the_claim(shop: Shop) -> None:
    """Its reference would be one that the treasury already knows."""
    item = shop.item()
    attempt = replace(claim(item), submissions=1)
    before = rows(item)
    with pytest.raises(TransactionFailed):
        steps.submit(attempt, price(attempt.item), now=None)
    assert rows(item) == before


def test_it_settles_nothing_that_was_not_submitted(shop: Shop) -> None:
    item = shop.item()
    attempt = claim(item)
    before = rows(item)
    with pytest.raises(steps.Moved):
        steps.settle(attempt.pk, now=None)
    assert rows(item) == before


@pytest.mark.breaks_books("an open sellback of an item that is held again")
def test_it_settles_nothing_whose_item_is_not_selling(shop: Shop) -> None:
    item = shop.item()
    attempt = claim(item)
    steps.submit(attempt, price(attempt.item), now=None)
    Item.objects.filter(pk=item.pk).update(state="held")
    before = rows(item)
    with pytest.raises(steps.Moved):
        steps.settle(attempt.pk, now=None)
    assert rows(item) == before


def test_it_says_the_same_of_a_sale_that_is_settled_already(shop: Shop) -> None:
    item = shop.item()
    assert shop.sale(item) == SOLD
    sale = Buyback.objects.get()
    again = steps.settle(sale.pk, now=None)
    assert (again.amount, again.payout_id) == (sale.amount, sale.payout.pk)
    assert rows(item) == SETTLED


def test_it_loads_columns_that_the_claim_does_not_return(shop: Shop) -> None:
    item = shop.item()
    attempt, stored = claim(item), steps.load(Buyback.objects.get().pk)
    for field in Buyback._meta.concrete_fields:
        assert getattr(attempt.buyback, field.attname) == getattr(stored.buyback, field.attname)
    for related in ("", "card.", "purchase.", "collector.", "environment."):
        mine, theirs = (one.item for one in (attempt, stored))
        for name in filter(None, related.split(".")):
            mine, theirs = getattr(mine, name), getattr(theirs, name)
        for field in theirs._meta.concrete_fields:
            assert getattr(mine, field.attname) == getattr(theirs, field.attname)
    assert (attempt.submissions, attempt.recipient) == (stored.submissions, stored.recipient)


@pytest.mark.parametrize("statement", [steps.CLAIM, steps.SUBMIT, steps.SETTLE])
def test_it_is_short_enough_to_be_read_once(statement: str) -> None:
    """With a longer statement, psycopg would parse its parameters on every call."""
    assert len(statement) <= MAX_CACHED_STATEMENT_LENGTH
    assert "--" not in statement


def test_it_does_not_wait_for_another_sellback_of_the_item(shop: Shop) -> None:
    item = shop.item()
    claim(item)
    before = rows(item)
    assert (shop.sale(item), shop.sale("nothing")) == (IN_FLIGHT, NOT_FOUND)
    assert rows(item) == before
    assert before != UNTOUCHED


def test_both_paths_record_the_same_event(shop: Shop) -> None:
    """Two statements write ``buyback.completed``: the instant sellback's and the last step's."""
    stepwise, instant = shop.item(), make_item(shop.world.northwind.sandbox, now=clock.now())
    assert shop.sale(stepwise) == SOLD
    sell_back(environment=instant.environment, item_id=instant.public_id, by=SYSTEM)
    for item, by in ((stepwise, ANY), (instant, "system")):
        sale = Buyback.objects.get(item=item)
        payout = Payout.objects.get(buyback=sale)
        assert Event.objects.get(data__buyback_id=str(sale.pk)).data == item.as_event() | {
            "amount": 70.13,
            "buyback_id": str(sale.pk),
            "payout_id": str(payout.pk),
            "by": by,
        }

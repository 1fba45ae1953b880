"""The price on a page, in the statement and in plain arithmetic is equal to the cent."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, localcontext

import pytest
from django.db import connection
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from buyback.sellback.sell_back import WAITING, sell_back
from inventory.models import Card, Item
from inventory.pricing import basis, price
from partners.models import Mode
from partners.records.actor import SYSTEM
from tests.world import NOW, World, make_item

MONEY = st.decimals(Decimal("0.01"), Decimal("999999999.99"), places=2)
PERCENT = st.decimals(Decimal("0.0001"), Decimal("1.0000"), places=4)
AMOUNT = """
    SELECT CASE WHEN voucher THEN greatest(mint_price, round(fmv * buyback_percent, 2))
                ELSE round(fmv * buyback_percent, 2) END
      FROM (SELECT %s::numeric(12, 2) fmv, %s::numeric(5, 4) buyback_percent, %s::numeric(12,
      2) mint_price,
                   %s::boolean voucher) item
"""


@given(fmv=MONEY, percent=PERCENT, mint_price=MONEY, voucher=st.booleans())
@example(fmv=Decimal("82.50"), percent=Decimal("0.8500"), mint_price=Decimal(1), voucher=False)
@example(fmv=Decimal("0.01"), percent=Decimal("0.5000"), mint_price=Decimal(1), voucher=False)
@settings(max_examples=300, deadline=None)
@pytest.mark.django_db
def test_it_rounds_as_the_statement_does(
    fmv: Decimal, percent: Decimal, mint_price: Decimal, voucher: bool
) -> None:
    with localcontext() as exact:
        exact.prec = 60
        share = (fmv * percent).quantize(Decimal("0.01"), ROUND_HALF_UP)
    with connection.cursor() as cursor:
        cursor.execute(AMOUNT, [fmv, percent, mint_price, voucher])
        (in_sql,) = cursor.fetchone()
    in_python = basis(fmv, percent, mint_price, voucher=voucher, priced_at=NOW).amount
    assert in_python == in_sql == (max(mint_price, share) if voucher else share)


def test_it_compares_the_statements_own_words() -> None:
    """The expression above is a copy of the statement's; this test notices changes."""
    words = " ".join(AMOUNT.partition("FROM (")[0].removeprefix("\n    SELECT").split())
    assert words in " ".join(WAITING.split())


@given(
    fmv=MONEY.filter(lambda fmv: fmv > 1),
    now_worth=MONEY.filter(lambda fmv: fmv > 1),
    voucher=st.booleans(),
)
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@pytest.mark.parametrize("mode", Mode.values)
def test_it_shows_what_the_sale_pays(
    world: World, mode: str, fmv: Decimal, now_worth: Decimal, voucher: bool
) -> None:
    made = make_item(world.northwind.environment(mode), fmv=fmv, voucher=voucher)
    Card.objects.filter(pk=made.card_id).update(fmv=now_worth)
    item = Item.objects.select_related("card", "purchase").get(pk=made.pk)
    shown = price(item)
    sale = sell_back(environment=made.environment, item_id=made.public_id, by=SYSTEM, now=NOW)
    assert shown.amount == sale.amount
    sold = item.buybacks.get()
    assert (sold.fmv, sold.voucher, sold.priced_at) == (shown.fmv, shown.voucher, shown.priced_at)

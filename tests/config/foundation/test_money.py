"""Money is rounded the same here and in the database, and becomes the contract's JSON number."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.foundation.money import LIMIT, round_usd, to_json

AMOUNTS = st.decimals(min_value=0, max_value=LIMIT, allow_nan=False, allow_infinity=False, places=6)
HALVES = st.integers(min_value=0, max_value=10**11).map(
    lambda cents: Decimal(cents) / 100 + Decimal("0.005")
)


@pytest.mark.django_db
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(amounts=st.lists(AMOUNTS | HALVES, min_size=1, max_size=50))
def test_it_rounds_as_the_database_does(amounts: list[Decimal]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            (
                "SELECT array_agg(round(a, 2) ORDER BY n) FROM unnest(%s::numeric[]) WITH "
                "ORDINALITY "
                "AS t (a, n)"
            ),
            [amounts],
        )
        (rounded,) = cursor.fetchone()
    assert rounded == [round_usd(amount) for amount in amounts]


@pytest.mark.parametrize(
    ("amount", "rounded"),
    [
        ("70.125", "70.13"),
        ("70.1249999", "70.12"),
        ("0.005", "0.01"),
        ("0.0049", "0.00"),
        ("999999999.994", "999999999.99"),
    ],
)
def test_it_rounds_half_up(amount: str, rounded: str) -> None:
    assert str(round_usd(Decimal(amount))) == rounded


@pytest.mark.parametrize(
    ("amount", "number"),
    [
        ("98.50", 98.5),
        ("70.00", 70),
        ("70.125", 70.13),
        ("0.00", 0),
        ("999999999.99", 999999999.99),
    ],
)
def test_it_leaves_as_the_shortest_number(amount: str, number: Any) -> None:
    answer = to_json(Decimal(amount))
    assert answer == number
    assert type(answer) is type(number)


@given(cents=st.integers(min_value=0, max_value=10**11 - 1))
def test_it_loses_no_cent_on_the_way_out(cents: int) -> None:
    amount = Decimal(cents) / 100
    assert Decimal(repr(to_json(amount))) == amount

"""The default table of rates: weight by items, zones by country, insurance by value."""

from __future__ import annotations

from decimal import Decimal

import pytest

from inventory.shipping.rates import by_table


@pytest.mark.parametrize(
    ("country", "items", "value", "amounts"),
    [
        ("US", 1, "0", ["5.00", "7.50", "24.00"]),
        ("US", 1, "82.50", ["5.00", "8.33", "24.83"]),  # 0.825, half up
        ("US", 3, "100", ["5.00", "8.50", "25.00"]),  # 450 grams
        ("US", 4, "100", ["7.00", "10.50", "31.00"]),  # 600 grams: one step more
        ("CA", 4, "100", ["18.00", "23.00", "54.00"]),
        ("MX", 1, "100", ["14.00", "19.00", "43.00"]),
        ("JP", 1, "100", ["19.00", "25.00", "59.00"]),
        ("ZZ", 100, "100", ["222.00", "228.00", "523.00"]),  # 15,000 grams: 29 further steps
    ],
)
def test_it_prices_by_weight_zone_and_value(
    country: str, items: int, value: str, amounts: list[str]
) -> None:
    found = by_table(country=country, items=items, value=Decimal(value))
    assert [str(rate.amount) for rate in found] == amounts
    assert [(rate.key, rate.insured) for rate in found] == [
        ("standard", False),
        ("insured", True),
        ("express", True),
    ]

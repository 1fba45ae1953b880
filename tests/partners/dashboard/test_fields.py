"""Values in the address of a list."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from partners.dashboard import fields


@pytest.mark.parametrize(
    ("written", "read"), [(" ada ", "ada"), ("a\0b", "a\ufffdb"), ("x" * 2000, "x" * 1000)]
)
def test_it_reads_a_text(written: str, read: str) -> None:
    assert fields.text(written) == read


@pytest.mark.parametrize(
    ("written", "read"),
    [("2026-11-30", date(2026, 11, 30)), ("2026-02-30", None), ("today", None), ("", None)],
)
def test_it_reads_a_day(written: str, read: date | None) -> None:
    assert fields.day(written) == read


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (" $1,500.25 ", Decimal("1500.25")),
        ("0", Decimal(0)),
        ("-1", None),
        ("1e12", None),
        ("NaN", None),
        ("Infinity", None),
        ("a lot", None),
    ],
)
def test_it_reads_an_amount(written: str, read: Decimal | None) -> None:
    assert fields.amount(written) == read

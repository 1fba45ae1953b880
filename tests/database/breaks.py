"""Helpers for lists of ways to break a constraint."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from django.db.models.expressions import RawSQL

from tests.world import World

Break = Callable[[World], object]
NAN = RawSQL("'NaN'::numeric", ())  # Django rejects it as a value; psql does not
BILLION = Decimal(1_000_000_000)
BAD_MONEY = (Decimal(0), Decimal("-0.01"), BILLION, NAN)


def each(values: Sequence[Any], make: Callable[[World, Any], object]) -> list[Break]:
    """``make`` once for each value."""
    return [lambda w, value=value: make(w, value) for value in values]  # type: ignore[misc]


def twice(make: Callable[[], object]) -> None:
    """Run ``make`` twice."""
    make()
    make()

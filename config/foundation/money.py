"""Money: US dollars as ``Decimal``, two places, rounded half up. The only place that rounds.

The database stores money as ``numeric(12, 2)``. PostgreSQL's ``round(numeric, 2)`` also rounds
positive numbers half up (``tests/config/foundation/test_money.py`` compares them).
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models.expressions import Combinable

CENT = Decimal("0.01")
LIMIT = Decimal(1000000000)  # below a billion dollars; this also excludes NaN and Infinity


def round_usd(amount: Decimal) -> Decimal:
    """``amount`` in whole cents, half up: 70.125 becomes 70.13 (contract, section 1)."""
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


def to_json(amount: Decimal) -> float | int:
    """``amount`` as the JSON number of the contract: 98.50 becomes 98.5, 70.00 becomes 70."""
    rounded = round_usd(amount)
    whole = int(rounded)
    return whole if whole == rounded else float(rounded)


if TYPE_CHECKING:
    DecimalColumn = models.DecimalField[Any, Any]
else:
    DecimalColumn = models.DecimalField


class MoneyField(DecimalColumn):
    """A USD column, ``numeric(12, 2)``. Add a ``money_check`` to the model's constraints."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["max_digits"], kwargs["decimal_places"] = 12, 2
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> tuple[str, str, Any, Any]:
        """As Django's own field: migrations import nothing of ours."""
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.DecimalField", args, kwargs


def rounded_in_sql(expression: models.F | Combinable) -> models.Func:
    """``round(expression, 2)`` in the database: ``round_usd`` there."""
    return models.Func(
        expression,
        template="round(%(expressions)s, 2)",
        output_field=models.DecimalField(max_digits=12, decimal_places=2),
    )


def usd(amount: Decimal | None) -> str:
    """``$1,234.50``; a dash for None."""
    return "–" if amount is None else f"${amount:,.2f}"


def percent(share: Decimal) -> str:
    """``85%``, ``87.5%``; two decimals at most."""
    return f"{share * 100:.2f}".rstrip("0").rstrip(".") + "%"


def money_check(field: str, *, name: str) -> models.CheckConstraint:
    """``0 < field < 1e9``. A null passes; the column decides whether null is allowed."""
    return models.CheckConstraint(
        condition=models.Q(**{f"{field}__gt": 0, f"{field}__lt": LIMIT}),
        name=name,
        violation_error_message="Enter an amount above 0 and below 1,000,000,000 USD.",
    )

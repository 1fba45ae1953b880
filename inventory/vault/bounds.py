"""Bounds of prices that one person may set, by hand or by an import.

Out of bounds is a first price above ``MANUAL_PRICE_MAX``, and a price more than ``ORACLE_MAX_MOVE``
times above or below any that the card had within the last ``DUAL_CONTROL_MIN_AGE`` seconds. The
span counts, so that several small changes are no way to a large one.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import connection

# Of ``card`` (its row, or nulls for a new card) and a price: whether a second person is needed.
OUT_OF_BOUNDS = """
CASE WHEN card.id IS NULL THEN {fmv} > %(first)s
     WHEN {fmv} = card.fmv THEN false
     ELSE (SELECT {fmv} > min(known.fmv) * %(move)s OR {fmv} * %(move)s < max(known.fmv)
             FROM (SELECT card.fmv UNION ALL
                   SELECT change.before FROM inventory_pricechange change
                    WHERE change.card_id = card.id
                      AND change.created_at > statement_timestamp() - %(span)s * interval '1 second'
                  ) AS known (fmv))
 END
"""
ONE = f"""
SELECT {OUT_OF_BOUNDS.format(fmv="asked.fmv")}
  FROM (SELECT %(fmv)s::numeric) AS asked (fmv)
  LEFT JOIN inventory_card card ON card.id = %(card)s
"""  # noqa: S608


def limits() -> dict[str, Any]:
    """The parameters of ``OUT_OF_BOUNDS``."""
    return {
        "first": settings.MANUAL_PRICE_MAX,
        "move": settings.ORACLE_MAX_MOVE,
        "span": settings.DUAL_CONTROL_MIN_AGE,
    }


def needs_second_person(card: int | None, fmv: Decimal) -> bool:
    """Whether this price (USD) of the card with this pk, None for a new one, is out of bounds."""
    with connection.cursor() as cursor:
        cursor.execute(ONE, limits() | {"card": card, "fmv": fmv})
        return bool(cursor.fetchone()[0])

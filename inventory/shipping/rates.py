"""Shipping prices in USD: the table for sandboxes, and for live without a carrier.

The price depends on the weight (number of items), the country's zone, and for insured services the
items' value.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from config.foundation.money import round_usd

CARRIER = "Phygitals"
HOME, NEAR, FAR = "home", "near", "far"
ZONES = {"US": HOME, "CA": NEAR, "MX": NEAR}  # every other country is far
GRAMS_EACH, GRAMS_STEP = 150, 500  # of one item in its case; every started step adds to the price
INSURANCE = Decimal("0.01")  # of the items' value


@dataclass(frozen=True, slots=True)
class Zone:
    """A service's price for a zone: the first weight step, each further step, and delivery days."""

    first: Decimal
    further: Decimal
    days: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Rate:
    """One offer. ``key`` identifies it within its quote; ``amount`` is in USD."""

    key: str
    carrier: str
    service: str
    amount: Decimal
    days: tuple[int, int]
    insured: bool

    def as_json(self) -> dict[str, Any]:
        """The rate as stored in a quote."""
        low, high = self.days
        return {
            "key": self.key,
            "carrier": self.carrier,
            "service": self.service,
            "amount": str(self.amount),
            "estimated_days_min": low,
            "estimated_days_max": high,
            "insured": self.insured,
        }


# Key → name, whether insured, and the price to each zone.
SERVICES: dict[str, tuple[str, bool, dict[str, Zone]]] = {
    "standard": (
        "Standard",
        False,
        {
            HOME: Zone(Decimal("5.00"), Decimal("2.00"), (3, 7)),
            NEAR: Zone(Decimal("14.00"), Decimal("4.00"), (6, 12)),
            FAR: Zone(Decimal("19.00"), Decimal("7.00"), (8, 21)),
        },
    ),
    "insured": (
        "Standard, insured",
        True,
        {
            HOME: Zone(Decimal("7.50"), Decimal("2.00"), (3, 7)),
            NEAR: Zone(Decimal("18.00"), Decimal("4.00"), (6, 12)),
            FAR: Zone(Decimal("24.00"), Decimal("7.00"), (8, 21)),
        },
    ),
    "express": (
        "Express, insured",
        True,
        {
            HOME: Zone(Decimal("24.00"), Decimal("6.00"), (1, 2)),
            NEAR: Zone(Decimal("42.00"), Decimal("11.00"), (2, 4)),
            FAR: Zone(Decimal("58.00"), Decimal("16.00"), (3, 6)),
        },
    ),
}


def by_table(*, country: str, items: int, value: Decimal) -> list[Rate]:
    """Every service's rate for a number of items worth ``value`` USD, to a two-letter country."""
    zone = ZONES.get(country, FAR)
    further_steps = (items * GRAMS_EACH - 1) // GRAMS_STEP
    return [
        Rate(
            key=key,
            carrier=CARRIER,
            service=name,
            amount=zones[zone].first
            + zones[zone].further * further_steps
            + (round_usd(value * INSURANCE) if insured else Decimal(0)),
            days=zones[zone].days,
            insured=insured,
        )
        for key, (name, insured, zones) in SERVICES.items()
    ]

"""Ways to break the constraints of guards, spending and exposure (for ``test_constraints.py``)."""

# ruff: noqa: ARG005  (a way to break a constraint is given the world, whether it needs it or not)

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from partners.models import SpendSlot
from tests.database.breaks import BAD_MONEY, Break, each, twice
from tests.kept import make_exposure, make_paid_hour
from tests.world import make_alert, make_spend, make_treasury_control


def slot(other: SpendSlot, **fields: Any) -> Any:
    """A slot like the other one."""
    known = {"spend": other.spend, "number": other.number, "total": 0, "share": 1}
    return SpendSlot.objects.create(**known | fields)


GUARDS: dict[str, Sequence[Break]] = {
    "buyback_treasurycontrol_one_row": [lambda w: make_treasury_control(id=2)],
    "buyback_treasurycontrol_sale_bounds": each(
        BAD_MONEY, lambda w, bad: make_treasury_control(cap_per_sale=bad)
    ),
    "buyback_treasurycontrol_day_bounds": each(
        BAD_MONEY, lambda w, bad: make_treasury_control(cap_per_partner_day=bad)
    ),
    "buyback_treasurycontrol_hour_bounds": each(
        BAD_MONEY, lambda w, bad: make_treasury_control(cap_per_hour=bad)
    ),
    "partners_spend_once_per_span": [lambda w: twice(make_spend)],
    "partners_spend_has_a_cap": each(
        (Decimal(0), Decimal(-1)), lambda w, bad: make_spend(cap=bad, total=Decimal(0))
    ),
    "partners_spendslot_once": [lambda w: slot(make_spend().slots.get())],
    "partners_spendslot_number": [lambda w: slot(make_spend().slots.get(), number=64)],
    "partners_spendslot_within_share": each(
        (Decimal("100.01"), Decimal("-0.01")), lambda w, bad: make_spend(total=bad)
    ),
    "buyback_exposure_once": [
        lambda w: twice(lambda: make_exposure(pack=w.pack, partner=w.northwind.partner)),
        lambda w: twice(lambda: make_exposure(pack=None, partner=None, closes=None)),
    ],
    "buyback_exposure_of_a_pack_or_of_all": [
        *each((None, "2d"), lambda w, bad: make_exposure(closes=bad)),
        *each(("pack", "partner"), lambda w, bad: make_exposure(**{bad: None})),
    ],
    "buyback_paidhour_once": [lambda w: twice(lambda: make_paid_hour(w.northwind.partner))],
    "buyback_alert_once_until_seen": [
        lambda w: twice(lambda: make_alert(w.northwind.live, subject="the same"))
    ],
}

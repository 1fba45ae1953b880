"""A partner's daily cap: set with a reason, audited, replaces the platform's."""

from __future__ import annotations

from decimal import Decimal

import pytest

from buyback.guards.control import BadCap
from buyback.guards.day_cap import cap_day
from config.foundation.errors import Refusal
from config.foundation.reasons import ReasonRequired
from partners.models import AuditEntry, Environment
from partners.records.actor import SYSTEM
from tests.world import World


def caps() -> list[tuple[str, Decimal | None]]:
    return list(Environment.objects.exclude(cap_per_day=None).values_list("mode", "cap_per_day"))


def test_it_caps_live_sales_and_lifts_the_cap(world: World) -> None:
    partner = world.northwind.partner
    for cap in (Decimal("100.5"), Decimal("100.50"), None):
        cap_day(partner=partner, cap=cap, reason="a leak", by=SYSTEM)
    assert caps() == []
    entries = AuditEntry.objects.filter(
        partner=partner, target=f"partners.environment:{world.northwind.live.pk}"
    )
    assert [
        (one.action, one.before, one.after) for one in entries.order_by("created_at", "id")
    ] == [
        (
            "environment.limit_changed",
            {"cap_per_day": None},
            {"cap_per_day": "100.50", "reason": "a leak"},
        ),
        (
            "environment.limit_changed",
            {"cap_per_day": "100.50"},
            {"cap_per_day": None, "reason": "a leak"},
        ),
    ]


@pytest.mark.parametrize(
    ("cap", "reason", "error"),
    [
        (Decimal(0), "so", BadCap),
        (Decimal("0.001"), "so", BadCap),
        (Decimal("NaN"), "so", BadCap),
        (Decimal(1_000_000_000), "so", BadCap),
        (Decimal(5), " ", ReasonRequired),
    ],
)
def test_it_changes_nothing_when_it_refuses(
    world: World, cap: Decimal, reason: str, error: type[Refusal]
) -> None:
    with pytest.raises(error):
        cap_day(partner=world.northwind.partner, cap=cap, reason=reason, by=SYSTEM)
    assert caps() == []
    assert not AuditEntry.objects.exists()

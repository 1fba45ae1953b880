"""A partner's own limits: set with a reason, audited, effective from the next call."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from config.foundation.errors import Refusal
from config.foundation.reasons import ReasonRequired
from partners.models import AuditEntry, Environment
from partners.records.actor import SYSTEM
from partners.tenants.limits import BadLimit, limit_calls
from partners.tenants.sandbox import reset
from tests.world import World, make_collector, make_event


def limits(world: World) -> dict[str, int | None]:
    rows = Environment.objects.filter(partner=world.northwind.partner)
    return dict(rows.values_list("mode", "calls_per_minute"))


def audited() -> list[tuple[str, object, object]]:
    return list(
        AuditEntry.objects.order_by("created_at", "id").values_list("action", "before", "after")
    )


def test_it_limits_each_mode_and_audits_what_changed(world: World) -> None:
    partner = world.northwind.partner
    limit_calls(partner=partner, live=60, sandbox=None, reason=" a flood ", by=SYSTEM)
    limit_calls(partner=partner, live=60, sandbox=5, reason="less", by=SYSTEM)
    assert limits(world) == {"live": 60, "sandbox": 5}
    assert audited() == [
        (
            "environment.limit_changed",
            {"calls_per_minute": None},
            {"calls_per_minute": 60, "reason": "a flood"},
        ),
        (
            "environment.limit_changed",
            {"calls_per_minute": None},
            {"calls_per_minute": 5, "reason": "less"},
        ),
    ]
    assert [entry.partner for entry in AuditEntry.objects.all()] == [partner, partner]


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"live": 0}, BadLimit),
        ({"sandbox": 1_000_001}, BadLimit),
        ({"reason": " "}, ReasonRequired),
    ],
)
def test_it_changes_nothing_when_it_refuses(
    world: World, change: dict[str, object], error: type[Refusal]
) -> None:
    asked: dict[str, object] = {"live": 5, "sandbox": 5, "reason": "so"}
    with pytest.raises(error):
        limit_calls(partner=world.northwind.partner, by=SYSTEM, **asked | change)  # type: ignore[arg-type]
    assert limits(world) == {"live": None, "sandbox": None}
    assert audited() == []


def seen(key: str) -> tuple[int, str]:
    answer = Client().get("/api/v1/inventory/ann", headers={"X-API-Key": key})
    return answer.status_code, answer["X-RateLimit-Limit"]


def test_it_holds_from_the_next_call_on_for_this_partner_alone(
    world: World, settings: Settings
) -> None:
    settings.API_RATE_LIMIT, settings.WEB_WORKERS = 600, 1
    for company in (world.northwind, world.juniper):
        make_collector(company.live, "ann")
    limit_calls(partner=world.northwind.partner, live=2, sandbox=None, reason="so", by=SYSTEM)
    assert [seen(world.northwind.live_key) for _ in range(3)] == [
        (200, "2"),
        (200, "2"),
        (429, "2"),
    ]
    assert seen(world.juniper.live_key) == (200, "600")
    limit_calls(partner=world.northwind.partner, live=None, sandbox=None, reason="so", by=SYSTEM)
    assert seen(world.northwind.live_key) == (200, "600")


def test_it_stays_when_the_sandbox_is_reset(world: World) -> None:
    limit_calls(partner=world.northwind.partner, live=None, sandbox=7, reason="so", by=SYSTEM)
    make_event(world.northwind.sandbox)
    assert reset(environment=world.northwind.sandbox, by=SYSTEM) != world.northwind.sandbox
    assert limits(world) == {"live": None, "sandbox": 7}

"""A partner's page: volume, exposure, windows, and its limits, by permission."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from buyback.exposure import snapshot as exposure_snapshot
from config.foundation import clock
from partners.models import Environment, Partner
from tests.admin.conftest import address, in_group, make_staff, signed_in, snapshot
from tests.kept import make_paid_hour
from tests.world import World, make_item, make_pack, make_partner, make_statement

YES = {"confirmed": "yes"}


def page(client: Client, partner: Partner) -> Any:
    return client.get(address(Partner, "change", partner.pk))


def press(client: Client, partner: Partner, step: str, **sent: Any) -> Any:
    return client.post(
        reverse("admin:partners_partner_step", args=[partner.pk]),
        {"step": step} | sent,
        follow=True,
    )


@pytest.mark.breaks_books(reason="statements of days without business")
def test_it_adds_up_closed_days_and_today(world: World) -> None:
    north, now = world.northwind, clock.now()
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    for ago in range(1, 32):  # statements are consecutive
        sums = {"sold": 1, "sold_amount": ago, "paid": 1, "paid_amount": ago, "failed": ago}
        make_statement(
            north.live, day=(midnight - timedelta(days=ago)).date(), closed_at=now, **sums
        )
    make_paid_hour(north.partner, starts_at=midnight, paid=2, amount=Decimal("5.50"), failed=1)
    make_paid_hour(north.partner, starts_at=midnight - timedelta(hours=1), amount=Decimal(1000))
    make_paid_hour(world.juniper.partner, starts_at=midnight, amount=Decimal(1000))
    make_statement(north.sandbox, day=(midnight - timedelta(days=2)).date(), closed_at=now)
    found = page(signed_in(in_group("support")), north.partner).context["money"]["figures"]
    assert [(span.name, span.sold, span.amount, span.failed) for span in found.spans] == [
        ("Today so far", 2, Decimal("5.50"), 1),
        ("Last 7 closed days", 7, Decimal(28), 28),
        ("Last 30 closed days", 30, Decimal(465), 465),
    ]


def test_it_says_what_is_held_until_when_and_what_it_would_cost(world: World) -> None:
    north, now = world.northwind, clock.now()
    short = make_pack(name="Short", buyback_window=timedelta(hours=36))
    make_item(north.live, card=world.cards[8], pack=world.pack, expires_at=None)
    make_item(north.live, card=world.cards[9], pack=short, expires_at=now + timedelta(hours=1))
    make_item(world.juniper.live, card=world.cards[10], pack=short, expires_at=None)
    exposure_snapshot.take(now=now)
    shown = page(signed_in(in_group("support")), north.partner)
    found = shown.context["money"]["figures"]
    assert (found.as_of, found.items) == (now, 2)
    assert {share.name: share.items for share in found.closing if share.items} == {
        "24 h": 1,
        "never": 1,
    }
    assert (
        found.amount
        == sum(share.amount for share, _ in found.packs)
        == sum(share.amount for share in found.closing)
    )
    windows = {share.name: window for share, window in shown.context["money"]["packs"]}
    assert windows["Short"] == "1 d 12 h"


def test_its_number_of_queries_is_constant(world: World, django_assert_num_queries: Any) -> None:
    client, north, now = signed_in(in_group("support")), world.northwind, clock.now()
    page(client, north.partner)
    for days in (range(1, 2), range(2, 31)):
        for ago in days:
            make_item(north.live, pack=make_pack(), now=now)
            make_statement(north.live, day=(now - timedelta(days=ago)).date(), closed_at=now)
        exposure_snapshot.take(now=now)
        with django_assert_num_queries(18):
            page(client, north.partner)


def test_it_shows_money_to_those_who_may_see_it(world: World) -> None:
    staff = make_staff([])
    for code, sees in (("partner", False), ("item", False), ("statement", True)):
        staff.user_permissions.add(Permission.objects.get(codename=f"view_{code}"))
        shown = page(signed_in(staff), world.northwind.partner)
        assert ("Windows and exposure" in shown.content.decode()) is sees


def test_it_sets_limits_by_those_who_may(world: World) -> None:
    partner = world.northwind.partner
    operations, treasury = signed_in(in_group("operations")), signed_in(in_group("treasury"))
    assert (
        press(
            operations, partner, "calls", live="60", sandbox="", reason="a flood", **YES
        ).status_code
        == 200
    )
    assert press(treasury, partner, "cap", cap="100.50", reason="a leak", **YES).status_code == 200
    live = Environment.objects.get(pk=world.northwind.live.pk)
    assert (live.calls_per_minute, live.cap_per_day) == (60, Decimal("100.50"))
    assert press(operations, partner, "calls").context["form"].initial["live"] == 60
    assert press(treasury, partner, "cap").context["form"].initial["cap"] == Decimal("100.50")
    shown = page(operations, partner)
    assert "$100.50" in shown.content.decode()
    assert (list(shown.context["steps"]), list(page(treasury, partner).context["steps"])) == (
        ["suspend", "keys", "calls", "invite"],
        ["cap"],
    )


@pytest.mark.parametrize(
    ("group", "step", "sent"),
    [
        ("operations", "calls", {"live": "0", "reason": "so"}),
        ("operations", "calls", {"live": "5", "reason": ""}),
        ("operations", "cap", {"cap": "5", "reason": "so"}),
        ("treasury", "cap", {"cap": "0", "reason": "so"}),
        ("treasury", "cap", {"cap": "5.001", "reason": "so"}),
        ("treasury", "cap", {"cap": "5", "reason": " "}),
        ("treasury", "calls", {"live": "5", "reason": "so"}),
        ("support", "cap", {"cap": "5", "reason": "so"}),
    ],
)
def test_it_changes_nothing_otherwise(
    world: World, group: str, step: str, sent: dict[str, str]
) -> None:
    client, before = signed_in(in_group(group)), snapshot()
    press(client, world.northwind.partner, step, **sent, **YES)
    assert snapshot() == before


def test_it_shows_no_heading_over_nothing(world: World) -> None:
    client = signed_in(in_group("support"))
    assert "open invitations" not in page(client, make_partner()).content.decode().lower()

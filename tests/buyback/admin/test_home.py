"""The admin's home page: exposure and problems, by permission, in a fixed number of queries."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from buyback import tasks
from buyback.exposure import snapshot
from buyback.guards import alerts
from buyback.models import Alert
from config.foundation import clock
from inventory.models import Pack
from inventory.packs.figures import refresh_values
from tests.admin.conftest import address, in_group, make_staff, signed_in
from tests.dashboard.steps import markup
from tests.database.decisions import make_owner_proposal, make_price_proposal
from tests.world import (
    World,
    make_alert,
    make_buyback,
    make_environment,
    make_item,
    make_pack,
    make_spend,
    make_tier,
    make_treasury_control,
)

HOME = reverse("admin:index")


@pytest.fixture
def admin(world: World) -> Client:
    return signed_in(world.admin)


def page(client: Client) -> str:
    return client.get(HOME).content.decode()


def test_it_shows_the_exposure(admin: Client, world: World) -> None:
    assert "Not calculated yet" in page(admin)
    make_item(world.northwind.live, card=world.cards[9], pack=world.pack, now=clock.now())
    snapshot.take()
    shown = page(admin)
    for part in (
        "Cost if every open window were used now",
        "$70.13",
        "Tidewater Box",
        "Northwind Cards",
        "never: $70.13",
    ):
        assert part in shown
    assert "the worker or the scheduler is not running" not in shown


def test_it_says_when_the_figures_are_old(admin: Client) -> None:
    snapshot.take(now=clock.now() - snapshot.STALE)
    assert "the worker or the scheduler is not running" in page(admin)


def test_it_shows_each_cap_and_its_use(admin: Client, world: World) -> None:
    make_treasury_control(paused=True, cap_per_sale=Decimal(500), cap_per_hour=Decimal(100))
    hour = clock.now().replace(minute=0, second=0, microsecond=0)
    make_spend(starts_at=hour, total=Decimal(95), cap=Decimal(100))
    shown = page(admin)
    for part in ("$500.00", "$95.00", 'class="track bad"', 'width="95.0"', "Paused", "no limit"):
        assert part in shown


def test_it_names_what_has_no_cap(admin: Client) -> None:
    control = make_treasury_control(cap_per_sale=Decimal(500))
    shown = page(admin)
    assert "No cap set" in shown
    for part in ("a partner&#x27;s day, the platform&#x27;s hour", "no limit"):
        assert part in shown
    control.cap_per_partner_day = control.cap_per_hour = Decimal(9)
    control.save()
    assert "No cap set" not in page(admin)


def size(client: Client, what: str) -> int:
    (found,) = [
        size
        for name, size, _ in client.get(HOME).context["home"]["troubles"]
        if name.startswith(what)
    ]
    return int(found)


@pytest.mark.breaks_books("open sales whose items are held")
def test_it_lists_what_needs_attention(admin: Client, world: World) -> None:
    kinds = (
        "Sellbacks whose",
        "Sellbacks in review",
        "Sellbacks overdue",
        "Alert: Price rejected",
        "Breakers",
    )
    assert [size(admin, kind) for kind in kinds] == [0, 0, 0, 0, 0]
    for state in ("unknown", "review"):
        make_buyback(make_item(world.northwind.live), state=state)
    make_alert(world.northwind.live, subject="item seen", seen_at=clock.now())
    make_alert(world.northwind.live, subject="item so-and-so", detail="stale")
    alerts.breaker_opened("treasury")
    assert [size(admin, kind) for kind in kinds] == [1, 1, 1, 1, 1]
    shown = markup(admin.get(HOME))
    assert "Breakers open now: treasury" in shown
    assert "Price rejected: item so-and-so</a>, Northwind Cards (live): stale" in shown
    assert "item seen" not in shown


def test_it_names_drained_packs(admin: Client, world: World) -> None:
    for card in world.cards[10:]:
        make_item(world.northwind.live, card=card, pack=world.pack)
    make_tier(make_pack(name="Paused and empty", enable=False))
    refresh_values()
    shown = page(admin)
    assert "Drained: Tidewater Box" in shown
    assert '<span class="badge wait">Legendary</span>' in shown
    assert "Drained: Paused and empty" not in shown


def busy(rows: int) -> None:
    """This many partners, each with everything that the page shows."""
    today = clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    for number in range(rows):
        environment, pack = make_environment(), make_pack()
        make_tier(pack)
        make_buyback(make_item(environment, pack=pack), state="unknown")
        make_item(environment, pack=pack, now=clock.now())
        make_alert(environment)
        make_spend(scope=f"partner:{environment.partner_id}", starts_at=today, total=number)
    refresh_values()
    snapshot.take()


@pytest.mark.breaks_books("open sales whose items are held")
def test_its_number_of_queries_is_constant(admin: Client, django_assert_num_queries: Any) -> None:
    make_treasury_control(cap_per_hour=Decimal(100))
    for rows in (1, 30):
        busy(rows)
        page(admin)
        with django_assert_num_queries(22):
            assert "Drained: " in page(admin)


@pytest.mark.parametrize(
    ("rights", "sees"), [([], False), (["add", "change", "delete"], False), (["view"], True)]
)
def test_it_shows_money_to_those_who_may_see_it(
    world: World, rights: list[str], sees: bool
) -> None:
    assert ("What Phygitals owes" in page(signed_in(make_staff(rights)))) is sees


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    bells: list[bool] = []
    monkeypatch.setattr(tasks.take_exposure, "delay", lambda: bells.append(True))
    return bells


def test_it_rings_for_new_figures(admin: Client, rung: list[bool]) -> None:
    done = admin.post(reverse("refresh_exposure"), follow=True)
    assert "The figures are being updated." in done.content.decode()
    assert rung == [True]


def test_it_rings_for_staff_alone_and_by_its_button(
    admin: Client, world: World, rung: list[bool]
) -> None:
    bell = reverse("refresh_exposure")
    assert admin.get(bell).status_code == 405
    assert Client().post(bell).status_code == 302
    assert signed_in(world.northwind.owner).post(bell).status_code in (302, 403)
    assert signed_in(make_staff([])).post(bell).status_code == 403
    assert rung == []


def test_it_keeps_a_breakers_alert_until_it_is_seen(admin: Client) -> None:
    for _ in range(3):
        alerts.breaker_opened("oracle")
    alert = Alert.objects.get()
    assert (alert.kind, alert.subject, alert.environment) == ("breaker_opened", "oracle", None)
    chosen = {"action": "mark_as_seen", "_selected_action": [str(alert.pk)]}
    admin.post(address(Alert, "changelist"), chosen)
    assert size(admin, "Alert: Breaker opened") == 0
    assert alerts.open_breakers() == ["oracle"]


def test_it_links_to_what_it_names(admin: Client, world: World) -> None:
    make_item(world.northwind.live, card=world.cards[9], pack=world.pack, now=clock.now())
    snapshot.take()
    context = admin.get(HOME).context["home"]
    assert all(admin.get(link).status_code == 200 for _, _, link in context["troubles"])
    listed = (
        f"?environment__mode__exact=live&state__exact=held&pack__id__exact={Pack.objects.get().pk}"
    )
    assert listed.replace("&", "&amp;") in page(admin)
    assert (
        admin.get(reverse("admin:inventory_item_changelist") + listed).context["cl"].result_count
        == 1
    )


def test_it_names_proposals_that_wait(world: World) -> None:
    make_price_proposal()
    make_owner_proposal(world.northwind.partner)
    access = "Decisions about access that wait for a second person"
    for user, shown in ((world.admin, True), (in_group("support"), False)):
        text = page(signed_in(user))
        assert "Prices that wait for a second person" in text
        assert (access in text) is shown

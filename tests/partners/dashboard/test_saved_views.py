"""Saved views: saved, shown and deleted, only by their owner."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from partners.models import Partner, SavedView, User
from tests.dashboard.rows import make_saved_view
from tests.dashboard.steps import signed_in
from tests.world import World, make_membership


def save(world: World, user: User, **changes: Any) -> HttpResponse:
    form = {
        "environment": world.northwind.live.pk,
        "page": "payouts",
        "name": "Ann's",
        "query": "user=ann&after=x&to=",
    }
    return signed_in(user).post("/dashboard/live/views/", form | changes)  # type: ignore[return-value]


def listed(client: Client, mode: str = "live", page: str = "payouts") -> str:
    return client.get(f"/dashboard/{mode}/{page}/").content.decode()


@pytest.mark.parametrize("role", ["viewer", "operator", "owner"])
def test_it_keeps_the_filters_without_the_place_in_the_list(world: World, role: str) -> None:
    user = getattr(world.northwind, role)
    assert save(world, user).headers["Location"] == "/dashboard/live/payouts/?user=ann"
    assert SavedView.objects.values_list("user", "page", "name", "query").get() == (
        user.pk,
        "payouts",
        "Ann's",
        "user=ann",
    )
    assert 'href="/dashboard/live/payouts/?user=ann"' in listed(signed_in(user))


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("users", "users/"),
        ("expiring", "expiring/"),
        ("buybacks", "buybacks/"),
        ("payouts", "payouts/"),
        ("orders", "orders/"),
        ("requests", "developers/requests/"),
        ("audit", "audit/"),
    ],
)
def test_it_keeps_views_of_every_list_that_has_filters(world: World, name: str, path: str) -> None:
    saved = save(world, world.northwind.owner, page=name, query="state=failed")
    assert saved.headers["Location"] == f"/dashboard/live/{path}?state=failed"
    page = signed_in(world.northwind.owner).get(f"/dashboard/live/{path}").content.decode()
    assert f'href="/dashboard/live/{path}?state=failed"' in page
    assert f'name="page" value="{name}"' in page


def test_it_gives_a_taken_name_the_new_filters(world: World) -> None:
    save(world, world.northwind.viewer)
    save(world, world.northwind.viewer, query="user=bob")
    assert SavedView.objects.get().query == "user=bob"


def test_it_shows_a_view_only_to_its_owner_on_its_list(world: World) -> None:
    save(world, world.northwind.viewer, name="Mine alone")
    make_membership(world.juniper.partner, user=world.northwind.viewer)
    mine, client = signed_in(world.northwind.viewer), signed_in(world.northwind.owner)
    mine.post("/dashboard/partner/", {"partner": world.northwind.partner.pk})
    assert "Mine alone" in listed(mine)
    assert "Mine alone" not in listed(mine, "sandbox") + listed(mine, page="users") + listed(client)
    mine.post("/dashboard/partner/", {"partner": world.juniper.partner.pk})
    assert "Mine alone" not in listed(mine)


@pytest.mark.parametrize(
    "changes", [{"name": "  "}, {"name": "x" * 61}, {"name": "a\0"}, {"query": "a=" + "x" * 1000}]
)
def test_it_refuses_an_invalid_view(world: World, changes: dict[str, str]) -> None:
    assert save(world, world.northwind.viewer, **changes).status_code == 302
    assert not SavedView.objects.exists()


@pytest.mark.parametrize(
    "page",
    [
        "",
        "payout",
        "../x",
        "nowhere",
        "https://elsewhere.test",
        "sandbox_reset",
        "bulk_start",
        "keys",
    ],
)
def test_it_finds_no_list_of_another_name(world: World, page: str) -> None:
    assert save(world, world.northwind.viewer, page=page).status_code == 404
    assert not SavedView.objects.exists()


def test_it_saves_nothing_from_a_stale_tab_or_for_a_suspended_partner(world: World) -> None:
    assert (
        save(world, world.northwind.viewer, environment=world.northwind.sandbox.pk).status_code
        == 409
    )
    Partner.objects.filter(pk=world.northwind.partner.pk).update(status=Partner.Status.SUSPENDED)
    assert save(world, world.northwind.viewer).status_code == 403
    assert not SavedView.objects.exists()


def test_it_forgets_ones_own_view_and_no_other(world: World) -> None:
    view = make_saved_view(world.northwind.viewer, world.northwind.live)
    form, address = (
        {"environment": world.northwind.live.pk},
        f"/dashboard/live/views/{view.pk}/forget/",
    )
    assert signed_in(world.northwind.owner).post(address, form).status_code == 404
    assert signed_in(world.northwind.viewer).post(address, {"environment": 0}).status_code == 409
    assert SavedView.objects.exists()
    assert (
        signed_in(world.northwind.viewer).post(address, form).headers["Location"]
        == "/dashboard/live/payouts/"
    )
    assert not SavedView.objects.exists()

"""The sandbox page: permissions, effects, and 404 in live."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from inventory.packs.purchases import buy_pulls
from partners.models import Environment, Role
from partners.records.actor import SYSTEM
from tests.dashboard.steps import signed_in
from tests.world import World

HERE = "/dashboard/sandbox/developers/sandbox/"
RANK = list(Role.values)


def press(world: World, role: str, button: str, **form: Any) -> int:
    client, sent = (
        signed_in(getattr(world.northwind, role)),
        {"environment": world.northwind.sandbox.pk} | form,
    )
    return client.post(f"{HERE}{button}/", sent).status_code


def sandbox(world: World) -> Environment:
    return Environment.objects.get(partner=world.northwind.partner, mode="sandbox")


@pytest.mark.parametrize("role", RANK)
def test_it_shows_the_buttons_that_the_role_may_press(world: World, role: str) -> None:
    page = signed_in(getattr(world.northwind, role)).get(HERE).content.decode()
    assert ("Forward 7 days" in page) == (role != "viewer")
    assert ("Reset the sandbox" in page) == (role == "owner")


@pytest.mark.parametrize("role", RANK)
def test_it_moves_the_clock_for_operators_and_owners(world: World, role: str) -> None:
    assert press(world, role, "clock", days="7") == (403 if role == "viewer" else 302)
    assert sandbox(world).clock_offset == timedelta(days=0 if role == "viewer" else 7)


@pytest.mark.parametrize("role", RANK)
def test_it_resets_for_owners(world: World, role: str) -> None:
    old = world.northwind.sandbox
    buy_pulls(environment=old, pack_id=world.pack.public_id, amount=1, user_id="ada", by=SYSTEM)
    assert press(world, role, "reset", confirmed="yes") == (302 if role == "owner" else 403)
    assert (sandbox(world) != old) == (role == "owner")


def test_it_resets_nothing_without_the_box(world: World) -> None:
    assert press(world, "owner", "reset") == 422
    assert sandbox(world) == world.northwind.sandbox


@pytest.mark.parametrize("days", ["", "-1", "2", "x"])
def test_it_moves_by_the_steps_offered_alone(world: World, days: str) -> None:
    assert press(world, "owner", "clock", days=days) == 422
    assert sandbox(world).clock_offset == timedelta(0)


def test_it_refuses_a_form_of_another_environment(world: World) -> None:
    for button, form in (("clock", {"days": "1"}), ("reset", {"confirmed": "yes"})):
        assert press(world, "owner", button, environment=world.northwind.live.pk, **form) == 409
    assert sandbox(world) == world.northwind.sandbox


def test_it_says_that_the_clock_can_go_no_further(world: World) -> None:
    Environment.objects.filter(pk=world.northwind.sandbox.pk).update(
        clock_offset=timedelta(days=3650)
    )
    assert press(world, "owner", "clock", days="30") == 422


@pytest.mark.parametrize("path", ["", "clock/", "reset/"])
def test_it_has_no_such_page_in_live(world: World, path: str) -> None:
    client = signed_in(world.northwind.owner)
    there = f"/dashboard/live/developers/sandbox/{path}"
    answer = (
        client.post(there, {"environment": world.northwind.live.pk}) if path else client.get(there)
    )
    assert answer.status_code == 404


def test_it_is_linked_where_the_sandbox_begins(world: World) -> None:
    client = signed_in(world.northwind.viewer)
    assert f'href="{HERE}"' in client.get("/dashboard/sandbox/").content.decode()
    assert HERE not in client.get("/dashboard/live/").content.decode()

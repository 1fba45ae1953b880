"""The audit log has sign-ins, denied rights and downloads."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from buyback.live import steps
from buyback.models import Buyback
from buyback.sellback.sell_back import sell_back
from config.foundation import clock
from partners.models import AuditEntry
from partners.records.actor import SYSTEM, Actor
from tests.dashboard.steps import signed_in
from tests.partners.people.conftest import HalfMinute, app, give_code, sign_in
from tests.world import PASSWORD, World, make_item, make_user

__all__ = ["app"]  # a fixture


def entries(action: str) -> list[tuple[str, str, Any]]:
    found = AuditEntry.objects.filter(action=action).order_by("pk")
    return list(found.values_list("actor", "target", "after"))


GET = {"method": "GET"}
HERE = {"address": "127.0.0.1"}


def test_a_sign_in_is_recorded(world: World) -> None:
    sign_in(Client(), "Owner@Northwind.test")
    user = world.northwind.owner
    assert entries("user.signed_in") == [(f"user:{user.email}", f"partners.user:{user.pk}", HERE)]
    assert entries("user.sign_in_failed") == []


def test_a_sign_in_counts_after_the_second_factor(world: World, app: HalfMinute) -> None:
    client = Client()
    sign_in(client, world.admin.email)
    assert entries("user.signed_in") == []
    give_code(client, "000000")
    who = f"user:{world.admin.email}"
    assert entries("user.factor_refused") == [(who, f"partners.user:{world.admin.pk}", HERE)]
    give_code(client, app.code())
    assert [actor for actor, *_ in entries("user.signed_in")] == [f"user:{world.admin.email}"]


@pytest.mark.parametrize("active", [True, False])
def test_a_wrong_sign_in_is_recorded(world: World, active: bool) -> None:
    user = make_user("ann@x.test", is_active=active)
    sign_in(Client(), "ann@x.test", "wrong" if active else PASSWORD)
    sign_in(Client(), "nobody@x.test", "wrong")
    assert entries("user.sign_in_failed") == [
        ("user:ann@x.test", f"partners.user:{user.pk}", HERE),
        ("user:nobody@x.test", "partners.user:unknown", HERE),
    ]
    assert "wrong" not in str(AuditEntry.objects.values_list())
    assert entries("user.signed_in") == []


def test_a_members_denied_right_is_recorded_once_a_minute(world: World) -> None:
    client = signed_in(world.northwind.viewer)
    page = "/dashboard/live/audit/"
    for _ in range(2):
        assert client.get(page).status_code == 403
    who = f"user:{world.northwind.viewer.email}"
    assert entries("access.denied") == [(who, page, GET)]
    assert AuditEntry.objects.get().partner == world.northwind.partner
    cache.clear()
    client.get(page)
    assert len(entries("access.denied")) == 2


def test_a_denied_right_of_the_staff_is_recorded(world: World) -> None:
    user = make_user(is_staff=True)
    client = Client()
    client.force_login(user)
    assert client.get("/admin/partners/auditentry/").status_code == 403
    assert entries("access.denied") == [(f"user:{user.email}", "/admin/partners/auditentry/", GET)]


def test_a_stale_form_a_call_and_a_stranger_are_no_denied_right(world: World) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.northwind.owner)
    assert client.post("/dashboard/live/team/invite/", {}).status_code == 403
    assert Client().get("/api/v1/vm/available").status_code == 401
    Client().get("/admin/")
    assert entries("access.denied") == []


def test_a_download_is_recorded(world: World) -> None:
    client = signed_in(world.northwind.viewer)
    answer = client.get("/dashboard/live/payouts/csv/?state=paid")
    assert answer.status_code == 200
    ((actor, target, after),) = entries("export.downloaded")
    assert actor == f"user:{world.northwind.viewer.email}"
    assert target == "/dashboard/live/payouts/csv/"
    assert after == {"filters": "state=paid"}


@pytest.mark.parametrize("mode", ["live", "sandbox"])
def test_a_sellback_by_a_person_is_recorded(world: World, mode: str) -> None:
    """By a trigger, so no way of selling can leave it out."""
    environment = world.northwind.environment(mode)
    items = [make_item(environment, now=clock.now()) for _ in range(2)]
    ann = Actor("user", "ann@northwind.test")
    sell_back(environment=environment, item_id=items[0].public_id, by=ann)
    sell_back(environment=environment, item_id=items[1].public_id, by=SYSTEM)
    sale = Buyback.objects.get(item=items[0])
    assert entries("buyback.requested") == [
        (str(ann), f"buyback.buyback:{sale.pk}", {"item": items[0].pk, "amount": str(sale.amount)})
    ]
    assert AuditEntry.objects.get().partner == world.northwind.partner


@pytest.mark.django_db(transaction=True)
def test_an_attempt_by_a_person_is_recorded(world: World) -> None:
    item = make_item(world.northwind.live, now=clock.now())
    attempt = steps.claim(
        environment=item.environment,
        item_id=item.public_id,
        by=Actor("user", "ann@northwind.test"),
        idempotency_row=None,
        now=None,
    )
    target = f"buyback.buyback:{attempt.pk}"
    assert [entry[1:] for entry in entries("buyback.requested")] == [
        (target, {"item": item.pk, "amount": None})
    ]

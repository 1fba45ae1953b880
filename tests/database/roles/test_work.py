"""What web server and worker do all day, each logged in as its role."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import orjson
import pytest
from django.contrib.admin import site
from django.core.management import call_command
from django.test import Client

from buyback.bulk import run
from buyback.live import steps
from buyback.models import BulkLine, Buyback, Move, Payout, Reversal, Transfer
from config.celery import SCHEDULE, app
from config.foundation import clock
from inventory.forgetting import traces
from inventory.forgetting.forget import forget
from inventory.models import Item
from inventory.pricing import price
from partners.models import AuditEntry, Event, ForgottenUser, SavedView
from partners.records.actor import Actor
from tests.admin.conftest import address, signed_in
from tests.buyback.admin.test_review import YES, press
from tests.calls import make_call
from tests.database.roles.conftest import login, rows
from tests.world import World, make_event, make_idempotency_key, make_item, make_user

ANN = Actor("user", "ann@northwind.test")


def call(key: str, path: str, body: dict[str, Any], *, mode: str = "live") -> Any:
    base = {"live": "/api/v1", "sandbox": "/_/api/v1"}[mode]
    return Client().post(
        base + path, body, content_type="application/json", headers={"X-API-Key": key}
    )


@pytest.mark.parametrize("mode", ["live", "sandbox"])
def test_the_web_server_sells_an_item_back(shop: World, mode: str) -> None:
    company = shop.northwind
    item = make_item(company.environment(mode), now=clock.now())
    key = company.live_key if mode == "live" else company.sandbox_key
    with login("web"):
        answer = call(key, "/vm/buyback", {"item_id": item.public_id}, mode=mode)
        again = call(key, "/vm/buyback", {"item_id": item.public_id}, mode=mode)
    assert (answer.status_code, again.status_code) == (200, 400)
    assert Payout.objects.get(buyback__item=item).amount == item.buyback_price
    assert Transfer.objects.filter(buyback__item=item).count() == 1


def test_the_web_server_replays_under_an_idempotency_key(shop: World) -> None:
    item = make_item(shop.northwind.live, now=clock.now())
    with login("web"):
        answers = [
            Client().post(
                "/api/v1/vm/buyback",
                {"item_id": item.public_id},
                content_type="application/json",
                headers={"X-API-Key": shop.northwind.live_key, "Idempotency-Key": "one-of-roles"},
            )
            for _ in range(2)
        ]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert Payout.objects.filter(buyback__item=item).count() == 1


def test_web_server_and_worker_sell_in_bulk(shop: World) -> None:
    items = [make_item(shop.northwind.live, now=clock.now()) for _ in range(3)]
    with login("web"):
        sale = run.start(
            environment=shop.northwind.live,
            token=uuid4(),
            chosen=[(item.pk, item.buyback_price) for item in items],
            by=ANN,
            now=clock.now(),
        )
    with login("worker"):
        assert not run.sell_next(sale.pk)
    assert set(BulkLine.objects.filter(bulk=sale).values_list("state", flat=True)) == {"sold"}
    assert Payout.objects.filter(buyback__item__in=items).count() == 3


def test_the_worker_closes_windows(shop: World) -> None:
    item = make_item(shop.northwind.live, expires_at=clock.now() - timedelta(seconds=1))
    with login("worker"):
        app.tasks["buyback.tasks.close_windows"]()
    item.refresh_from_db()
    assert item.expired_at is not None
    assert Event.objects.filter(type="item.expired", data__item_id=item.public_id).exists()


@pytest.mark.parametrize("task", sorted({entry["task"] for entry in SCHEDULE.values()}))
def test_the_worker_runs_every_task(shop: World, task: str) -> None:
    app.loader.import_default_modules()
    with login("worker"):
        app.tasks[task]()


def test_the_worker_steps_through_a_live_attempt(shop: World) -> None:
    """The trail of its states is written by the trigger, with the rights of the role."""
    item = make_item(shop.northwind.live, now=clock.now())
    with login("worker"):
        attempt = steps.claim(
            environment=item.environment,
            item_id=item.public_id,
            by=ANN,
            idempotency_row=None,
            now=None,
        )
        steps.submit(attempt, price(attempt.item), now=None)
        steps.settle(attempt.pk, now=None)
    sale = Buyback.objects.get(item=item)
    assert sale.state == "settled"
    assert Move.objects.filter(buyback=sale).count() == 2


def test_the_admin_reverses_a_payout(shop: World) -> None:
    item = make_item(shop.northwind.live, now=clock.now())
    with login("web"):
        call(shop.northwind.live_key, "/vm/buyback", {"item_id": item.public_id})
        sale = Buyback.objects.get(item=item)
        for step in ("reverse", "confirm_reversal"):
            browser = signed_in(make_user(is_staff=True, is_superuser=True))
            reversal = Reversal.objects.filter(buyback=sale).first()
            known = {"proposal": reversal.pk} if reversal else {}
            page = press(browser, sale, step, reason="letter 12", **known, **YES)
            assert page.status_code == 200
    assert Transfer.objects.filter(buyback=sale, debit="paid_out", credit="treasury").exists()


def test_the_admin_shows_every_list(shop: World) -> None:
    with login("web"):
        browser = signed_in(shop.admin)
        for model in site._registry:
            assert browser.get(address(model, "changelist")).status_code == 200, model


def test_the_queue_carries_a_message(shop: World) -> None:
    with login("web"):
        rows("SELECT pgmq.send('sellback', '{}')")
    with login("worker"):
        (message,) = rows("SELECT msg_id FROM pgmq.read('sellback', 1, 1)")
        assert rows("SELECT pgmq.delete('sellback', %s)", message[0]) == [(True,)]


def test_a_command_creates_a_partner_and_a_key(shop: World) -> None:
    with login("web"):
        call_command("create_partner", "Third", slug="third")
        call_command("create_api_key", "third", mode="sandbox", name="first")
    assert AuditEntry.objects.filter(action="api_key.issued").exists()
    assert not Item.objects.filter(environment__partner__slug="third").exists()


@pytest.mark.parametrize("role", ["web", "worker"])
def test_it_forgets_a_user(shop: World, role: str) -> None:
    """The button is on the web server; the command may run as either, and the worker continues."""
    here = shop.northwind.live
    item = make_item(here, now=clock.now())
    user = item.collector.user_id
    make_event(here, data=item.as_event())
    make_call(here, path=f"/inventory/{user}")
    body = orjson.dumps({"user_id": user})
    make_idempotency_key(here, status=200, body=body, lease_until=None)
    SavedView.objects.create(
        user=make_user(), environment=here, page="payouts", name=role, query=f"user={user}"
    )
    with login("web"):
        done = forget(collector=item.collector, reason="asked", by=ANN)
    with login(role):
        assert traces.erase(done) == 4
    with login("worker"):
        traces.erase_all(now=clock.now() + traces.SETTLED)
    assert ForgottenUser.objects.get(pk=done.pk).user_id is None

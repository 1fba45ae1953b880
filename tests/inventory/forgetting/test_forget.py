"""Forgetting a user: one decision, then every record; refused, nothing changes."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from buyback.ledger.chains import extend_chains
from buyback.models import Payout, Transfer
from config.foundation import clock
from inventory.forgetting import traces
from inventory.forgetting.forget import (
    AlreadyForgotten,
    ReasonNamesUser,
    StillForgetting,
    UserBusy,
    forget,
)
from inventory.models import Collector, Item, ShippingOrder, ShippingQuote
from inventory.shipping.orders import QuoteExpired, place
from partners.models import (
    ApiCall,
    AuditEntry,
    Event,
    ForgottenUser,
    IdempotencyKey,
    SavedView,
)
from partners.records.actor import SYSTEM
from tests.admin.conftest import snapshot
from tests.calls import make_call
from tests.shipments import ADDRESS, make_order, make_quote
from tests.world import (
    NOW,
    World,
    make_buyback,
    make_collector,
    make_event,
    make_idempotency_key,
    make_item,
    make_payout,
    make_purchase,
    make_transfer,
    make_user,
)

USER = "Ada Moss/ä?1"  # every writing of it differs: path, query, JSON


@pytest.fixture
def ada(world: World) -> Collector:
    return make_collector(world.northwind.live, USER)


def item_of(collector: Collector, **fields: Any) -> Item:
    return make_item(collector.environment, purchase=make_purchase(collector), **fields)


def forgotten(collector: Collector, reason: str = "asked by letter") -> ForgottenUser:
    return forget(collector=collector, reason=reason, by=SYSTEM)


def dump() -> str:
    """Every row of every table, as text."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT oid::regclass::text FROM pg_class WHERE relkind = 'r'"
            " AND relnamespace = 'public'::regnamespace"
        )
        tables = [name for (name,) in cursor.fetchall()]
        texts = []
        for table in tables:
            cursor.execute(f"SELECT row::text FROM {table} row")
            texts += [text for (text,) in cursor.fetchall()]
        cursor.execute("SELECT convert_from(body, 'UTF8') FROM partners_idempotencykey")
        texts += [text for (text,) in cursor.fetchall() if text]
    return "\n".join(texts)


def test_nothing_that_names_the_user_is_left(world: World, ada: Collector) -> None:
    here, other = world.northwind.live, make_collector(world.northwind.live, "bob")
    sold = item_of(ada, state="sold", sold_at=NOW)
    sale = make_buyback(sold)
    make_transfer(sale)
    make_payout(sale)
    held, shipped = item_of(ada), item_of(ada)
    order = make_order(
        here, shipped, state="delivered", tracking_number="T1", error_message="at Ada's"
    )
    theirs = make_order(here, item_of(other), state="delivered")
    quote = make_quote(here, held)
    kept = make_quote(here, item_of(other))
    make_event(here, data=held.as_event())
    untouched = make_event(here, data={"user_id": "bob", "pack": USER[:4]})
    lines = [{"item_id": "a", "user_id": USER}, {"item_id": "b", "user_id": "bob"}]
    shipment = make_event(
        here,
        type="shipment.updated",
        data={"items": lines, "tracking_number": "T1", "tracking_url": None, "error_message": "x"},
    )
    money = Payout.objects.values_list("pk", "amount", "collector"), Transfer.objects.count()

    done = forgotten(ada)
    traces.erase(done)
    assert traces.erase_all(now=clock.now() + traces.SETTLED) == 0

    text = dump()
    for trace in (USER, "Ada Moss/\\u00e4?1", "at Ada's", '"T1"'):
        assert trace not in text
    name = done.pseudonym
    ada.refresh_from_db()
    assert (ada.user_id, money[1]) == (name, Transfer.objects.count())
    assert Payout.objects.get().collector == ada
    order.refresh_from_db()
    assert order.destination == {
        field: "US" if field == "country" else None if value is None else ""
        for field, value in ADDRESS.items()
    }
    assert (order.tracking_number, order.error_message, order.state) == (None, None, "delivered")
    assert order.erased_at is not None
    assert ShippingOrder.objects.get(pk=theirs.pk).destination == ADDRESS
    assert ShippingQuote.objects.get(pk=kept.pk).destination == ADDRESS
    assert ShippingQuote.objects.get(pk=quote.pk).destination["line1"] == ""
    with pytest.raises(QuoteExpired):
        place(
            environment=here,
            rate_id=f"{quote.pk}_rate_standard",
            by=SYSTEM,
            now=NOW + timedelta(seconds=1),
        )
    assert Event.objects.get(pk=untouched.pk).data == untouched.data
    assert Event.objects.get(pk=shipment.pk).data == {
        "items": [{"item_id": "a", "user_id": name}, {"item_id": "b", "user_id": "bob"}],
        "tracking_number": None, "tracking_url": None, "error_message": None,
    }  # fmt: skip
    finished = ForgottenUser.objects.get()
    assert (finished.user_id, finished.stage, finished.finished_at is None) == (None, "", False)


def test_no_log_response_or_view_names_the_user(world: World, ada: Collector) -> None:
    here = world.northwind.live
    order = make_order(here, item_of(ada), state="delivered")
    query = "Ada%20Moss%2F%C3%A4%3F1"
    by_path = make_call(here, path=f"/inventory/{USER}")
    by_query = make_call(here, path=f"/payouts?limit=3&user_id={query}")
    by_body = make_call(here, sent=json.dumps({"user_id": USER}), answered='{"user_id":"bob"}')
    key = make_idempotency_key(
        here, status=200, lease_until=None,
        body=orjson.dumps(
            {"order_id": order.public_id, "destination": ADDRESS, "user": [USER, "bob"]}
        ),
    )  # fmt: skip
    view = SavedView.objects.create(
        user=make_user(), environment=here, page="payouts", name="mine", query=f"user={query}&a="
    )
    done = forgotten(ada)
    traces.erase(done)
    traces.erase_all(now=clock.now() + traces.SETTLED)
    text, name = dump(), done.pseudonym
    for trace in (USER, query, "Ada Moss/\\u00e4?1", ADDRESS["line1"]):
        assert trace not in text
    paths = dict(ApiCall.objects.values_list("pk", "path"))
    assert paths[by_path.pk] == f"/inventory/{name}"
    assert paths[by_query.pk] == f"/payouts?limit=3&user_id={name}"
    logged = ApiCall.objects.get(pk=by_body.pk)
    assert (logged.sent, logged.answered) == ("(erased)", '{"user_id":"bob"}')
    body = orjson.loads(bytes(IdempotencyKey.objects.get(pk=key.pk).body or b""))
    assert body["user"] == [name, "bob"]
    assert body["destination"]["line1"] == ""
    view.refresh_from_db()
    assert view.query == f"user={name}&a="


def test_it_is_audited_without_the_id(ada: Collector) -> None:
    done = forgotten(ada)
    entry = AuditEntry.objects.get(action="user.forgotten")
    assert entry.target == f"inventory.collector:{ada.pk}"
    assert entry.after == {"pseudonym": done.pseudonym, "reason": "asked by letter"}


@pytest.mark.parametrize("state", ["selling", "queued", "label_created", "shipped"])
def test_it_refuses_while_something_is_open(world: World, ada: Collector, state: str) -> None:
    item = item_of(ada)
    quote = make_quote(world.northwind.live, item_of(ada))
    if state == "selling":
        make_buyback(item, state="claimed")
        Item.objects.filter(pk=item.pk).update(state="selling")
    else:
        make_order(world.northwind.live, item, state=state)
    before = snapshot()
    with pytest.raises(UserBusy):
        forgotten(ada)
    assert snapshot() == before
    quote.refresh_from_db()
    assert quote.destination == ADDRESS


@pytest.mark.parametrize(
    ("reason", "refusal"), [(f"{USER.upper()} wrote", ReasonNamesUser), ("again", AlreadyForgotten)]
)
def test_it_refuses_and_changes_nothing(ada: Collector, reason: str, refusal: Any) -> None:
    if refusal is AlreadyForgotten:
        forgotten(ada)
    before = snapshot()
    with pytest.raises(refusal):
        forgotten(ada, reason)
    assert snapshot() == before


def test_a_user_who_comes_back_is_another_one(ada: Collector) -> None:
    done = forgotten(ada)
    back = make_collector(ada.environment, USER)
    with pytest.raises(StillForgetting):
        forgotten(back)
    traces.erase(done)
    traces.erase_all(now=clock.now() + traces.SETTLED)
    assert forgotten(back).pseudonym != done.pseudonym


def test_it_goes_on_where_it_was_stopped(ada: Collector, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(traces, "BATCH", 2)
    for number in range(5):
        make_event(ada.environment, data={"user_id": USER}, created_at=NOW + timedelta(number))
    done = forgotten(ada)

    def stop(line: str) -> None:
        if line.startswith("events: 2"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        traces.erase(done, say=stop)
    assert Event.objects.filter(data__user_id=USER).count() == 3
    done.refresh_from_db()
    assert (done.stage, done.changed) == ("events", 2)
    assert traces.erase(done) == 3
    assert not Event.objects.filter(data__user_id=USER).exists()


def test_the_last_pass_finds_what_was_written_meanwhile(ada: Collector) -> None:
    done = forgotten(ada)
    traces.erase(done)
    make_event(ada.environment, data={"user_id": USER})
    assert traces.erase_all() == 0
    assert Event.objects.filter(data__user_id=USER).exists()
    assert traces.erase_all(now=clock.now() + traces.SETTLED) == 1
    assert Event.objects.get().data == {"user_id": done.pseudonym}


def test_an_event_may_become_exactly_that(ada: Collector) -> None:
    data = {"user_id": USER, "item_id": "a"}
    event = make_event(ada.environment, data=data)
    other = make_event(ada.environment, data=data | {"user_id": "bob"})
    done = forgotten(ada)
    row = Event.objects.filter(pk=event.pk)
    name = done.pseudonym
    for change in (
        {"data": data},
        {"data": {"user_id": "forgotten-" + "0" * 32, "item_id": "a"}},
        {"data": {"user_id": name, "item_id": "b"}},
        {"data": {"user_id": name}},
        {"data": {"user_id": name, "item_id": "a"}, "created_at": NOW + timedelta(1)},
        {"data": {"user_id": name, "item_id": "a"}, "type": "item.expired"},
    ):
        with pytest.raises(DatabaseError, match="Cannot update or delete"), transaction.atomic():
            row.update(**change)
    with pytest.raises(DatabaseError, match="Cannot update or delete"), transaction.atomic():
        Event.objects.filter(pk=other.pk).update(data={"user_id": name, "item_id": "a"})
    assert row.get().data == data
    assert row.update(data={"user_id": name, "item_id": "a"}) == 1


def test_the_chains_and_the_ledger_still_verify(
    ada: Collector, capsys: pytest.CaptureFixture[str], settings: Any, tmp_path: Path
) -> None:
    settings.CHAIN_HEADS_FILE = tmp_path / "heads.jsonl"
    make_event(ada.environment, data={"user_id": USER})
    done = forgotten(ada)
    extend_chains(slack=timedelta(seconds=-60))
    traces.erase(done)
    traces.erase_all(now=clock.now() + traces.SETTLED)
    call_command("check_ledger")
    assert "is sound" in capsys.readouterr().out


def test_the_command(ada: Collector, capsys: pytest.CaptureFixture[str]) -> None:
    slug = ada.environment.partner.slug
    make_event(ada.environment, data={"user_id": USER})
    arguments = ("forget_user", slug, USER, "--mode", "live", "--reason", "asked")
    call_command(*arguments)
    out = capsys.readouterr()
    assert "The user is now forgotten-" in out.out
    assert "events: 1 rows changed so far" in out.err
    assert not Event.objects.filter(data__user_id=USER).exists()
    call_command(*arguments)  # continues, although nothing is left
    assert AuditEntry.objects.filter(action="user.forgotten").count() == 1
    with pytest.raises(CommandError, match="has no such user"):
        call_command("forget_user", slug, USER, "--mode", "sandbox", "--reason", "asked")

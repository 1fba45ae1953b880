"""No form, address, method or forged POST changes money, states or records, whatever the rights.

Each attack is sent by strangers and by the most privileged users to every read-only page of the
registry, and the database is compared table by table. Then each writable page gets its own form
with every column of every money table added. Only fields of the form change, and the change is
audited.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.admin import site
from django.db import connection
from django.db.models import Model
from django.test import Client

from buyback.decisions import review
from buyback.live import steps
from buyback.models import Buyback, Reversal
from buyback.outcomes import Failure, FailureCode
from config.foundation import clock
from inventory.pricing import price
from partners.models import AuditEntry
from partners.records.actor import SYSTEM, Actor
from tests.admin.conftest import MODELS, address, browser_of, every_right, filled, signed_in
from tests.admin.test_doors import WRITES
from tests.world import World, make_item, make_treasury_control

# What fails with every right also fails with some of them, so the groups are not tried.
ATTACKERS = ("nobody", "member", "staff", "every right", "superuser")
# Login records, which are not changes.
LOGIN = ("django_session", "usersessions_usersession", "cache")
WRITABLE = set(WRITES["superuser"])
CLOSED = [model for model in MODELS if model._meta.label_lower not in WRITABLE]
FORGED = {
    "amount": "999.99",
    "total": "0",
    "fmv": "1.00",
    "state": "failed",
    "status": "500",
    "outcome": "failed",
} | {
    "buyback_percent": "1",
    "buyback_price": "999.99",
    "debit": "treasury",
    "credit": "paid_out",
    "confirmed_by": "user:b@x.test",
    "confirmed_at_0": "2026-01-01",
    "confirmed_at_1": "00:00:00",
    "paused": "on",
}


def tables() -> dict[str, str]:
    """Every table's name with a digest of its content, without the records of denied rights."""
    kept = {"partners_auditentry": "WHERE action <> 'access.denied'"}
    names = [name for name in connection.introspection.table_names() if name not in LOGIN]
    digests = ", ".join(
        (
            "(SELECT md5(coalesce(string_agg(t::text, chr(10) ORDER BY t::text), '')) FROM "
            f'"{name}" t {kept.get(name, "")})'
        )
        for name in names
    )
    with connection.cursor() as cursor:
        # The time of the last sign-in is neither a right nor money.
        cursor.execute("UPDATE partners_user SET last_login = NULL")
        cursor.execute(f"SELECT {digests}")
        return dict(zip(names, cursor.fetchone(), strict=True))


def changed(before: dict[str, str]) -> set[str]:
    return {name for name, digest in tables().items() if digest != before[name]}


def recorded() -> int:
    """Changes in the audit log."""
    return AuditEntry.objects.exclude(action="access.denied").count()


def columns(row: Model) -> dict[str, str]:
    """Every column of the row, as form data."""
    return {field.name: str(field.value_from_object(row)) for field in row._meta.concrete_fields}


def formset(prefix: str, row: Model) -> dict[str, str]:
    """One row of a formset, changed, and one more."""
    sent = {f"{prefix}-TOTAL_FORMS": "2", f"{prefix}-INITIAL_FORMS": "1"}
    for number, key in ((0, {"id": str(row.pk)}), (1, {})):
        sent |= {
            f"{prefix}-{number}-{name}": value
            for name, value in (columns(row) | FORGED | key).items()
        }
    return sent | {f"{prefix}-0-DELETE": "on"}


def inlines(row: Model) -> dict[str, str]:
    """Formsets of every model that refers to the row, whether the page has them or not."""
    sent: dict[str, str] = {}
    for relation in row._meta.related_objects:
        other = relation.related_model._default_manager.first()
        if other is not None:
            sent |= formset(relation.get_accessor_name() or relation.name, other)
    return sent


def attacks(client: Client, model: type[Model], row: Model) -> Iterator[Any]:
    """Every kind of request that a script with a session could send to a model's pages."""
    forged = columns(row) | FORGED | {"_save": "Save"}
    one, several = address(model, "change", row.pk), address(model, "changelist")
    for path in (one, f"{one}?_popup=1", f"{one}?_to_field=id"):
        yield client.post(path, forged | inlines(row))
    for button in ("_saveasnew", "_continue", "_addanother"):
        yield client.post(one, forged | {button: "1"})
    for path in (address(model, "add"), address(model, "add") + "?_popup=1"):
        yield client.post(path, forged | inlines(row))
    yield client.post(address(model, "delete", row.pk), {"post": "yes"})
    yield client.post(address(model, "history", row.pk), forged)
    for action in ("delete_selected", "suspend", "revoke", "enable_packs", "delete_model"):
        chosen = {
            "action": action,
            "_selected_action": [str(row.pk)],
            "select_across": "1",
            "index": "0",
        }
        yield client.post(several, chosen | {"post": "yes", "confirmed": "yes"})
    yield client.post(several, formset("form", row) | {"_save": "Save"})  # as with list_editable
    for method in ("put", "patch", "delete"):
        for path in (one, several):
            yield getattr(client, method)(
                path, forged, content_type="application/x-www-form-urlencoded"
            )


@pytest.fixture
def full(trade: World) -> World:
    make_treasury_control(cap_per_sale=500)
    return trade


@pytest.mark.slow
@pytest.mark.parametrize("who", ATTACKERS)
def test_it_changes_nothing_that_only_actions_write(full: World, who: str) -> None:
    client, before = browser_of(who, full), tables()
    for model in CLOSED:
        row = model._default_manager.order_by("pk").first()
        assert row is not None, model
        answers = [answer.status_code for answer in attacks(client, model, row)]
        assert set(answers) <= {200, 302, 403, 404, 405}, (model, answers)
        assert changed(before) == set(), model


@pytest.mark.parametrize("who", ["support", "operations", "treasury", "every right"])
def test_it_changes_only_fields_of_the_form(full: World, who: str) -> None:
    client = browser_of(who, full)
    for model in MODELS:
        label = model._meta.label_lower
        row: Any = (
            full.juniper.viewer
            if label == "partners.user"
            else model._default_manager.order_by("pk").first()
        )
        before, entries = tables(), recorded()
        path = address(model, "change", row.pk)
        shown = (
            filled(client, path)
            if label in WRITABLE and client.get(path).status_code == 200
            else {}
        )
        client.post(path, columns(row) | FORGED | inlines(row) | shown | {"_save": "Save"})
        found = changed(before) - {"django_admin_log"}
        assert found <= {model._meta.db_table, "partners_auditentry"}, (model, found)
        assert bool(found) == (recorded() > entries), model
        assert not found or "change" in WRITES[who][label], model


def test_it_lets_no_form_edit_money_anywhere() -> None:
    """No list is editable, no inline of a money table has a form, and no bulk action deletes."""
    for model, admin in site._registry.items():
        assert not admin.list_editable, model
        for inline in admin.inlines:
            table = inline.model._meta.label_lower
            assert table == "inventory.tier" or not inline.can_delete, table


def pressed(client: Client, sale: Buyback, step: str, proposal: object) -> None:
    path = f"{address(Buyback, 'change', sale.pk).removesuffix('change/')}step/"
    sent = {"step": step, "confirmed": "yes", "reason": "mine", "proposal": str(proposal)}
    assert client.post(path, sent).status_code == 302


def test_it_takes_two_people_whatever_rights_one_has(full: World) -> None:
    """One person with every right presses every button of a settled sellback, twice."""
    sale, client = Buyback.objects.order_by("-pk")[0], browser_of("every right", full)
    before = tables()
    for step in (*site._registry[Buyback].steps, "confirm_reversal"):  # type: ignore[attr-defined]
        if step != "withdraw_reversal":
            pressed(
                client, sale, step, getattr(Reversal.objects.filter(buyback=sale).first(), "pk", "")
            )
    assert changed(before) == {"partners_auditentry", "buyback_reversal"}
    assert Reversal.objects.get(buyback=sale).confirmed_at is None


def test_it_confirms_no_proposal_of_ones_own(full: World) -> None:
    item, me = make_item(full.northwind.live), every_right()
    attempt = steps.claim(
        environment=item.environment,
        item_id=item.public_id,
        by=SYSTEM,
        idempotency_row=None,
        now=None,
    )
    steps.submit(attempt, price(attempt.item), now=None)
    steps.send_to_review(attempt.pk, failure=Failure(FailureCode.MISMATCH), now=None)
    client, mine = (
        signed_in(me),
        review.propose(buyback=attempt.buyback, outcome="settled", reason="so", by=Actor.user(me)),
    )
    me.email, me.verified_at = "another@phygitals.test", clock.now()
    me.save()
    before = tables()
    pressed(client, attempt.buyback, "confirm", mine.pk)
    assert changed(before) == set()

"""The audit log: written with the change or not at all, and never changed."""

from __future__ import annotations

import pytest
import structlog
from django.db import DatabaseError, connection, transaction
from django.db.models import Model

from partners.models import AuditEntry, Partner
from partners.records import audit
from partners.records.actor import SYSTEM, Actor
from tests.world import World, make_partner, make_user


def test_it_records_who_did_what_to_what(world: World) -> None:
    partner = world.northwind.partner
    audit.record(
        actor=Actor.user(world.admin),
        action="partner.renamed",
        target=partner,
        partner=partner,
        before={"name": "Old"},
        after={"name": "New"},
    )
    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.action, entry.target, entry.partner, entry.before, entry.after) == (
        "user:admin@phygitals.test",
        "partner.renamed",
        f"partners.partner:{partner.pk}",
        partner,
        {"name": "Old"},
        {"name": "New"},
    )


def test_it_takes_the_request_id_of_the_request_being_served(db: None) -> None:
    with structlog.contextvars.bound_contextvars(request_id="r-1"):
        audit.record(actor=SYSTEM, action="look", target="nothing")
    assert AuditEntry.objects.get().request_id == "r-1"


@pytest.mark.django_db(transaction=True)
def test_it_refuses_to_run_outside_a_transaction() -> None:
    with pytest.raises(RuntimeError, match="in the transaction of its change"):
        audit.record(actor=SYSTEM, action="look", target="nothing")
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize(
    "statement", ["UPDATE {} SET action = 'x'", "DELETE FROM {}", "TRUNCATE {}"]
)
def test_it_is_append_only_in_the_database(db: None, statement: str) -> None:
    audit.record(actor=SYSTEM, action="look", target="nothing")
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format("partners_auditentry"))
    assert AuditEntry.objects.get().action == "look"


def test_it_names_every_kind_of_actor(db: None) -> None:
    assert str(SYSTEM) == "system"
    assert str(Actor.user(make_user("ops@x.test"))) == "user:ops@x.test"


def test_it_names_a_row_by_model_and_key(db: None) -> None:
    target: Model = make_partner()
    with transaction.atomic():
        assert audit.record(actor=SYSTEM, action="look", target=target).target == (
            f"partners.partner:{Partner.objects.get().pk}"
        )

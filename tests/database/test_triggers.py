"""Triggers refuse changes of append-only tables, and state changes that are not allowed.

Every test here runs in a session that asks all triggers not to fire.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import product
from typing import Any

import pytest
from django.core.management import call_command
from django.db import DatabaseError, IntegrityError, connection, models, transaction

from buyback.models import (
    BUYBACK_MOVES,
    DIFFERENCE_MOVES,
    LINE_MOVES,
    PAYOUT_MOVES,
    BulkLine,
    Buyback,
    Difference,
    Move,
    Payout,
    Reversal,
    Statement,
    Transfer,
    TransferLink,
)
from buyback.models.buybacks import OPEN_STATES
from inventory.models import Item, PriceChange, ShippingOrder
from inventory.models.holdings import ITEM_MOVES
from inventory.models.shipping import ORDER_MOVES
from partners.models import AuditEntry, AuditLink, Environment, Event, Membership
from tests.bulk import make_bulk_line
from tests.database.decisions import make_resolution, make_reversal
from tests.database.people import PEOPLE_TRIGGERS
from tests.database.schema import triggers
from tests.kept import make_difference, make_price_change
from tests.shipments import make_order, times_of
from tests.world import (
    NOW,
    World,
    make_audit_entry,
    make_buyback,
    make_event,
    make_item,
    make_payout,
    make_proposal,
    make_statement,
    make_transfer,
    make_user,
)

Make = Callable[[World], models.Model]


def moved(w: World) -> models.Model:
    """The row that the trigger wrote for a state change."""
    sale = make_buyback(make_item(w.northwind.live), state="claimed")
    Buyback.objects.filter(pk=sale.pk).update(
        state="failed", **of_a_sale("failed") | {"failure_code": "abandoned"}
    )
    return sale.moves.get()


def make_transfer_link(w: World, **fields: Any) -> TransferLink:
    transfer = make_transfer(make_buyback(make_item(w.northwind.live)))
    return TransferLink.objects.create(
        row=transfer,
        **{"environment": transfer.environment, "position": 1, "digest": b"x"} | fields,
    )


APPEND_ONLY: dict[type[models.Model], Make] = {
    Event: lambda w: make_event(w.northwind.live),
    AuditEntry: lambda _: make_audit_entry(),
    Transfer: lambda w: make_transfer(make_buyback(make_item(w.northwind.live))),
    Move: moved,
    Statement: lambda w: make_statement(w.northwind.live),
    PriceChange: lambda _: make_price_change(),
    AuditLink: lambda _: AuditLink.objects.create(row=make_audit_entry(), position=1, digest=b"x"),
    TransferLink: make_transfer_link,
}


def item(w: World, state: str) -> models.Model:
    return make_item(w.northwind.live, state=state, sold_at=sold_at(state))


def sold_at(state: str) -> datetime | None:
    return NOW if state == "sold" else None


def of_a_sale(state: str) -> dict[str, Any]:
    return {
        "fmv": Decimal("82.50"),
        "amount": Decimal("70.13"),
        "priced_at": NOW,
        "submitted_at": NOW,
        "lease_until": NOW if state in OPEN_STATES else None,
        "completed_at": NOW if state in ("settled", "failed") else None,
    }


def the_item(w: World) -> Item:
    """The test's only item."""
    return Item.objects.first() or make_item(w.northwind.live)


def sale_of(w: World, state: str) -> Buyback | None:
    """The buyback that a line in this state refers to."""
    return make_buyback(the_item(w)) if state in ("sold", "unknown") else None


def of_a_line(state: str) -> dict[str, Any]:
    sale = Buyback.objects.first() or make_buyback(Item.objects.get())
    return {
        "reason": "failed" if state == "refused" else "",
        "buyback": sale if state in ("sold", "unknown") else None,
        "lease_until": NOW if state in ("selling", "unknown") else None,
        "closed_at": None if state in ("pending", "selling", "unknown") else NOW,
    }


def difference(w: World, state: str) -> models.Model:
    """A difference that two people resolved at ``NOW``."""
    row = make_difference()
    make_resolution(row, confirmed_by="user:b@x.test", confirmed_at=NOW)
    if state != "open":
        Difference.objects.update(state=state, closed_at=NOW)
    return row


# Each state machine: its states, its transitions, how to create a row in a state, and other fields
# that a state needs.
MACHINES: dict[
    type[models.Model], tuple[list[str], Any, Callable[[World, str], models.Model], Any]
] = {
    Item: (Item.State.values, ITEM_MOVES, item, lambda state: {"sold_at": sold_at(state)}),
    Buyback: (
        Buyback.State.values,
        BUYBACK_MOVES,
        lambda w, state: make_buyback(make_item(w.northwind.live), state=state),
        of_a_sale,
    ),
    Payout: (
        Payout.State.values,
        PAYOUT_MOVES,
        lambda w, state: make_payout(make_buyback(make_item(w.northwind.live)), state=state),
        lambda state: {"paid_at": NOW if state == "paid" else None},
    ),
    BulkLine: (
        BulkLine.State.values,
        LINE_MOVES,
        lambda w, state: make_bulk_line(the_item(w), state=state, buyback=sale_of(w, state)),
        of_a_line,
    ),
    Difference: (
        Difference.State.values,
        DIFFERENCE_MOVES,
        difference,
        lambda state: {"closed_at": None if state == "open" else NOW},
    ),
    ShippingOrder: (
        ShippingOrder.State.values,
        ORDER_MOVES,
        lambda w, state: make_order(w.northwind.live, state=state),
        times_of,
    ),
}

pytestmark = pytest.mark.breaks_books(
    reason="rows are put into states without the sales that lead there"
)


@pytest.fixture(autouse=True)
def _asked_to_ignore_triggers(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('pgtrigger.ignore', array_agg(tgname)::text, true), count(*)"
            " FROM pg_trigger WHERE tgname LIKE 'pgtrigger_%'"
        )
        assert cursor.fetchone()[1] == len(list(triggers()))


def pairs() -> Iterator[Any]:
    for model, (states, moves, _, _) in MACHINES.items():
        for old, new in product(states, states):
            if old != new:
                yield pytest.param(
                    model, old, new, (old, new) in moves, id=f"{model.__name__}-{old}-{new}"
                )


@pytest.mark.parametrize(("model", "old", "new", "allowed"), list(pairs()))
def test_it_allows_only_the_moves_it_knows(
    world: World, model: Any, old: str, new: str, allowed: bool
) -> None:
    _, _, make, also = MACHINES[model]
    row = model.objects.filter(pk=make(world, old).pk)
    if allowed:
        assert row.update(state=new, **also(new)) == 1
        return
    with pytest.raises(DatabaseError, match="Invalid transition"), transaction.atomic():
        row.update(state=new, **also(new))
    assert row.get().state == old


@pytest.mark.parametrize("model", APPEND_ONLY)
@pytest.mark.parametrize("statement", ["UPDATE {} SET id = id", "DELETE FROM {}"])
def test_it_changes_no_row_of_an_append_only_table(
    world: World, model: Any, statement: str
) -> None:
    APPEND_ONLY[model](world)
    with pytest.raises(DatabaseError, match="Cannot update or delete"), transaction.atomic():
        execute(statement.format(model._meta.db_table))
    assert model.objects.count() == 1


@pytest.mark.parametrize("model", APPEND_ONLY)
def test_it_does_not_empty_an_append_only_table(world: World, model: Any) -> None:
    APPEND_ONLY[model](world)
    execute(
        "SET CONSTRAINTS ALL IMMEDIATE"
    )  # PostgreSQL does not truncate a table with pending checks
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        execute(f"TRUNCATE {model._meta.db_table} CASCADE")
    assert model.objects.count() == 1


@pytest.mark.parametrize("model", APPEND_ONLY)
def test_it_refuses_the_same_through_the_orm(world: World, model: Any) -> None:
    row = APPEND_ONLY[model](world)
    for change in (row.save, row.delete, model.objects.all().delete):
        with pytest.raises(DatabaseError, match="Cannot update or delete"), transaction.atomic():
            change()
    assert model.objects.count() == 1


def test_it_changes_no_sandbox_that_was_emptied(world: World) -> None:
    row = Environment._base_manager.filter(pk=world.northwind.sandbox.pk)
    assert row.update(retired_at=NOW) == 1
    for change in (
        {"retired_at": None},
        {"clock_offset": timedelta(days=1)},
        {"partner": world.juniper.partner},
    ):
        with pytest.raises(DatabaseError, match="Cannot update"), transaction.atomic():
            row.update(**change)
    assert row.get().retired_at == NOW


def proposed(w: World) -> models.Model:
    return make_proposal(make_buyback(make_item(w.northwind.live), state="review"))


def reversed_(w: World) -> models.Model:
    sale = make_buyback(make_item(w.northwind.live))
    make_payout(sale)
    return make_reversal(sale)


def resolution(w: World) -> models.Model:
    return make_resolution(make_difference())


@pytest.mark.parametrize("make", [proposed, reversed_, resolution])
def test_it_changes_nothing_that_two_people_have_decided(world: World, make: Make) -> None:
    made: Any = make(world)
    row = type(made)._default_manager.filter(pk=made.pk)
    assert row.update(confirmed_by="user:b@x.test", confirmed_at=NOW) == 1
    for change in (
        lambda: row.update(reason="another"),
        lambda: row.update(confirmed_at=None),
        row.delete,
    ):
        with pytest.raises(DatabaseError, match="Cannot update or delete"), transaction.atomic():
            change()
    assert (row.get().reason, row.get().confirmed_at) == (made.reason, NOW)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (
            {"state": "failed", "failure_code": "declined", "failure_detail": "no"},
            [("unknown", "failed", "declined: no")],
        ),
        ({"failure_detail": "timeout"}, [("unknown", "unknown", "timeout")]),
        ({"lease_until": NOW}, []),
    ],
    ids=str,
)
def test_it_records_every_state_change_of_a_buyback(
    world: World, fields: Any, expected: list[Any]
) -> None:
    sale = make_buyback(make_item(world.northwind.live), state="unknown")
    closed = {"lease_until": None, "completed_at": NOW} if fields.get("state") == "failed" else {}
    Buyback.objects.filter(pk=sale.pk).update(**fields | closed)
    assert list(sale.moves.values_list("before", "after", "answer")) == expected


def test_it_keeps_no_trail_of_a_row_that_is_written_settled(world: World) -> None:
    make_buyback(make_item(world.northwind.live))
    assert not Move.objects.exists()


def test_it_turns_no_clock_back(world: World) -> None:
    rows = Environment.objects.filter(pk=world.northwind.sandbox.pk)
    assert rows.update(clock_offset=timedelta(days=2)) == 1
    jumped = rows.get().clock_moved_at
    rows.update(clock_offset=timedelta(days=2))
    for offset in (timedelta(days=2) - timedelta(microseconds=1), timedelta(0)):
        with pytest.raises(DatabaseError, match="a clock only moves forward"), transaction.atomic():
            rows.update(clock_offset=offset)
    assert (rows.get().clock_offset, rows.get().clock_moved_at) == (timedelta(days=2), jumped)
    assert jumped is not None


def test_it_deletes_no_payout(world: World) -> None:
    payout = make_payout(make_buyback(make_item(world.northwind.live)))
    with pytest.raises(DatabaseError, match="Cannot delete"), transaction.atomic():
        execute("DELETE FROM buyback_payout")
    execute("SET CONSTRAINTS ALL IMMEDIATE")
    with pytest.raises(DatabaseError, match="never deleted"), transaction.atomic():
        execute("TRUNCATE buyback_payout CASCADE")
    assert Payout.objects.get() == payout


# A session may have tables of its own, which come before all others.
OWN_REVERSAL = """
CREATE TEMPORARY TABLE buyback_reversal ON COMMIT DROP AS
SELECT environment_id, id AS buyback_id, amount, now() AS confirmed_at FROM buyback_buyback
"""


def test_it_brings_money_back_only_by_a_confirmed_reversal(world: World) -> None:
    sale = make_buyback(make_item(world.northwind.live))
    make_payout(sale)

    def refused() -> None:
        with pytest.raises(IntegrityError, match="only by a confirmed"), transaction.atomic():
            make_transfer(sale, debit="paid_out", credit="treasury")
        assert not Transfer.objects.exists()

    refused()
    reversal = make_reversal(sale)
    refused()
    with transaction.atomic():
        execute(OWN_REVERSAL)
        refused()
        execute("DROP TABLE pg_temp.buyback_reversal")
    Reversal.objects.filter(pk=reversal.pk).update(confirmed_by="user:b@x.test", confirmed_at=NOW)
    make_transfer(sale, debit="paid_out", credit="treasury")
    assert Transfer.objects.get().amount == sale.amount


def test_a_table_of_the_session_hides_no_trail(world: World) -> None:
    sale = make_buyback(make_item(world.northwind.live), state="unknown")
    execute("CREATE TEMPORARY TABLE buyback_move (LIKE buyback_move INCLUDING ALL)")
    Buyback.objects.filter(pk=sale.pk).update(failure_detail="timeout")
    execute("DROP TABLE pg_temp.buyback_move")
    assert [move.answer for move in sale.moves.all()] == ["timeout"]


def test_a_table_of_the_session_hides_no_price_change(world: World) -> None:
    item = make_item(world.northwind.live)
    execute("CREATE TEMPORARY TABLE inventory_pricechange (LIKE inventory_pricechange)")
    type(item.card).objects.filter(pk=item.card.pk).update(fmv=Decimal("1.00"))
    execute("DROP TABLE pg_temp.inventory_pricechange")
    assert PriceChange.objects.get(card=item.card).fmv == Decimal("1.00")


def test_migrate_keeps_triggers_without_a_switch() -> None:
    """A migration that creates a trigger brings django-pgtrigger's own function back."""
    ignores = (
        "SELECT _pgtrigger_should_ignore(tgname) FROM pg_trigger WHERE tgname LIKE 'pgtrigger_%'"
    )
    trigger: Any = next(iter(Payout._meta.triggers))  # type: ignore[attr-defined]
    trigger.install(Payout)
    assert (True,) in answers(ignores)
    call_command("migrate", verbosity=0)
    assert set(answers(ignores)) == {(False,)}


@pytest.mark.parametrize("confirmed", [{}, {"confirmed_by": "user:b@x.test", "confirmed_at": NOW}])
def test_it_resolves_no_difference_without_two_people(world: World, confirmed: Any) -> None:
    row = make_difference()
    make_resolution(row, **confirmed)
    rows = Difference.objects.filter(pk=row.pk)
    another = NOW + timedelta(seconds=1)
    with pytest.raises(DatabaseError, match="only two people"), transaction.atomic():
        rows.update(state="resolved", closed_at=another)
    with pytest.raises(DatabaseError, match="only two people"), transaction.atomic():
        make_difference(state="resolved", closed_at=NOW)
    assert rows.get().state == "open"


def test_it_deletes_no_difference(world: World) -> None:
    row = make_difference()
    with pytest.raises(DatabaseError, match="Cannot delete"), transaction.atomic():
        row.delete()
    assert Difference.objects.count() == 1


def test_it_lists_every_trigger() -> None:
    listed = {
        f"{model._meta.label}:{name}"
        for model in APPEND_ONLY
        for name in ("append_only", "no_truncate")
    }
    listed |= {f"{model._meta.label}:allowed_moves" for model in MACHINES}
    decisions = (
        *("buyback.Proposal", "buyback.Resolution", "buyback.Reversal"),
        *("partners.AccessProposal", "inventory.PriceProposal"),
    )
    listed |= {f"{model}:confirmed_is_final" for model in decisions}
    assert set(triggers()) == listed | {
        "buyback.Payout:never_deleted",
        "buyback.Payout:no_truncate",
        "buyback.Transfer:back_only_by_reversal",
        "buyback.Buyback:audits_people",  # tests/partners/records/test_access.py
        "buyback.Buyback:trail_of_moves",
        "buyback.Difference:kept",
        "buyback.Difference:resolved_by_two_people",
        "inventory.Card:keeps_prices",
        "partners.Environment:clock_only_forward",
        "partners.Environment:retired_for_good",
        "partners.User:granted_now",
        *PEOPLE_TRIGGERS,
    }


def execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def answers(query: str) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        found: list[Any] = cursor.fetchall()
    return found


def test_a_table_of_the_session_resolves_no_difference(world: World) -> None:
    row = make_difference()
    execute(
        "CREATE TEMPORARY TABLE buyback_resolution AS SELECT id AS difference_id,"
        f" '{NOW.isoformat()}'::timestamptz AS confirmed_at FROM buyback_difference"
    )
    with pytest.raises(DatabaseError, match="only two people"), transaction.atomic():
        Difference.objects.filter(pk=row.pk).update(state="resolved", closed_at=NOW)
    execute("DROP TABLE pg_temp.buyback_resolution")
    assert Difference.objects.get().state == "open"


def test_a_table_of_the_session_verifies_no_account(world: World) -> None:
    user = make_user("mia@x.test", verified_at=None, verified_by="")
    execute(
        "CREATE TEMPORARY TABLE partners_user AS SELECT id, now() AS verified_at,"
        " NULL::bigint AS confined_to_id FROM partners_user"
    )
    with pytest.raises(IntegrityError, match="belongs to one team"), transaction.atomic():
        execute(
            "INSERT INTO partners_membership (user_id, partner_id, role)"
            f" VALUES ({user.pk}, {world.juniper.partner.pk}, 'viewer')"
        )
    execute("DROP TABLE pg_temp.partners_user")
    assert not Membership.objects.filter(user=user).exists()

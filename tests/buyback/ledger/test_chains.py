"""Hash chains of ledger and audit log: extended off the sellback, exported, and what they find."""

from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import structlog
from django.core.management import CommandError, call_command
from django.db import connection
from pytest_django.fixtures import Settings

from buyback.ledger import chains
from buyback.ledger.invariants import broken_invariants
from buyback.models import Transfer, TransferLink
from buyback.sellback.sell_back import sell_back
from inventory.models import Item
from partners.models import AuditEntry, AuditLink
from partners.records import chain as links
from partners.records.actor import SYSTEM
from tests.world import World, make_audit_entry, make_item

NONE = timedelta(0)
RULES = [rule for rule, _ in chains.rules()]


@pytest.fixture(autouse=True)
def heads(settings: Settings, tmp_path: Path) -> Path:
    """The file of exported ends."""
    path = tmp_path / "sub" / "heads.jsonl"
    settings.CHAIN_HEADS_FILE = path
    return path


@pytest.fixture
def sales(world: World) -> list[Transfer]:
    """Three sellbacks of live and one of the sandbox, not yet in a chain."""
    for environment in (*[world.northwind.live] * 3, world.northwind.sandbox):
        sell(make_item(environment))
    make_audit_entry()
    make_audit_entry()
    return list(Transfer.objects.order_by("pk"))


def sell(item: Item) -> None:
    sell_back(
        environment=item.environment, item_id=item.public_id, by=SYSTEM, now=item.purchased_at
    )


def secretly(statement: str, *parameters: Any) -> None:
    """As a superuser who switches triggers and references off."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SET CONSTRAINTS ALL IMMEDIATE; SET LOCAL session_replication_role = replica"
        )
        cursor.execute(statement, parameters)
        cursor.execute("SET LOCAL session_replication_role = origin")


def broken() -> dict[str, list[str]]:
    return {found.rule: found.rows for found in broken_invariants()}


def exported(heads: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in heads.read_text().splitlines()]


def check(*arguments: str) -> str:
    """The output of check_ledger that finds something."""
    out = StringIO()
    with pytest.raises(SystemExit):
        call_command("check_ledger", *arguments, stdout=out)
    return out.getvalue()


def test_it_chains_each_environment_by_itself(sales: list[Transfer], world: World) -> None:
    assert chains.extend_chains(slack=NONE) == 4 + AuditEntry.objects.count()
    found = TransferLink.objects.order_by("environment_id", "position")
    assert [(link.environment_id, link.position, link.row_id) for link in found] == [
        (sale.environment_id, place, sale.pk)
        for sale, place in zip(sales, (1, 2, 3, 1), strict=True)
    ]
    assert AuditLink.objects.count() == AuditEntry.objects.count()
    assert broken() == {}
    assert chains.extend_chains(slack=NONE) == 0


def test_it_goes_on_where_it_stopped(
    sales: list[Transfer], world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert [chains.LEDGER.extend(slack=NONE, most=3)[0] for _ in range(3)] == [3, 1, 0]
    sell(make_item(world.northwind.live))
    chains.extend_chains(slack=NONE)
    assert list(
        TransferLink.objects.filter(environment=world.northwind.live)
        .order_by("row_id")
        .values_list("position", flat=True)
    ) == [1, 2, 3, 4]
    assert broken() == {}


def test_it_takes_no_row_that_another_transaction_may_still_precede(sales: list[Transfer]) -> None:
    assert chains.extend_chains() == 0
    assert not TransferLink.objects.exists()


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_it_waits_for_an_open_transaction_that_has_written(world: World) -> None:
    """Its row may have a smaller id than rows that others have committed meanwhile."""
    other = connection.copy()
    try:
        other.set_autocommit(False)
        with other.cursor() as cursor:
            cursor.execute(
                "INSERT INTO partners_auditentry (actor, action, target, request_id)"
                " VALUES ('system', 'early', 'x', '')"
            )
        make_audit_entry(action="late")
        assert chains.extend_chains(slack=NONE) == 0
        other.commit()
        assert chains.extend_chains(slack=NONE) == 2
        assert [link.row.action for link in AuditLink.objects.order_by("position")] == [
            "early",
            "late",
        ]
    finally:
        other.close()


@pytest.mark.breaks_books(reason="on purpose")
def test_it_finds_one_cent_also_where_the_value_and_all_amounts_agree(
    sales: list[Transfer],
) -> None:
    chains.extend_chains(slack=NONE)
    for sale in sales[1:3]:
        secretly(
            "UPDATE buyback_buyback SET fmv = 82.49, amount = 70.12 WHERE id = %s", sale.buyback_id
        )
        for table in ("buyback_payout", "buyback_transfer"):
            secretly(
                f"UPDATE {table} SET amount = amount - 0.01 WHERE buyback_id = %s",
                sale.buyback_id,
            )
    assert broken() == {RULES[1]: [f"ledger {sale.pk}" for sale in sales[1:3]]}
    assert f"BROKEN: {RULES[1]}: 2 (ledger {sales[1].pk}, " in check()


@pytest.mark.breaks_books(reason="on purpose")
@pytest.mark.parametrize(
    "change",
    [
        "actor = 'user:b@x.test'",
        "action = 'x'",
        "target = 'x'",
        "before = '{}'",
        "after = '1'",
        "request_id = 'x'",
        "created_at = created_at + interval '1 microsecond'",
        "partner_id = (SELECT min(id) FROM partners_partner)",
    ],
)
def test_it_finds_each_change_of_an_audit_entry(sales: list[Transfer], change: str) -> None:
    chains.extend_chains(slack=NONE)
    first = AuditLink.objects.get(position=1).row
    secretly(f"UPDATE partners_auditentry SET {change} WHERE id = %s", first.pk)
    assert broken() == {RULES[0]: [f"audit {first.pk}"]}


@pytest.mark.breaks_books(reason="on purpose")
def test_it_finds_a_deleted_row_and_one_that_was_slipped_in(sales: list[Transfer]) -> None:
    chains.extend_chains(slack=NONE)
    gone, _ = AuditEntry.objects.order_by("pk")[:2]
    secretly("DELETE FROM partners_auditentry WHERE id = %s", gone.pk)
    early = "00000000-0000-7000-8000-000000000001"
    make_audit_entry(pk=early)
    assert broken() == {RULES[0]: [f"audit {gone.pk}", f"audit {early} is in no chain"]}


@pytest.mark.breaks_books(reason="on purpose")
def test_it_finds_a_link_that_was_removed(sales: list[Transfer]) -> None:
    chains.extend_chains(slack=NONE)
    secretly("DELETE FROM buyback_transferlink WHERE row_id = %s", sales[1].pk)
    assert broken()[RULES[1]] == [f"ledger {sales[2].pk}", f"ledger {sales[1].pk} is in no chain"]


def test_it_exports_the_ends(sales: list[Transfer], world: World, heads: Path) -> None:
    with structlog.testing.capture_logs() as logs:
        chains.extend_chains(slack=NONE)
    lines = exported(heads)
    assert [line["chain"] for line in lines] == [
        "audit",
        *(f"ledger:{pk}" for pk in sorted([world.northwind.live.pk, world.northwind.sandbox.pk])),
    ]
    end = TransferLink.objects.get(environment=world.northwind.live, position=3)
    ledger = next(one for one in lines if one["chain"] == f"ledger:{world.northwind.live.pk}")
    assert (ledger["position"], ledger["digest"]) == (3, bytes(end.digest).hex())
    said = [line for line in logs if line["event"] == "chain_head"]
    assert [line["digest"] for line in said] == [line["digest"] for line in lines]
    assert heads.stat().st_mode & 0o777 == 0o640
    sell(make_item(world.northwind.live))
    chains.extend_chains(slack=NONE)
    assert [line["position"] for line in exported(heads)[len(lines) :]] == [4]


@pytest.mark.breaks_books(reason="on purpose")
def test_an_exported_end_finds_a_chain_that_was_computed_again(
    sales: list[Transfer], world: World, heads: Path, tmp_path: Path
) -> None:
    chains.extend_chains(slack=NONE)
    call_command("check_ledger", stdout=StringIO())
    kept = tmp_path / "kept.jsonl"
    kept.write_bytes(heads.read_bytes())
    secretly(
        "UPDATE buyback_buyback SET fmv = 82.49, amount = 70.12 WHERE id = %s", sales[0].buyback_id
    )
    for table in ("buyback_payout", "buyback_transfer"):
        secretly(f"UPDATE {table} SET amount = 70.12 WHERE buyback_id = %s", sales[0].buyback_id)
    secretly("DELETE FROM buyback_transferlink")
    chains.extend_chains(slack=NONE)
    assert broken() == {}
    name = f"ledger:{world.northwind.live.pk} at 3"
    expected = f"BROKEN: chains end as exported: 1 (first: {name})\n"
    assert check() == check("--heads", str(kept)) == expected


def test_it_says_in_one_sentence_that_the_file_is_no_export(db: None, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("check_ledger", "--heads", str(tmp_path / "none"))
    (tmp_path / "other").write_text("not json\n")
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("check_ledger", "--heads", str(tmp_path / "other"))


def test_a_sellback_takes_no_statement_more(world: World, django_assert_num_queries: Any) -> None:
    item = make_item(world.northwind.live)
    with django_assert_num_queries(3):  # a savepoint, the statement, the savepoint's end
        sell(item)
    assert not TransferLink.objects.exists()


def test_a_second_run_leaves_the_chain_to_the_first(
    sales: list[Transfer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(links, "_alone", {"audit": False, "ledger": False}.get)
    assert chains.extend_chains(slack=NONE) == 0
    assert not TransferLink.objects.exists()

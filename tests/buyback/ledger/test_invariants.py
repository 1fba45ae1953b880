"""``check_ledger`` finds violations of every rule, by rows written without constraints."""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from buyback.decisions import reversal
from buyback.ledger.invariants import balance, broken_invariants, rules
from buyback.models import Buyback, Payout, Transfer
from buyback.sellback.sell_back import sell_back
from inventory.models import Item
from partners.records.actor import SYSTEM, Actor
from tests.world import NOW, World, make_buyback, make_collector, make_item

Break = Callable[[World, Item], str]


def ghost(statement: str) -> Break:
    """A statement with the ids of the sellback."""

    def run(world: World, item: Item) -> str:
        return statement.format(
            item=item.pk,
            env=item.environment_id,
            other_env=world.juniper.live.pk,
            other_user=make_collector(world.northwind.live).pk,
        )

    return run


COPY_SALE = """INSERT INTO buyback_buyback (environment_id, item_id, state, fmv, buyback_percent,
mint_price, voucher,
                 priced_at, amount, requested_by, created_at, completed_at)
               SELECT environment_id, item_id, state, fmv, buyback_percent, mint_price, voucher,
                      priced_at, amount, requested_by, created_at, completed_at
                 FROM buyback_buyback WHERE item_id = {item}"""
COPY_ITEM = """INSERT INTO inventory_item (environment_id, mode, public_id, card_id, collector_id,
pack_id, purchase_id,
                 state, fmv, buyback_percent, buyback_price, purchased_at)
               SELECT environment_id, mode, public_id, card_id, collector_id, pack_id, purchase_id,
                      'held', fmv, buyback_percent, buyback_price, purchased_at
                 FROM inventory_item, generate_series(1, 2) WHERE id = {item}"""
STATEMENT = """INSERT INTO buyback_statement
                 (environment_id, day, sold, sold_amount, paid, paid_amount, failed,
                 closed_at) VALUES """
BACK = """INSERT INTO buyback_transfer (environment_id, buyback_id, debit, credit, amount,
created_at)
          SELECT environment_id, buyback_id, 'paid_out', 'treasury', amount,
          created_at FROM buyback_transfer"""
SHIP = """WITH o AS (INSERT INTO inventory_shippingorder (environment_id, public_id, state, carrier,
service, insured,
                     amount, destination, requested_by, created_at)
                   VALUES ({env}, 'order_0123456789abcdef', 'queued', 'x', 'x', false, 5, '{{}}',
                   'system', now())
                RETURNING id)
          INSERT INTO inventory_shippeditem (environment_id, order_id, item_id, released)
          SELECT {env}, o.id, {item}, false FROM o"""
BREAKS: dict[str, Break] = {
    "an item settles at most once": ghost(COPY_SALE),
    "a sold item has a settled buyback": ghost(
        "DELETE FROM buyback_buyback WHERE item_id = {item}"
    ),
    "a settled buyback's item is sold": ghost(
        "UPDATE inventory_item SET state = 'held', sold_at = NULL WHERE id = {item}"
    ),
    "exactly the items that are being sold have an open buyback": ghost(
        "UPDATE inventory_item SET state = 'selling', sold_at = NULL WHERE id = {item}"
    ),
    "a settled buyback has exactly one payout, any other none": ghost("DELETE FROM buyback_payout"),
    "a settled buyback has exactly one transfer to the user, any other none": ghost(
        "DELETE FROM buyback_transfer"
    ),
    "buyback, payout and transfers have the same amount": ghost(
        "UPDATE buyback_payout SET amount = amount + 1"
    ),
    "a buyback's amount follows from its stored basis": ghost(
        "UPDATE buyback_buyback SET fmv = fmv + 1"
    ),
    "the sandbox pays exactly the price assigned at the pull": ghost(
        "UPDATE inventory_item SET buyback_price = 1"
    ),
    "nothing was claimed after its window had closed": ghost(
        "UPDATE inventory_item SET expires_at = sold_at - interval '1 ms' WHERE id = {item}"
    ),
    "the payout goes to the user who held the item": ghost(
        "UPDATE buyback_payout SET collector_id = {other_user}"
    ),
    "money in flight equals the submitted amounts of open buybacks": ghost(
        "UPDATE buyback_transfer SET credit = 'in_flight'"
    ),
    "no row is linked across environments": ghost(
        "UPDATE buyback_payout SET environment_id = {other_env}"
    ),
    "only one user holds a card within its pool": ghost(COPY_ITEM),
    "no item is both sold back and shipped": ghost(SHIP),
    "an order's items have the state that follows from the order's": ghost(SHIP),
    "a settled buyback, its payout and its transfer to the user have the same time": ghost(
        "UPDATE buyback_payout SET created_at = created_at + interval '1 ms'"
    ),
    (
        "statements equal the ledger of their days, and no day before the last statement is missing"
    ): ghost(STATEMENT + "({env}, '2026-04-19', 0, 0, 0, 0, 0, now())"),
    "statements are consecutive": ghost(
        STATEMENT
        + "({env}, '2026-04-10', 0, 0, 0, 0, 0, now()), ({env}, '2026-04-12', 0, 0, 0, 0, 0, now())"
    ),
    "closed and open days add up to the payouts in the ledger": ghost(
        STATEMENT + "({env}, '2026-04-18', 1, 70.12, 1, 70.12, 0, now())"
    ),
    "only a reversal under dual control brings money back, once and whole": ghost(BACK),
    "the balance of paid_out equals the payouts less the reversals": ghost(BACK),
    "audit entries are as they were when they were linked": ghost(
        "WITH made AS (INSERT INTO partners_auditentry (actor, action, target, request_id)"
        " VALUES ('system', 'x', 'x', '') RETURNING id)"
        " INSERT INTO partners_auditlink (row_id, position, digest) SELECT id, 1, '' FROM made"
    ),
    "transfers are as they were when they were linked": ghost(
        "INSERT INTO buyback_transferlink (environment_id, row_id, position, digest)"
        " SELECT environment_id, id, 1, '' FROM buyback_transfer"
    ),
}


@pytest.fixture
def sold(world: World) -> Item:
    """One item, sold back in the sandbox."""
    item = make_item(world.northwind.sandbox)
    sell_back(environment=item.environment, item_id=item.public_id, by=SYSTEM, now=NOW)
    return item


def behind_the_databases_back(statement: str) -> None:
    """Run it without triggers, references, checks and unique indexes, as in a manual restore."""
    tables = [model._meta.db_table for model in (Buyback, Payout, Transfer, Item)]
    with connection.cursor() as cursor:
        cursor.execute(
            "SET CONSTRAINTS ALL IMMEDIATE; SET LOCAL session_replication_role = replica"
        )
        cursor.execute(
            """SELECT format('ALTER TABLE %%s DROP CONSTRAINT %%I CASCADE', conrelid::regclass,
            conname)
                 FROM pg_constraint WHERE conrelid = ANY(%s::regclass[]) AND contype IN ('c', 'u')
               UNION ALL
               SELECT format('DROP INDEX %%s', indexrelid::regclass) FROM pg_index
                WHERE indrelid = ANY(%s::regclass[]) AND indisunique AND NOT indisprimary
                  AND indexrelid NOT IN (SELECT conindid FROM pg_constraint)""",
            [tables, tables],
        )
        for (drop,) in cursor.fetchall():
            cursor.execute(drop)
        cursor.execute(statement)
        cursor.execute("SET LOCAL session_replication_role = origin")


@pytest.mark.breaks_books(reason="on purpose")
@pytest.mark.parametrize("rule", BREAKS)
def test_it_finds_the_rule_broken(world: World, sold: Item, rule: str) -> None:
    assert list(broken_invariants()) == []
    behind_the_databases_back(BREAKS[rule](world, sold))
    assert rule in [broken.rule for broken in broken_invariants()]


@pytest.mark.breaks_books(reason="on purpose")
@pytest.mark.parametrize(
    "statement", ["DELETE FROM buyback_transfer WHERE debit = 'paid_out'", f"{BACK} LIMIT 1"]
)
def test_it_finds_a_reversal_with_no_line_or_with_two(sold: Item, statement: str) -> None:
    sale = sold.buybacks.get()
    reversal.propose(buyback=sale, reason="the bank's letter 12", by=Actor("user", "anna@x.test"))
    reversal.confirm(buyback=sale, by=Actor("user", "ben@x.test"))
    assert list(broken_invariants()) == []
    behind_the_databases_back(statement)
    broken = {rule for rule, *_ in broken_invariants()}
    assert broken == {
        rule for rule in BREAKS if rule.startswith(("only a reversal", "the balance of paid_out"))
    }


def test_it_breaks_every_rule_there_is() -> None:
    assert {rule for rule, _ in rules()} == set(BREAKS)


def test_it_says_one_line_when_nothing_is_broken(sold: Item) -> None:
    out = StringIO()
    call_command("check_ledger", stdout=out)
    assert out.getvalue() == f"The ledger is sound: {len(BREAKS)} rules hold.\n"


@pytest.mark.breaks_books(reason="on purpose")
def test_it_names_what_is_broken_and_exits_1(world: World, sold: Item) -> None:
    behind_the_databases_back("DELETE FROM buyback_payout")
    out = StringIO()
    with pytest.raises(SystemExit) as caught:
        call_command("check_ledger", stdout=out)
    assert caught.value.code == 1
    sale = sold.buybacks.get()
    assert (
        f"BROKEN: a settled buyback has exactly one payout, any other none: 1 (buyback {sale.pk})"
    ) in out.getvalue()


@pytest.mark.breaks_books(reason="on purpose")
def test_it_names_only_the_first_of_many(world: World) -> None:
    for _ in range(7):
        make_buyback(make_item(world.northwind.live))
    broken: dict[str, Any] = {found.rule: found for found in broken_invariants()}
    found = broken["a settled buyback's item is sold"]
    assert (found.breaches, len(found.rows)) == (7, 5)


def test_it_balances_each_environment_by_itself(world: World, sold: Item) -> None:
    accounts = Transfer.Account
    paid = sold.buybacks.get().amount
    assert balance(sold.environment, accounts.PAID_OUT) == paid
    assert balance(sold.environment, accounts.TREASURY) == -paid
    assert balance(sold.environment, accounts.IN_FLIGHT) == 0
    assert balance(world.northwind.live, accounts.PAID_OUT) == 0

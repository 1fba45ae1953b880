"""Ledger rules: each is a query that must return no rows.

The database refuses most violations (constraints, triggers, references). The rules are checked over
the stored rows too, because a restored backup or a change by hand may bypass constraints.
``manage.py check_ledger`` prints violations, the admin has a button, and tests that move money
check them.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from django.db import OperationalError, connection, transaction
from django.db.models import Sum
from psycopg.errors import QueryCanceled

from buyback.ledger import chains
from buyback.models import Transfer
from config.postgres import time_limits
from partners.models import Environment
from partners.records import audit
from partners.records.actor import Actor

SAMPLE = 5  # rows listed for each broken rule
MOST_SECONDS = 60  # for all rules together, when a person is waiting


class Finding(NamedTuple):
    """A rule, its number of violations (None: not checked in time), and the first of them."""

    rule: str
    breaches: int | None
    rows: list[str]


def rules() -> Iterator[tuple[str, str]]:
    """``(rule, query)`` for each rule of ``invariants.sql``, a comment and a one-column query, and
    for the chains.
    """
    text = Path(__file__).with_name("invariants.sql").read_text(encoding="utf-8")
    for block in text.split("\n\n-- rule: ")[1:]:
        rule, query = block.split("\n", 1)
        yield rule.strip(), query.strip().rstrip(";")
    yield from chains.rules()


def broken_invariants() -> Iterator[Finding]:
    """Each rule that is violated in the database."""
    found = (_ask_at_leisure(rule, query) for rule, query in rules())
    return (finding for finding in found if finding.breaches)


def check(*, by: Actor, seconds: int = MOST_SECONDS) -> list[Finding]:
    """Check every rule in at most ``seconds``; the check and its result are audited."""
    until = time.monotonic() + seconds
    findings = [_ask_within(until - time.monotonic(), rule, query) for rule, query in rules()]
    with transaction.atomic():
        facts = {
            "rules": len(findings),
            "broken": {found.rule: found.breaches for found in findings if found.breaches},
            "not_finished": [found.rule for found in findings if found.breaches is None],
        }
        audit.record(actor=by, action="ledger.checked", target="ledger", after=facts)
    return findings


def _ask(rule: str, query: str) -> Finding:
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH broken(row) AS ({query})"  # noqa: S608  (our own file)
            " SELECT (SELECT count(*) FROM broken),"
            f" ARRAY(SELECT row::text FROM broken LIMIT {SAMPLE})"
        )
        breaches, rows = cursor.fetchone()
    return Finding(rule, breaches, rows)


def _ask_at_leisure(rule: str, query: str) -> Finding:
    """As ``_ask``, without a time limit: a large ledger needs minutes."""
    with transaction.atomic(), time_limits.statements_of_any_length():
        return _ask(rule, query)


def _ask_within(seconds: float, rule: str, query: str) -> Finding:
    """As ``_ask``, with a time limit."""
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                # 0 would mean no limit.
                cursor.execute(
                    "SELECT set_config('statement_timeout', %s, true)",
                    [str(max(1, int(seconds * 1000)))],
                )
            found = _ask(rule, query)
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL statement_timeout TO DEFAULT")
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):
            return Finding(rule, None, [])
        raise
    return found


def balance(environment: Environment, account: Transfer.Account) -> Decimal:
    """The balance of an account in USD: credits less debits. The treasury's is negative."""
    transfers = Transfer.objects.filter(environment=environment)
    credited = transfers.filter(credit=account).aggregate(total=Sum("amount"))["total"] or Decimal(
        0
    )
    debited = transfers.filter(debit=account).aggregate(total=Sum("amount"))["total"] or Decimal(0)
    return credited - debited

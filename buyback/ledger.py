"""The books: every rule that must hold about money, each as a query that must find nothing.

Most of them the database already refuses to break (constraints, triggers, references); they are asked again here,
over the rows as they stand, because a restored backup or a hand with psql may know no constraint. ``manage.py
check_ledger`` prints what is broken, and the tests ask after every test that moves money.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from django.db import connection
from django.db.models import Sum

from buyback.models import Transfer
from partners.models import Environment

SAMPLE = 5  # rows named for each broken rule


class Broken(NamedTuple):
    """A rule that does not hold, how many rows break it, and the first few of them."""

    rule: str
    breaches: int
    rows: list[str]


def rules() -> Iterator[tuple[str, str]]:
    """``(rule, query)`` for each rule of ``ledger.sql``: a comment line, then a query of one text column."""
    text = Path(__file__).with_name("ledger.sql").read_text(encoding="utf-8")
    for block in text.split("\n\n-- rule: ")[1:]:
        rule, query = block.split("\n", 1)
        yield rule.strip(), query.strip().rstrip(";")


def broken_invariants() -> Iterator[Broken]:
    """Each rule that is broken in the database as it stands."""
    with connection.cursor() as cursor:
        for rule, query in rules():
            cursor.execute(
                f"WITH broken(row) AS ({query}) SELECT (SELECT count(*) FROM broken),"  # noqa: S608 (our own file)
                f" ARRAY(SELECT row::text FROM broken LIMIT {SAMPLE})"
            )
            breaches, rows = cursor.fetchone()
            if breaches:
                yield Broken(rule, breaches, rows)


def balance(environment: Environment, account: Transfer.Account) -> Decimal:
    """What an account holds, in USD: everything it was credited less everything it was debited. The treasury's is
    negative.
    """
    transfers = Transfer.objects.filter(environment=environment)
    credited = transfers.filter(credit=account).aggregate(total=Sum("amount"))["total"] or Decimal(0)
    debited = transfers.filter(debit=account).aggregate(total=Sum("amount"))["total"] or Decimal(0)
    return credited - debited

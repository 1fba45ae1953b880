"""All ledger rules at once, for tests that check them after every step."""

from __future__ import annotations

from django.db import connection

from buyback.ledger.invariants import Finding, broken_invariants, rules

BOOKS = f"SELECT {' OR '.join(f'EXISTS ({query})' for _, query in rules())}"
# Planning takes ten times as long as running it on a test's rows. psycopg forgets the statements
# that it has prepared at every rollback, so at the end of every test.
PREPARED = "SELECT FROM pg_prepared_statements WHERE name = 'books'"


def broken_rules() -> list[Finding]:
    """What ``broken_invariants`` finds, which is asked only when some rule is broken."""
    with connection.cursor() as cursor:
        cursor.execute(PREPARED)
        if not cursor.rowcount:
            cursor.execute(f"PREPARE books AS {BOOKS}")
        cursor.execute("EXECUTE books")
        if cursor.fetchone() == (False,):
            return []
    found = list(broken_invariants())
    assert found, "a rule was broken a moment ago"
    return found

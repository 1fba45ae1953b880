"""All ledger rules at once, for tests that check them after every step."""

from __future__ import annotations

from buyback.ledger.invariants import Finding, broken_invariants, rules
from config.postgres.base import prepared_cursor

# One prepared statement, because it runs thousands of times.
BOOKS = f"SELECT {' OR '.join(f'EXISTS ({query})' for _, query in rules())}"


def broken_rules() -> list[Finding]:
    """What ``broken_invariants`` finds, which is asked only when some rule is broken."""
    with prepared_cursor() as cursor:
        cursor.execute(BOOKS)
        if cursor.fetchone() == (False,):
            return []
    found = list(broken_invariants())
    assert found, "a rule was broken a moment ago"
    return found

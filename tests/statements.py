"""Hand-written statements with a rule changed or removed, to show the effect."""

from __future__ import annotations


def replaced(statement: str, rule: str, by: str) -> str:
    """The statement with another rule. Fails if the old one is missing."""
    assert rule in statement, f"the statement has no {rule!r}"
    return statement.replace(rule, by)


def without(statement: str, *rules: str) -> str:
    """The statement without these rules."""
    for rule in rules:
        statement = replaced(statement, rule, "")
    return statement

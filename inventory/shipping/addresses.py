"""The destination of a parcel, checked offline by its country's postal rules.

A country without rules (``postal_rules.py``) accepts anything. Whether live ships there is checked
later.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from difflib import get_close_matches
from itertools import islice, product
from typing import Any

from config.foundation.codes import Code
from config.foundation.errors import Refusal
from inventory.shipping.postal_rules import Country, rules_of

REQUIRED = ("name", "line1", "city", "country")
FIELDS = ("name", "line1", "line2", "city", "state", "postal_code", "country", "phone", "email")
LONGEST = 255  # characters of a field
LONGEST_STATE = 64  # characters of a state that is compared with names; the longest name has 41
MOST_CANDIDATES = 128  # corrections tried for one destination; no country has more than 107 states


class InvalidAddress(Refusal):
    """The address is not deliverable. ``details``: why. ``suggested``: a correction or None."""

    code = Code.INVALID_ADDRESS
    sentence = "Invalid destination address"

    def __init__(self, problems: list[str], suggested: dict[str, Any] | None = None) -> None:
        super().__init__()
        self.more = {"details": "; ".join(problems)} | (
            {"suggested": suggested} if suggested else {}
        )


def read(sent: object) -> dict[str, Any]:
    """The known fields of the destination as submitted. Only its form is checked.

    Raises InvalidAddress with all problems and without a suggestion.
    """
    if not isinstance(sent, dict):
        raise InvalidAddress(["destination is required"])
    destination = {field: sent[field] for field in FIELDS if field in sent}
    wrong = [
        f"{field} is not a text of at most {LONGEST} characters"
        for field in FIELDS
        if not _is_text(sent, field)
    ]
    if wrong:
        raise InvalidAddress(wrong)
    missing = [f"{field} is required" for field in REQUIRED if not _text(destination, field)]
    if missing:
        raise InvalidAddress(missing + _problems(destination))
    return destination


def check(destination: dict[str, Any]) -> None:
    """Check a destination against its country's postal rules. Raises InvalidAddress."""
    if problems := _problems(destination):
        raise InvalidAddress(problems, _suggested(destination))


def country_of(destination: dict[str, Any]) -> str:
    """The country's code in capitals."""
    return _text(destination, "country").upper()


def _is_text(sent: dict[str, Any], field: str) -> bool:
    """Whether a field is absent, null, or one line of text."""
    value = sent.get(field)
    if value is None:
        return True
    return (
        isinstance(value, str)
        and len(value) <= LONGEST
        and not any(unicodedata.category(character) == "Cc" for character in value)
    )


def _text(destination: dict[str, Any], field: str) -> str:
    return (destination.get(field) or "").strip()


def _problems(destination: dict[str, Any]) -> list[str]:
    """Problems of state and postal code by the country's rules.

    Cities are not checked, because no list of them is complete. An unknown country has no rules.
    """
    rules = rules_of(country_of(destination))
    return (
        [f"{field} is {what}" for field, what in _judged(rules, destination).items()]
        if rules
        else []
    )


def _judged(rules: Country, destination: dict[str, Any]) -> dict[str, str]:
    """The invalid fields, each with its problem."""
    return rules.problems(
        state=_text(destination, "state"),
        city=_text(destination, "city"),
        postal_code=_text(destination, "postal_code"),
    )


def _suggested(destination: dict[str, Any]) -> dict[str, Any] | None:
    """The destination with another state or spelling of the postal code, if that corrects it.

    At most ``MOST_CANDIDATES`` are tried.
    """
    rules = rules_of(country_of(destination))
    assert rules is not None  # noqa: S101  (without rules there was no problem)
    for candidate in islice(_candidates(rules, destination), MOST_CANDIDATES):
        if not _judged(rules, candidate):
            return candidate
    return None


def _candidates(rules: Country, destination: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Corrected destinations, the most likely first: each state with each spelling of the code."""
    codes = [code for code in dict.fromkeys(_postal_codes(rules, destination)) if rules.takes(code)]
    if not codes:
        return
    for state, code in product(dict.fromkeys(_states(rules, destination)), codes):
        corrections = {"state": state, "postal_code": code}
        yield destination | {
            field: new for field, new in corrections.items() if new != _text(destination, field)
        }


def _postal_codes(rules: Country, destination: dict[str, Any]) -> Iterator[str]:
    """The postal code as sent, without spaces and hyphens, and with them as in examples."""
    code = _text(destination, "postal_code").upper()
    yield code
    bare = re.sub(r"[^0-9A-Z]", "", code)
    yield bare
    for example in rules.examples:
        if len(re.sub(r"[^0-9A-Z]", "", example)) == len(bare):
            signs = iter(bare)
            yield "".join(next(signs) if sign.isalnum() else sign for sign in example)


def _states(rules: Country, destination: dict[str, Any]) -> Iterator[str]:
    """The state as sent, similar names, then all others: the postal code may select one."""
    state = _text(destination, "state")
    yield state
    if len(state) <= LONGEST_STATE:
        for label in get_close_matches(state.lower(), rules.labels, n=3):
            yield rules.labels[label]
    if _text(destination, "postal_code"):
        yield from rules.states

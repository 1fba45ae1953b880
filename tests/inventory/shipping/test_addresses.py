"""Addresses: refusals by a country's postal rules, and suggested corrections."""

from __future__ import annotations

from typing import Any
from unittest.mock import Mock

import pytest

from inventory.shipping import addresses
from inventory.shipping.addresses import InvalidAddress, check, country_of, read
from inventory.shipping.postal_rules import Country
from tests.shipments import ADDRESS


def checked(sent: object) -> dict[str, Any]:
    destination = read(sent)
    check(destination)
    return destination


def refused(**changes: Any) -> dict[str, Any]:
    with pytest.raises(InvalidAddress) as caught:
        checked(ADDRESS | changes)
    return dict(caught.value.more)


def test_it_releases_exactly_the_submitted_amount() -> None:
    assert checked(
        ADDRESS | {"country": "us", "state": "california", "note": "ring"}
    ) == ADDRESS | {
        "country": "us",
        "state": "california",
    }


@pytest.mark.parametrize(
    ("country", "state", "code"),
    [
        ("GB", "", "SW1A 1AA"),
        ("GB", "", "sw1a1aa"),
        ("DE", "", "10115"),
        ("JP", "Tokyo", "150-0002"),
        ("CA", "ON", "M5V 3L9"),
        ("AU", "NSW", "2000"),
        ("HK", "Kowloon", ""),
        ("AE", "Dubai", ""),
        ("ZZ", "", "anything"),
        ("Narnia", "Lantern Waste", "?"),
    ],
)
def test_it_accepts_valid_addresses_and_countries_without_rules(
    country: str, state: str, code: str
) -> None:
    assert (
        checked(ADDRESS | {"country": country, "state": state, "postal_code": code})["country"]
        == country
    )


def test_it_names_every_problem() -> None:
    assert refused(name="", city=None, state="Nowhere", postal_code="1")["details"] == (
        "name is required; city is required; state is invalid; postal_code is invalid"
    )


def test_it_suggests_nothing_while_fields_are_missing() -> None:
    assert "suggested" not in refused(name="", state="NY")


@pytest.mark.parametrize(
    ("changes", "corrected"),
    [
        ({"state": "Califronia"}, {"state": "CA"}),
        ({"state": "NY"}, {"state": "CA"}),
        ({"state": None}, {"state": "CA"}),
        ({"postal_code": "94 043"}, {"postal_code": "94043"}),
        ({"country": "PL", "state": None, "postal_code": "00950"}, {"postal_code": "00-950"}),
        ({"country": "CA", "state": "Ontaro", "postal_code": "M5V3L9"}, {"state": "ON"}),
    ],
)
def test_it_suggests_a_correction(changes: dict[str, Any], corrected: dict[str, Any]) -> None:
    assert refused(**changes)["suggested"] == ADDRESS | changes | corrected


def test_it_suggests_only_what_it_would_take() -> None:
    suggested = refused(state="Nwe York", postal_code="10001")["suggested"]
    assert checked(suggested) == suggested
    assert suggested["state"] == "NY"


def test_it_reads_a_country_in_capitals() -> None:
    assert country_of(ADDRESS | {"country": " gb "}) == "GB"


def tried(monkeypatch: pytest.MonkeyPatch, **changes: Any) -> list[dict[str, str]]:
    """The corrections tried for this refused address, without itself."""
    asked, problems = [], Country.problems

    def counted(self: Country, **fields: str) -> dict[str, str]:
        asked.append(fields)
        return problems(self, **fields)

    monkeypatch.setattr(Country, "problems", counted)
    refused(**changes)
    return asked[1:]


@pytest.mark.parametrize(
    ("country", "code", "times"),
    [("BR", "00000-000", 56), ("IT", "99999", 108), ("US", "00000", 63), ("RU", "000000", 86)],
)
def test_it_tries_each_state_once_with_each_spelling_of_the_code(
    monkeypatch: pytest.MonkeyPatch, country: str, code: str, times: int
) -> None:
    assert len(tried(monkeypatch, country=country, state="zzzz", postal_code=code)) == times


def test_it_tries_no_more_corrections_than_the_cap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(addresses, "MOST_CANDIDATES", 5)
    assert len(tried(monkeypatch, state="zzzz", postal_code="00000")) == 5


@pytest.mark.parametrize("code", ["", "x", "9" * 255, "00000-000-0", "\u0660" * 255])
def test_it_tries_no_state_for_a_code_that_the_country_never_has(
    monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    assert len(tried(monkeypatch, country="BR", state="zzzz", postal_code=code)) == 0


def test_it_compares_no_long_text_with_the_names_of_states(monkeypatch: pytest.MonkeyPatch) -> None:
    compare = Mock(return_value=[])
    monkeypatch.setattr(addresses, "get_close_matches", compare)
    refused(state="Califronia" + "a" * 245)
    assert not compare.called
    refused(state="Califronia")
    assert compare.call_args.args[0] == "califronia"

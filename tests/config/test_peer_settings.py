"""An invalid peer setting stops a command with one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.foundation import environment
from tests.config.foundation.test_environment import manage


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("", ""),
        ("https://oracle.example.com/", "https://oracle.example.com"),
        ("http://[::1]:9002/base", "http://[::1]:9002/base"),
    ],
)
def test_it_reads_a_base_url(monkeypatch: pytest.MonkeyPatch, value: str, read: str) -> None:
    monkeypatch.setenv("ORACLE_URL", value)
    assert environment.peer("ORACLE_URL") == read


@pytest.mark.parametrize(
    "value",
    [
        "https://",
        "http://h:99999",
        "http://h:0",
        "https://user:secret@h",
        "https://h/?a=b",
        "https://" + "x" * 70,
    ],
)
def test_it_refuses_an_invalid_base_url(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("ORACLE_URL", value)
    with pytest.raises(
        ImproperlyConfigured,
        match=r"^ORACLE_URL is not a plain base URL such as https://host/path\.$",
    ):
        environment.peer("ORACLE_URL")


def test_it_requires_a_key_for_the_treasury(tmp_path: Path) -> None:
    done = manage(
        tmp_path, "check", TREASURY_URL="https://treasury.example.com", TREASURY_KEY="short"
    )
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == (
        "manage.py: TREASURY_KEY: a key must have at least 32 characters."
    )


def test_it_reads_a_list_of_countries(monkeypatch: pytest.MonkeyPatch) -> None:
    assert environment.countries("SHIPPING_COUNTRIES", "US CA") == ["US", "CA"]
    monkeypatch.setenv("SHIPPING_COUNTRIES", "GB, JP")
    assert environment.countries("SHIPPING_COUNTRIES", "US CA") == ["GB", "JP"]


@pytest.mark.parametrize("value", ["USA", "us", "US CA", "US;CA", "U", "ÄÖ"])
def test_it_refuses_an_invalid_list_of_countries(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("SHIPPING_COUNTRIES", value)
    with pytest.raises(
        ImproperlyConfigured, match=r"^SHIPPING_COUNTRIES is not a list of two-letter country codes"
    ):
        environment.countries("SHIPPING_COUNTRIES", "US CA")

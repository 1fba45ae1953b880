"""Formats of money, times and people."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from config.foundation import money
from partners.templatetags import dashboard

NOW = datetime(2026, 4, 18, 19, 5, 14, tzinfo=UTC)


@pytest.mark.parametrize(
    ("amount", "written"),
    [
        (Decimal("98.5"), "$98.50"),
        (Decimal("1234567.89"), "$1,234,567.89"),
        (70.13, "$70.13"),
        (None, "–"),
    ],
)
def test_it_writes_money_with_both_cents(amount: Decimal | None, written: str) -> None:
    assert money.usd(amount) == written


@pytest.mark.parametrize(
    ("share", "written"),
    [
        ("0.8500", "85%"),
        ("0.8750", "87.5%"),
        ("1.0000", "100%"),
        ("0.1000", "10%"),
        ("0.333333", "33.33%"),
    ],
)
def test_it_writes_a_share_as_percent(share: str, written: str) -> None:
    assert money.percent(Decimal(share)) == written


@pytest.mark.parametrize(
    ("seconds", "written"),
    [
        (-0.1, "closed"),
        (0, "0 min 0 s"),
        (59.9, "0 min 59 s"),
        (3599, "59 min 59 s"),
        (3600, "1 h 0 min"),
        (86399, "23 h 59 min"),
        (90000, "1 d 1 h"),
    ],
)
def test_it_writes_a_span_in_its_two_largest_units(seconds: float, written: str) -> None:
    assert dashboard.remaining(seconds) == written


def test_it_writes_a_moment_with_utc_for_the_hover() -> None:
    assert dashboard.moment(NOW) == (
        '<time datetime="2026-04-18T19:05:14Z" title="2026-04-18 19:05:14 UTC" data-moment>'
        "18 Apr 2026, 19:05 UTC</time>"
    )
    assert dashboard.moment(None) == "–"


def test_it_counts_down_to_a_moment() -> None:
    assert "data-countdown>1 h 30 min</time>" in dashboard.countdown(
        NOW + timedelta(minutes=90), NOW
    )


@pytest.mark.parametrize(
    ("name", "written"),
    [("user:a@b.test", "a@b.test"), ("key:ab12", "API key ab12"), ("system", "the system")],
)
def test_it_says_who_asked(name: str, written: str) -> None:
    assert dashboard.actor(name) == written


def test_it_finds_the_face_of_an_id_with_pipes_and_slashes() -> None:
    assert dashboard.face("v1|7/0") == "/faces/v1%7C7%2F0.svg"

"""Parts of every page: the menu, switching environments and partners, filter chips."""

from __future__ import annotations

import pytest
from django.template import Context, Template
from django.test import RequestFactory

from partners.dashboard.rendering import Chip
from partners.dashboard.sections import SECTIONS
from tests.dashboard.steps import markup, signed_in
from tests.world import World, make_membership


@pytest.mark.parametrize(
    ("section", "path"), [("users", "users/"), ("payouts", "payouts/"), ("overview", "")]
)
def test_it_keeps_the_section_when_the_mode_is_switched(
    world: World, section: str, path: str
) -> None:
    page = signed_in(world.northwind.viewer).get(f"/dashboard/live/{path}").content.decode()
    assert f'<a href="/dashboard/sandbox/{path}">Sandbox</a>' in page
    assert f'<a href="/dashboard/live/{path}" aria-current="true">Live</a>' in page


def test_it_marks_the_section_one_is_in(world: World) -> None:
    page = markup(signed_in(world.northwind.viewer).get("/dashboard/live/users/"))
    assert page.count('aria-current="page"') == 1
    assert 'href="/dashboard/live/users/" data-go="u" aria-current="page">' in page


def test_it_gives_each_section_a_key_of_its_own() -> None:
    assert len({one.key for one in SECTIONS}) == len(SECTIONS)


def test_it_stays_in_the_mode_when_the_partner_is_switched(world: World) -> None:
    make_membership(world.juniper.partner, user=world.northwind.viewer)
    client = signed_in(world.northwind.viewer)
    form = {"partner": world.juniper.partner.pk}
    assert (
        client.post("/dashboard/partner/", form | {"mode": "sandbox"}).headers["Location"]
        == "/dashboard/sandbox/"
    )
    assert (
        client.post("/dashboard/partner/", form | {"mode": "else"}).headers["Location"]
        == "/dashboard/live/"
    )


def test_it_offers_no_other_partner_to_a_member_of_one(world: World) -> None:
    page = signed_in(world.northwind.viewer).get("/dashboard/live/").content.decode()
    assert "Switch partner" not in page


def chips(*names: str) -> str:
    request = RequestFactory().get("/list/?state=paid&user=a%26b&after=x")
    context = Context(
        {"request": request, "chips": [Chip(name, name.title(), name) for name in names]}
    )
    return Template('{% include "dashboard/chips.html" %}').render(context)


def test_it_takes_one_filter_away_and_starts_at_page_one() -> None:
    page = chips("state", "user")
    assert 'href="/list/?user=a%26b"' in page
    assert 'href="/list/?state=paid"' in page
    assert "Clear all" in page


def test_it_shows_no_chips_without_filters() -> None:
    assert chips().strip() == ""
    assert "Clear all" not in chips("state")

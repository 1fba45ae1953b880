"""Addresses of forms are no pages: after signing in, the user returns to the form's page."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.urls import reverse

from config.dashboard import urlpatterns
from tests.dashboard.steps import HTMX, confirmed, signed_in
from tests.dashboard.test_roles import TABLE, Stock
from tests.world import PASSWORD, World

FORMS = [name for name, door in TABLE.items() if door.post] + ["switch", "usersessions_end"]
LOOKED_AT = {"bulk_preview", "remove"}  # these accept GET too
PAGE = "/dashboard/sandbox/users/"


def address(name: str, world: World, stock: Stock | None = None) -> str:
    if name == "usersessions_end":
        return reverse(name, args=[1])
    if name == "switch":
        return reverse("dashboard:switch")
    row, stock = TABLE[name].row, stock or Stock(world.northwind, "sandbox")
    return reverse(f"dashboard:{name}", args=["sandbox", *([getattr(stock, row)] if row else [])])


def sent_to(location: str) -> str:
    """The page after signing in."""
    (back,) = parse_qs(urlsplit(location).query)["next"]
    form = {"login": "owner@northwind.test", "password": PASSWORD, "next": back}
    client = Client()
    assert client.post("/login/", form).headers["Location"] == back
    assert client.get(back, follow=True).status_code == 200
    return back


@pytest.mark.parametrize("name", FORMS)
def test_it_leads_a_form_without_a_session_back_to_its_page(world: World, name: str) -> None:
    where = address(name, world)
    answer = Client().post(where, {}, headers={"Referer": f"http://testserver{PAGE}"})
    assert sent_to(answer.headers["Location"]) == PAGE


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize(
    "referer", ["", "its own", "https://elsewhere.test/dashboard/", "http://testserver/nowhere/"]
)
def test_it_leads_to_the_dashboard_where_no_page_is_known(
    world: World, name: str, referer: str
) -> None:
    where = address(name, world)
    sent_from = f"http://testserver{where}" if referer == "its own" else referer
    answer = Client().post(where, {}, headers={"Referer": sent_from} if sent_from else {})
    expected = where if name in LOOKED_AT and referer == "its own" else "/dashboard/"
    assert parse_qs(urlsplit(answer.headers["Location"]).query)["next"] == [expected]


def test_it_leads_a_fragment_from_such_an_address_to_the_dashboard(world: World) -> None:
    where = address("views", world)
    answer = Client().get(PAGE, headers=HTMX | {"HX-Current-URL": f"http://testserver{where}"})
    assert sent_to(answer.headers["HX-Redirect"]) == "/dashboard/"


def test_it_asks_for_the_password_and_leads_to_the_team_where_no_page_is_known(
    world: World,
) -> None:
    where = address("withdraw", world)
    form = {"environment": world.northwind.sandbox.pk}
    answer = signed_in(world.northwind.owner).post(
        where, form, headers={"Referer": f"http://testserver{where}"}
    )
    assert parse_qs(urlsplit(answer.headers["Location"]).query)["next"] == [
        "/dashboard/sandbox/team/"
    ]


@pytest.mark.breaks_books(reason="a statement alone")
def test_it_lists_every_address_of_a_form(world: World) -> None:
    """The control: exactly these addresses respond 405 to a GET."""
    client, stock, refusing = (
        confirmed(world.northwind.owner),
        Stock(world.northwind, "sandbox"),
        set(),
    )
    for name in (*TABLE, "switch"):
        if client.get(address(name, world, stock)).status_code == 405:
            refusing.add(name)
    assert refusing == set(FORMS) - LOOKED_AT - {"usersessions_end"}
    marked = {pattern.name for pattern in urlpatterns if vars(pattern.callback).get("form_only")}
    assert marked == refusing

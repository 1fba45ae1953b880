"""No page shows or changes rows of another partner or environment: every address with a row.

The addresses are those of config/dashboard.py (``test_roles.TABLE``). The caller is an owner, who
may do everything with own rows; as a control, the same form works there.
"""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from inventory.models import Item
from tests.dashboard.steps import confirmed, sell_form
from tests.dashboard.test_roles import TABLE, Stock
from tests.database.schema import our_models
from tests.world import NOW, Company, World, make_key

ROWS = [name for name, door in TABLE.items() if door.row]
TEAM = {"membership", "invitation"}  # a team is shared by both environments
# Every day has a page with the environment's own figures
# (tests/buyback/dashboard/test_statements.py).
DAYS = {"statement"}
# Form data that works with own rows; a page without a form responds 405.
FORMS: dict[str, dict[str, str]] = {
    "sell": {},
    "rotate": {"overlap": "24"},
    "revoke": {},
    "withdraw": {},
    "teammate": {"role": "operator"},
    "remove": {},
    "bulk_cancel": {},
    "order_move": {"to": "processing"},
}
TABLES = " || ".join(
    (
        "(SELECT coalesce(md5(string_agg(row::text, ',' ORDER BY row::text)), '') FROM "
        f"{model._meta.db_table} row)"
    )
    for model in our_models()
)


def everything() -> str:
    """All rows of all our tables, in short."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {TABLES}")
        (found,) = cursor.fetchone()
    return str(found)


def form(name: str, stock: Stock, here: int) -> dict[str, Any]:
    offer = sell_form(Item.objects.get(pk=stock.item)) if name == "sell" else {}
    return offer | FORMS.get(name, {}) | {"environment": here}


def trespass(
    client: Client, stock: Stock, here: Company, mode: str, names: list[str]
) -> dict[str, Any]:
    """Addresses that ``client`` finds or changes with this stock's rows in its own company."""
    wrong = {}
    for name in names:
        path = reverse(f"dashboard:{name}", args=[mode, getattr(stock, TABLE[name].row)])
        sent = form(name, stock, here.environment(mode).pk)
        before = everything()
        looked, acted = client.get(path), client.post(path, sent)
        changed = everything() != before
        answered = {looked.status_code, acted.status_code}
        if (
            changed
            or 404 not in answered
            or answered - {404, 405}
            or (name in FORMS and acted.status_code == 405)
        ):
            wrong[name] = (looked.status_code, acted.status_code, changed)
    return wrong


@pytest.mark.breaks_books(reason="a statement alone")
@pytest.mark.parametrize("mode", ["live", "sandbox"])
def test_it_finds_no_row_of_another_partner(world: World, mode: str) -> None:
    client, stock = confirmed(world.juniper.owner), Stock(world.northwind, mode)
    names = [name for name in ROWS if name not in DAYS]
    assert trespass(client, stock, world.juniper, mode, names) == {}


@pytest.mark.breaks_books(reason="a statement alone")
@pytest.mark.parametrize(("rows", "asked"), [("live", "sandbox"), ("sandbox", "live")])
def test_it_finds_no_row_of_the_other_mode(world: World, rows: str, asked: str) -> None:
    client, stock = confirmed(world.northwind.owner), Stock(world.northwind, rows)
    names = [name for name in ROWS if name not in DAYS and TABLE[name].row not in TEAM]
    assert trespass(client, stock, world.northwind, asked, names) == {}


@pytest.mark.parametrize(("mode", "other"), [("live", "sandbox"), ("sandbox", "live")])
def test_it_lists_no_key_of_another_partner_or_mode(world: World, mode: str, other: str) -> None:
    for number, home in enumerate(
        (world.northwind.environment(mode), world.northwind.environment(other))
    ):
        make_key(home, name=f"Works {number}")
        make_key(home, name=f"Ended {number}", revoked_at=NOW)
    page = f"/dashboard/{mode}/developers/keys/"
    ours, theirs = (
        confirmed(owner).get(page) for owner in (world.northwind.owner, world.juniper.owner)
    )
    seen = [
        [key.name for key in answer.context[part]]
        for answer in (ours, theirs)
        for part in ("active", "ended")
    ]
    assert seen == [["Works 0", "Server"], ["Ended 0"], ["Server"], []]
    assert ("Works 0" in theirs.content.decode(), "Works 1" in ours.content.decode()) == (
        False,
        False,
    )


@pytest.mark.parametrize("name", FORMS)
def test_it_acts_at_home(world: World, name: str) -> None:
    mode = "sandbox" if name == "order_move" else "live"
    client, stock = confirmed(world.northwind.owner), Stock(world.northwind, mode)
    path = reverse(f"dashboard:{name}", args=[mode, getattr(stock, TABLE[name].row)])
    sent, before = form(name, stock, world.northwind.environment(mode).pk), everything()
    assert client.post(path, sent).status_code in (200, 302)
    assert everything() != before

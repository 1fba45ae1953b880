"""Who may open which page: every address × every role × own and another partner's rows.

The addresses are those of config/dashboard.py. A new page fails the first test until it has a row.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from buyback.models import Payout
from buyback.sellback.sell_back import sell_back
from config.dashboard import urlpatterns
from partners.models import Environment, Membership, Role
from partners.records.actor import SYSTEM
from tests.bulk import make_bulk_line
from tests.calls import make_call
from tests.dashboard.steps import confirmed
from tests.invitations import make_invitation
from tests.shipments import make_order
from tests.world import NOW, Company, World, make_item, make_key, make_membership, make_statement

EVERYBODY, OPERATORS, OWNERS = (200, 200, 200), (403, 200, 200), (403, 403, 200)


@dataclass(frozen=True)
class Door:
    """The status for viewer, operator and owner; ``row``: the ``Stock``'s row in its address."""

    roles: tuple[int, int, int]
    row: str = ""
    elsewhere: int = 404  # for another partner's row
    post: bool = False  # a POST with the page's environment; success is 302


# A page without a partner: for everyone.
OUTSIDE = {"root", "login", "logout", "home", "switch"}
DONE_BY_OWNERS, NOBODY = (403, 403, 302), (404, 404, 404)
TABLE = {
    "overview": Door(EVERYBODY),
    "search": Door(EVERYBODY),
    "users": Door(EVERYBODY),
    "activity": Door(EVERYBODY),
    "holdings": Door(EVERYBODY, "collector"),
    "user_history": Door(EVERYBODY, "collector"),
    "item": Door(EVERYBODY, "item"),
    "views": Door(NOBODY, post=True),  # the list is missing
    "forget_view": Door(NOBODY, "collector", post=True),  # only one's own
    "sell": Door(OPERATORS, "item"),
    "outcome": Door(EVERYBODY, "item"),
    "expiring": Door(EVERYBODY),
    "bulk_sales": Door(EVERYBODY),
    "bulk_sale": Door(EVERYBODY, "bulk"),
    "bulk_results": Door(EVERYBODY, "bulk"),
    "bulk_preview": Door(OPERATORS, post=True),
    "bulk_start": Door((403, 409, 409), post=True),  # the list is missing
    "bulk_cancel": Door((403, 302, 302), "bulk", post=True),
    "buybacks": Door(EVERYBODY),
    "buybacks_csv": Door(EVERYBODY),
    "buyback": Door(EVERYBODY, "buyback"),
    "payouts": Door(EVERYBODY),
    "payouts_csv": Door(EVERYBODY),
    "payout": Door(EVERYBODY, "payout"),
    "statements": Door(EVERYBODY),
    "statements_csv": Door(EVERYBODY),
    "statement": Door(
        EVERYBODY, "day", elsewhere=200
    ),  # every environment has each day, with its own figures
    "statement_csv": Door(EVERYBODY, "day"),
    "statement_print": Door(EVERYBODY, "day"),
    "orders": Door(EVERYBODY),
    "orders_csv": Door(EVERYBODY),
    "order": Door(EVERYBODY, "order"),
    "keys": Door(EVERYBODY),
    "new_key": Door(OWNERS),
    "rotate": Door(OWNERS, "key"),
    "revoke": Door(OWNERS, "key"),
    "limit": Door(OWNERS, "key"),
    "revoke_all": Door(OWNERS),
    "requests": Door(OPERATORS),
    "request": Door(OPERATORS, "call"),
    "team": Door(EVERYBODY),
    "invite": Door(OWNERS),
    "withdraw": Door(DONE_BY_OWNERS, "invitation", post=True),
    "factor": Door(DONE_BY_OWNERS, post=True),
    "teammate": Door(OWNERS, "membership"),
    "remove": Door(DONE_BY_OWNERS, "membership", post=True),
    "audit": Door(OWNERS),
    # Live, which is tested here, has none of these; roles in the sandbox:
    # tests/inventory/dashboard/test_sandbox.py.
    "sandbox": Door(NOBODY),
    "sandbox_clock": Door(NOBODY, post=True),
    "sandbox_reset": Door(NOBODY, post=True),
    "order_move": Door(NOBODY, "order", post=True),  # tests/inventory/dashboard/test_shipping.py
}


@dataclass(frozen=True)
class Stock:
    """A company's rows in one mode, each created when needed."""

    company: Company
    mode: str = "live"

    @property
    def here(self) -> Environment:
        return self.company.environment(self.mode)

    @cached_property
    def item(self) -> Any:
        return make_item(self.here).pk

    @cached_property
    def collector(self) -> Any:
        return make_item(self.here).collector_id

    @cached_property
    def payout(self) -> Any:
        sold = make_item(self.here)
        return sell_back(
            environment=self.here, item_id=sold.public_id, by=SYSTEM, now=NOW
        ).payout_id

    @cached_property
    def buyback(self) -> Any:
        return Payout.objects.get(pk=self.payout).buyback_id

    @cached_property
    def order(self) -> Any:
        return make_order(self.here, make_item(self.here)).public_id

    @cached_property
    def day(self) -> Any:
        return make_statement(self.here).day

    @cached_property
    def bulk(self) -> Any:
        return make_bulk_line(make_item(self.here)).bulk_id

    @cached_property
    def invitation(self) -> Any:
        return make_invitation(self.company.partner).pk

    @cached_property
    def call(self) -> Any:
        return make_call(self.here).pk

    @cached_property
    def key(self) -> Any:
        return make_key(self.here)[0].pk

    @cached_property
    def membership(self) -> Any:
        return make_membership(self.company.partner).pk


def knock(client: Client, name: str, stock: Stock, here: Company) -> Any:
    """Request the page ``name`` for a row of ``stock``, as a member of ``here``."""
    door = TABLE[name]
    where = reverse(
        f"dashboard:{name}", args=["live", *([getattr(stock, door.row)] if door.row else [])]
    )
    return client.post(where, {"environment": here.live.pk}) if door.post else client.get(where)


def test_it_has_a_row_for_every_page() -> None:
    assert {pattern.name for pattern in urlpatterns} == set(TABLE) | OUTSIDE


@pytest.mark.parametrize("role", Role.values)
@pytest.mark.parametrize("name", TABLE)
def test_it_opens_ones_own_as_the_role_allows(world: World, name: str, role: str) -> None:
    answer = knock(
        confirmed(getattr(world.northwind, role)), name, Stock(world.northwind), world.northwind
    )
    assert answer.status_code == TABLE[name].roles[Role.values.index(role)]


@pytest.mark.parametrize("role", Role.values)
@pytest.mark.parametrize("name", [name for name, door in TABLE.items() if door.row])
def test_it_does_not_find_another_partners(world: World, name: str, role: str) -> None:
    members = Membership.objects.count()
    answer = knock(
        confirmed(getattr(world.juniper, role)), name, Stock(world.northwind), world.juniper
    )
    refused = TABLE[name].roles[Role.values.index(role)] == 403
    assert answer.status_code == (403 if refused else TABLE[name].elsewhere)
    assert "Northwind" not in answer.content.decode()
    assert Membership.objects.count() == members + (TABLE[name].row == "membership")

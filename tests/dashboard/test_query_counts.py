"""The number of queries of each page, which does not depend on the number of rows.

Every page of config/dashboard.py and of the account. A new page fails the first test until it has a
line.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.usersessions.models import UserSession
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from config.foundation import clock
from inventory.models import Collector
from partners.models import User
from tests.bulk import make_bulk_line, make_bulk_sale
from tests.calls import make_call
from tests.dashboard.rows import make_saved_view, make_tally, make_user_tally
from tests.dashboard.steps import confirmed, signed_in
from tests.dashboard.test_roles import NOBODY, TABLE
from tests.factors import give_factor
from tests.invitations import make_invitation
from tests.shipments import make_line, make_order
from tests.world import (
    Company,
    World,
    make_audit_entry,
    make_buyback,
    make_collector,
    make_event,
    make_item,
    make_key,
    make_membership,
    make_payout,
    make_statement,
    make_transfer,
)

# Session, user, memberships and environment are in each; a file has its audit entry in a
# transaction; account pages have no environment.
QUERIES = {
    "overview": 13,
    "search": 11,
    "users": 7,
    "activity": 7,
    "holdings": 9,
    "user_history": 8,
    "item": 8,
    "sell": 6,
    "outcome": 8,
    "expiring": 9,
    "bulk_sales": 6,
    "bulk_sale": 6,
    "bulk_results": 9,
    "bulk_preview": 6,
    "buybacks": 10,
    "buybacks_csv": 8,
    "buyback": 7,
    "payouts": 12,
    "payouts_csv": 8,
    "payout": 7,
    "statements": 6,
    "statements_csv": 8,
    "statement": 6,
    "statement_csv": 9,
    "statement_print": 6,
    "orders": 6,
    "orders_csv": 8,
    "order": 6,
    "keys": 6,
    "new_key": 4,
    "rotate": 5,
    "revoke": 5,
    "limit": 5,
    "revoke_all": 5,
    "requests": 8,
    "request": 5,
    "team": 6,
    "invite": 4,
    "teammate": 5,
    "audit": 6,
    "sandbox": 4,
}
ACCOUNT = {
    "mfa_index": 4,
    "mfa_add_webauthn": 7,
    "mfa_list_webauthn": 3,
    "usersessions_list": 4,
    "account_change_password": 2,
    "mfa_reauthenticate": 8,
    "mfa_view_recovery_codes": 3,
    "mfa_generate_recovery_codes": 3,
}
MANY = 11
FIND = {"search": "?q=user"}


def test_it_has_a_line_for_every_page() -> None:
    forms = {name for name, door in TABLE.items() if door.post} - {
        "bulk_preview"
    }  # they redirect to another page
    assert set(QUERIES) == set(TABLE) - forms


def make_session(user: User) -> None:
    """A session of this user in another browser."""
    key = signed_in(user).session.session_key
    UserSession.objects.create(
        user=user, ip="127.0.0.1", user_agent="Elsewhere/1.0", session_key=key
    )


class Shelf:
    """One user, order, bulk sellback and day, filled with a number of rows of each kind."""

    def __init__(self, company: Company) -> None:
        self.company, self.size = company, 0
        here = company.live
        self.order = make_order(here)
        self.bulk = make_bulk_sale(here)
        self.collector = make_collector(here)
        self.tally = make_user_tally(here, collector=self.collector)

    def fill(self, rows: int) -> None:
        for _ in range(rows):
            self.size += 1
            self._trade(self.collector)
            self._people()

    def _trade(self, collector: Collector) -> None:
        here, now = self.company.live, clock.now()
        closes = now + timedelta(hours=3)
        self.held, sold, sent = (
            make_item(here, collector=collector, now=now, expires_at=closes) for _ in range(3)
        )
        self.sale = make_buyback(sold, created_at=now)
        self.payout = make_payout(self.sale, created_at=now, paid_at=now)
        make_transfer(self.sale, created_at=now)
        make_bulk_line(self.held, bulk=self.bulk)
        make_order(here)
        make_line(self.order, sent)
        make_tally(here)
        make_user_tally(here)
        make_event(
            here, created_at=now, data={"item_id": sold.public_id, "user_id": collector.user_id}
        )
        self.day = make_statement(
            here, day=now.date() - timedelta(days=self.size), closed_at=now
        ).day

    def _people(self) -> None:
        company = self.company
        self.key = make_key(company.live)[0]
        self.call = make_call(company.live, key=self.key)
        self.member = make_membership(company.partner)
        make_session(company.owner)
        make_invitation(company.partner, expires_at=clock.now() + timedelta(days=1))
        make_audit_entry(partner=company.partner)
        make_saved_view(company.owner, company.live)

    def row(self, name: str) -> Any:
        """The row for a page's address."""
        rows = {
            "collector": self.collector.pk,
            "item": self.held.pk,
            "bulk": self.bulk.pk,
            "buyback": self.sale.pk,
            "payout": self.payout.pk,
            "day": self.day,
            "order": self.order.public_id,
            "key": self.key.pk,
            "call": self.call.pk,
            "membership": self.member.pk,
        }
        return rows[name]

    def addresses(self) -> Iterator[tuple[str, str]]:
        for name in QUERIES:
            door = TABLE[name]
            mode = "sandbox" if door.roles == NOBODY else "live"
            yield (
                name,
                reverse(
                    f"dashboard:{name}", args=[mode, *([self.row(door.row)] if door.row else [])]
                )
                + FIND.get(name, ""),
            )
        for name in ACCOUNT:
            yield name, reverse(name)


def asked(client: Client, shelf: Shelf) -> dict[str, int]:
    """The number of queries of each page."""
    found = {}
    for name, path in shelf.addresses():
        with CaptureQueriesContext(connection) as queries:
            if name == "bulk_preview":
                sent = {"environment": shelf.company.live.pk, "all": "1"}
                answer = client.post(path, sent)
            else:
                answer = client.get(path)
            b"".join(answer)  # a file's queries run while it is read
        assert answer.status_code == 200, path
        found[name] = len(queries)
    return found


@pytest.mark.breaks_books(reason="rows of every kind, without the sales that they come from")
def test_it_takes_as_many_queries_for_many_rows_as_for_one(world: World) -> None:
    client, shelf = confirmed(world.northwind.owner), Shelf(world.northwind)
    give_factor(world.northwind.owner)
    RecoveryCodes.activate(world.northwind.owner)
    shelf.fill(1)
    asked(client, shelf)  # the first page writes the session
    assert asked(client, shelf) == QUERIES | ACCOUNT
    shelf.fill(MANY)
    assert asked(client, shelf) == QUERIES | ACCOUNT

"""Access to rows: every address × every role × own and another partner's rows."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import pytest
from django.test import Client
from django.urls import reverse

from buyback.models import BulkSale, Payout
from buyback.sellback.sell_back import sell_back
from inventory.models import Item
from partners.models import Mode, Partner, Role
from partners.records.actor import SYSTEM
from tests.bulk import make_bulk_line
from tests.dashboard.steps import HTMX, assert_nothing_sold, post_sale, signed_in
from tests.world import Company, World, make_item, make_membership, make_partner, make_user


@dataclass(frozen=True)
class Stock:
    """One held item, one payout and one bulk sellback, in a company's live environment."""

    item: Item
    payout: Payout
    bulk: BulkSale

    @classmethod
    def of(cls, company: Company) -> Stock:
        sold = make_item(company.live)
        sale = sell_back(environment=company.live, item_id=sold.public_id, by=SYSTEM)
        held = make_item(company.live)
        return cls(held, Payout.objects.get(pk=sale.payout_id), make_bulk_line(held).bulk)


# Address → (role → status for own rows). Another partner's row gives 404 for every role.
LOOK = {"viewer": 200, "operator": 200, "owner": 200}
ROWS = (
    "holdings",
    "payout",
    "buyback",
    "sell",
    "outcome",
    "bulk_sale",
    "bulk_results",
    "item",
    "user_history",
)
DOORS = {
    "overview": LOOK,
    "users": LOOK,
    "payouts": LOOK,
    "payouts_csv": LOOK,
    "buybacks": LOOK,
    "buybacks_csv": LOOK,
    "buyback": LOOK,
    "statements": LOOK,
    "statements_csv": LOOK,
    "statement": LOOK,
    "search": LOOK,
    "expiring": LOOK,
    "bulk_sales": LOOK,
    "bulk_sale": LOOK,
    "bulk_results": LOOK,
    "outcome": LOOK,
    "holdings": LOOK,
    "item": LOOK,
    "user_history": LOOK,
    "activity": LOOK,
    "payout": LOOK,
    "sell": {"viewer": 403, "operator": 200, "owner": 200},
}


def address(door: str, stock: Stock) -> str:
    rows = {
        "holdings": stock.item.collector_id,
        "payout": stock.payout.pk,
        "buyback": stock.payout.buyback_id,
        "statement": stock.payout.created_at.date(),
        "sell": stock.item.pk,
        "outcome": stock.item.pk,
        "item": stock.item.pk,
        "user_history": stock.item.collector_id,
        "bulk_sale": stock.bulk.pk,
        "bulk_results": stock.bulk.pk,
    }
    return reverse(
        f"dashboard:{door}", args=[Mode.LIVE, rows[door]] if door in rows else [Mode.LIVE]
    )


@pytest.mark.parametrize(("door", "role"), list(itertools.product(DOORS, Role.values)))
def test_it_opens_ones_own_door_as_the_role_allows(world: World, door: str, role: str) -> None:
    client = signed_in(getattr(world.northwind, role))
    answer = client.get(address(door, Stock.of(world.northwind)))
    assert answer.status_code == DOORS[door][role]


@pytest.mark.parametrize(("door", "role"), list(itertools.product(ROWS, Role.values)))
def test_it_does_not_find_another_partners_row(world: World, door: str, role: str) -> None:
    client = signed_in(getattr(world.juniper, role))
    answer = client.get(address(door, Stock.of(world.northwind)))
    assert answer.status_code == (403 if (door, role) == ("sell", "viewer") else 404)
    assert "Northwind" not in answer.content.decode()


@pytest.mark.parametrize(
    "door",
    [
        "overview",
        "users",
        "payouts",
        "payouts_csv",
        "buybacks",
        "buybacks_csv",
        "expiring",
        "bulk_sales",
    ],
)
def test_it_lists_nothing_of_another_partner(world: World, door: str) -> None:
    stock = Stock.of(world.northwind)
    answer = signed_in(world.juniper.owner).get(address(door, stock))
    page = b"".join(answer).decode()
    assert stock.item.collector.user_id not in page
    assert stock.payout.collector.user_id not in page


@pytest.mark.parametrize("role", Role.values)
def test_it_does_not_sell_another_partners_item(world: World, role: str) -> None:
    item = make_item(world.northwind.live)
    answer = post_sale(
        signed_in(getattr(world.juniper, role)), item, environment=world.juniper.live.pk
    )
    assert answer.status_code == (403 if role == "viewer" else 404)
    assert_nothing_sold(item)


@pytest.mark.parametrize("door", DOORS)
def test_it_redirects_a_signed_out_user_to_the_login_page(world: World, door: str) -> None:
    where = address(door, Stock.of(world.northwind))
    answer = Client().get(where)
    assert answer.status_code == 302
    assert answer.headers["Location"] == f"/login/?next={where}"


def test_it_sends_the_whole_page_to_the_login_when_a_fragment_was_asked_for(world: World) -> None:
    where = "/dashboard/live/users/?q=a"
    answer = Client().get(where, headers=HTMX | {"HX-Current-URL": f"http://testserver{where}"})
    assert answer.headers["HX-Redirect"] == "/login/?next=%2Fdashboard%2Flive%2Fusers%2F%3Fq%3Da"


def test_it_helps_a_user_without_a_team(world: World) -> None:
    answer = signed_in(make_user("new@example.test")).get("/dashboard/")
    assert answer.status_code == 403
    assert "You are not in a team yet" in answer.content.decode()


def test_it_shows_no_staff_member_a_partners_pages(world: World) -> None:
    assert signed_in(world.admin).get("/dashboard/live/").status_code == 403


def test_it_keeps_the_partner_that_was_chosen(world: World) -> None:
    user = world.northwind.operator
    make_membership(world.juniper.partner, user=user)
    client = signed_in(user)
    assert "Juniper &amp; Sons" in client.get("/dashboard/live/").content.decode()
    client.post("/dashboard/partner/", {"partner": world.northwind.partner.pk})
    assert client.get("/dashboard/live/").context["request"].environment == world.northwind.live


@pytest.mark.parametrize("chosen", ["", "x", "999999"])
def test_it_does_not_switch_to_a_partner_one_is_not_in(world: World, chosen: str) -> None:
    client = signed_in(world.northwind.owner)
    assert (
        client.post(
            "/dashboard/partner/", {"partner": chosen or world.juniper.partner.pk}
        ).status_code
        == 404
    )
    assert client.get("/dashboard/live/").context["request"].environment == world.northwind.live


def test_it_only_shows_a_suspended_partner(world: World) -> None:
    item = make_item(world.northwind.live)
    Partner.objects.filter(pk=world.northwind.partner.pk).update(status=Partner.Status.SUSPENDED)
    client = signed_in(world.northwind.owner)
    page = client.get(
        reverse("dashboard:holdings", args=["live", item.collector_id])
    ).content.decode()
    assert "is suspended" in page
    assert "Sell back" not in page
    assert post_sale(client, item).status_code == 403
    assert_nothing_sold(item)


def test_it_has_no_page_for_a_partner_without_the_environment(world: World) -> None:
    user = make_user()
    make_membership(make_partner(), user=user)
    assert signed_in(user).get("/dashboard/live/").status_code == 404


def test_it_is_never_kept_by_a_cache(world: World) -> None:
    answer = signed_in(world.northwind.viewer).get("/dashboard/live/")
    assert "no-store" in answer.headers["Cache-Control"]
    assert "HX-Request" in answer.headers["Vary"]

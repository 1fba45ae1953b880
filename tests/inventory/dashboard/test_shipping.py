"""Shipping in the dashboard: list, file, an order's page by role, and the sandbox's buttons."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from inventory.models import Item, ShippingOrder
from inventory.shipping.fulfilment import advance
from inventory.shipping.orders import place
from partners.models import AuditEntry, Environment, Role
from partners.records.actor import SYSTEM
from tests.dashboard.steps import HTMX, markup, signed_in
from tests.shipments import ADDRESS, make_order, make_quote
from tests.world import NOW, World, make_item

LIST = "/dashboard/live/orders/"
LATER = NOW + timedelta(hours=1)


def shown(world: World, path: str = "", role: str = "viewer") -> str:
    return signed_in(getattr(world.northwind, role)).get(f"{LIST}{path}").content.decode()


def listed(world: World, query: str = "") -> list[str]:
    rows = signed_in(world.northwind.viewer).get(f"{LIST}{query}").context["page"].rows
    return [row.public_id for row in rows]


def order(environment: Environment, **fields: Any) -> ShippingOrder:
    return make_order(environment, make_item(environment), **fields)


def test_it_lists_only_own_orders_newest_first(world: World) -> None:
    old = order(world.northwind.live)
    new = make_order(
        world.northwind.live, *(make_item(world.northwind.live) for _ in range(3)), created_at=LATER
    )
    order(world.juniper.live)
    order(world.northwind.sandbox)
    assert listed(world) == [new.public_id, old.public_id]
    assert '<td class="right num">3</td>' in shown(world)
    assert "Mountain View, US" in shown(world)


def test_it_lists_those_of_one_state(world: World) -> None:
    made = {
        state: order(world.northwind.live, state=state).public_id
        for state in ("queued", "shipped", "failed")
    }
    assert listed(world, "?state=shipped") == [made["shipped"]]
    assert len(listed(world, "?state=lost")) == 3
    assert "No order is in this state" in shown(world, "?state=delivered")


def test_it_turns_pages_there_and_back(world: World) -> None:
    made = [
        order(world.northwind.live, created_at=NOW + timedelta(minutes=n // 2)).public_id
        for n in range(32)
    ]
    page = signed_in(world.northwind.viewer).get(LIST).context["page"]
    assert [row.public_id for row in page.rows] == made[:1:-1]
    assert listed(world, f"?after={page.next}") == made[1::-1]


@pytest.mark.parametrize("size", [1, 50])
def test_it_takes_as_many_queries_for_fifty_orders_as_for_one(
    world: World, size: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(size):
        order(world.northwind.live)
    client = signed_in(world.northwind.viewer)
    with django_assert_num_queries(
        6
    ):  # session, user, memberships, environment; the page, saved views
        client.get(LIST)


def test_it_answers_the_part_alone_to_htmx(world: World) -> None:
    order(world.northwind.live)
    part = signed_in(world.northwind.viewer).get(LIST, headers=HTMX).content.decode()
    assert part.lstrip().startswith('<div id="results"')


def test_it_writes_a_file_without_the_address(world: World) -> None:
    one = order(world.northwind.live, state="cancelled", error_message="=asked")
    order(world.northwind.live)
    answer = signed_in(world.northwind.viewer).get(f"{LIST}csv/?state=cancelled")
    text = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
    [row] = csv.DictReader(io.StringIO(text))
    assert answer["Content-Disposition"].startswith('attachment; filename="northwind-live-orders-')
    assert (row["order_id"], row["status"], row["items"]) == (one.public_id, "cancelled", "1")
    assert row["amount_usd"] == "5.00"
    assert (row["city"], row["country"], row["error_message"]) == ("Mountain View", "US", "'=asked")
    assert row["ended_at"] == "2026-04-18T19:05:14.000Z"
    assert ADDRESS["line1"] not in text


def test_it_shows_an_order_its_items_and_its_way(
    world: World, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    items = [make_item(world.northwind.live) for _ in range(2)]
    made = make_order(world.northwind.live, *items)
    for minutes, more in enumerate(
        ({}, {"tracking_number": "1Z", "tracking_url": "https://x.test/1Z"}, {})
    ):
        advance(order=made, by=SYSTEM, now=LATER + timedelta(minutes=minutes), **more)
    client = signed_in(world.northwind.viewer)
    with django_assert_num_queries(
        6
    ):  # session, user, memberships, environment; the order, its items
        answer = client.get(f"{LIST}{made.public_id}/")
    assert [(step.label, step.at) for step in answer.context["steps"]] == [
        ("Queued", NOW),
        ("Processing", LATER),
        ("Label created", LATER + timedelta(minutes=1)),
        ("Shipped", LATER + timedelta(minutes=2)),
    ]
    page = answer.content.decode()
    for text in (
        "1Z",
        "https://x.test/1Z",
        *(f"/dashboard/live/items/{item.pk}/" for item in items),
    ):
        assert text in page


@pytest.mark.parametrize("state", ["cancelled", "failed"])
def test_it_shows_how_far_an_order_came_that_was_given_up(world: World, state: str) -> None:
    made = advance(order=order(world.northwind.live), by=SYSTEM, now=LATER)
    advance(order=made, by=SYSTEM, to=state, error_message="The card is bent", now=LATER)
    answer = signed_in(world.northwind.viewer).get(f"{LIST}{made.public_id}/")
    assert [step.state for step in answer.context["steps"]] == ["queued", "processing", state]
    assert "The card is bent" in answer.content.decode()


@pytest.mark.parametrize("role", Role.values)
def test_it_hides_the_door_from_viewers(world: World, role: str) -> None:
    made = order(world.northwind.live)
    page = shown(world, f"{made.public_id}/", role)
    for part in (
        "Ada Moss",
        "1600 Amphitheatre Parkway",
        "94043",
        "+1 650 555 0100",
        "ada@example.test",
    ):
        assert (part in page) == (role != "viewer")
    assert "Mountain View CA" in page


@pytest.mark.parametrize("order_id", ["order_AAAAAAAAAAAAAAAA", "x"])
def test_it_knows_no_other_order(world: World, order_id: str) -> None:
    assert signed_in(world.northwind.viewer).get(f"{LIST}{order_id}/").status_code == 404


@pytest.mark.parametrize("role", Role.values)
def test_it_moves_a_sandboxs_order_for_operators_and_owners(world: World, role: str) -> None:
    here, client = world.northwind.sandbox, signed_in(getattr(world.northwind, role))
    made = order(here)
    there = f"/dashboard/sandbox/orders/{made.public_id}/"
    assert ("Begin</button>" in markup(client.get(there))) == (role != "viewer")
    answer = client.post(f"{there}move/", {"environment": here.pk, "to": "processing"})
    made.refresh_from_db()
    moved = role != "viewer"
    assert (answer.status_code, made.state) == ((302, "processing") if moved else (403, "queued"))
    assert (
        AuditEntry.objects.filter(actor__startswith="user:", action="shipping_order.moved").exists()
        == moved
    )


@pytest.mark.parametrize(
    ("form", "status"),
    [({"to": "delivered"}, 409), ({}, 409), ({"to": "cancelled", "environment": 1}, 409)],
)
def test_it_refuses_invalid_moves_and_stale_tabs(world: World, form: Any, status: int) -> None:
    here = world.northwind.sandbox
    made = order(here)
    sent = {"environment": here.pk} | form
    client = signed_in(world.northwind.owner)
    assert (
        client.post(f"/dashboard/sandbox/orders/{made.public_id}/move/", sent).status_code == status
    )
    made.refresh_from_db()
    assert made.state == "queued"


def test_it_moves_nothing_in_live(world: World) -> None:
    made = order(world.northwind.live)
    sent = {"environment": world.northwind.live.pk, "to": "processing"}
    assert (
        signed_in(world.northwind.owner).post(f"{LIST}{made.public_id}/move/", sent).status_code
        == 404
    )
    page = shown(world, f"{made.public_id}/", "owner")
    assert "Phygitals packs and ships the order" in page
    assert f"{made.public_id}/move/" not in page


def test_it_is_in_the_items_and_the_users_history(world: World) -> None:
    item = make_item(world.northwind.live)
    offer = make_quote(world.northwind.live, item)
    made = place(
        environment=world.northwind.live, rate_id=f"{offer.pk}_rate_standard", by=SYSTEM, now=NOW
    )
    advance(order=made, by=SYSTEM, to="cancelled", now=LATER)
    assert Item.objects.get().state == "held"
    client = signed_in(world.northwind.viewer)
    for path in (f"items/{item.pk}/", f"users/{item.collector_id}/history/"):
        answer = client.get(f"/dashboard/live/{path}")
        titles = [line.title for line in answer.context["lines"]]
        assert titles[-3:] == ["Shipping cancelled", "Shipping asked for", "Pulled"]
        assert answer.content.decode().count(f'href="{LIST}{made.public_id}/"') == 2

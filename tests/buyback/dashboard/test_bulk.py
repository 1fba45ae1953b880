"""Selling back many items in the browser: preview, one confirmation, progress, results."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core import signing
from django.http import HttpResponse
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from buyback import tasks
from buyback.bulk import run, selection
from buyback.models import BulkLine, BulkSale, Payout
from config.foundation import clock
from inventory.models import Card, Item
from partners.dashboard import paging
from partners.models import Environment, Partner
from partners.records.actor import SYSTEM
from tests.bulk import make_bulk_line, make_bulk_sale
from tests.dashboard.steps import HTMX, assert_nothing_sold, markup, signed_in
from tests.world import World, make_buyback, make_collector, make_item, make_payout

BULK = "/dashboard/{mode}/bulk/"


@pytest.fixture(autouse=True)
def rung(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The bulk sellbacks that a worker was started for."""
    heard: list[str] = []
    monkeypatch.setattr(tasks.sell_bulk, "delay", heard.append)
    return heard


@pytest.fixture
def items(world: World) -> list[Item]:
    now = clock.now()
    live, pulled, closes = world.northwind.live, now - timedelta(days=1), now + timedelta(hours=5)
    return [
        make_item(live, now=pulled, expires_at=closes + timedelta(seconds=place))
        for place in range(3)
    ]


def post(client: Client, here: Environment, path: str, **sent: Any) -> HttpResponse:
    where = BULK.format(mode=here.mode) + path
    return client.post(where, {"environment": here.pk} | sent)  # type: ignore[return-value]


def order(items: Sequence[Item], **fields: Any) -> str:
    return selection.signed(
        fields.get("here", items[0].environment), [(item.pk, item.buyback_price) for item in items]
    )


def look(world: World, path: str, role: str = "operator", **headers: str) -> HttpResponse:
    where = BULK.format(mode="live") + path
    return signed_in(getattr(world.northwind, role)).get(where, headers=headers)  # type: ignore[return-value]


def test_it_previews_the_selected_items(world: World, items: list[Item]) -> None:
    ticked = [items[0].pk, items[1].pk]
    answer = post(
        signed_in(world.northwind.operator), items[0].environment, "preview/", item=ticked
    )
    page = answer.content.decode()
    assert "Sell back 2 items for $140.26" in page
    assert "A bulk sellback has at most 1,000 items." in page
    assert "pricing service" not in page
    sent = selection.read(answer.context["order"], items[0].environment)  # type: ignore[attr-defined]
    assert sent is not None
    assert sent.chosen == [(items[0].pk, Decimal("70.13")), (items[1].pk, Decimal("70.13"))]
    assert not BulkSale.objects.exists()


def test_it_previews_all_that_a_filter_matches(world: World, items: list[Item]) -> None:
    client, live = signed_in(world.northwind.operator), world.northwind.live
    for query, number in (
        ("", 3),
        ("within=1h", 0),
        (f"user={items[0].collector.user_id}&after=x", 1),
    ):
        answer = post(client, live, "preview/", all="1", query=query)
        assert len(answer.context["sellable"]) == number  # type: ignore[attr-defined]
        assert ("Nothing to sell back" in answer.content.decode()) is (number == 0)


def test_it_says_what_does_not_sell_and_why(world: World, items: list[Item]) -> None:
    Item.objects.filter(pk=items[0].pk).update(expires_at=clock.now() - timedelta(seconds=1))
    Item.objects.filter(pk=items[1].pk).update(state="shipping")
    ticked = [item.pk for item in items]
    answer = post(
        signed_in(world.northwind.operator), world.northwind.live, "preview/", item=ticked
    )
    why = [(item.pk, why) for item, why in answer.context["refused"]]  # type: ignore[attr-defined]
    assert why == [
        (items[0].pk, "The window has closed"),
        (items[1].pk, "No longer held by the user"),
    ]
    assert "Sell back 1 item for $70.13" in answer.content.decode()


def test_it_takes_no_more_than_one_bulk_sale_holds(
    world: World, items: list[Item], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "MOST", 2)
    answer = post(
        signed_in(world.northwind.operator), world.northwind.live, "preview/", all="1", query=""
    )
    assert [item.pk for item, _ in answer.context["sellable"]] == [items[0].pk, items[1].pk]  # type: ignore[attr-defined]
    assert "A bulk sellback has at most 2" in answer.content.decode()


@pytest.mark.parametrize(
    "sent", [{}, {"item": "x"}, {"item": "9" * 30}, {"again": "x"}, {"item": "0"}]
)
def test_it_previews_nothing_when_nothing_was_chosen(
    world: World, items: list[Item], sent: dict[str, str]
) -> None:
    answer = post(signed_in(world.northwind.operator), world.northwind.live, "preview/", **sent)
    assert (answer.status_code, "No item was selected" in answer.content.decode()) == (200, True)


def test_it_previews_no_item_of_another_environment(world: World, items: list[Item]) -> None:
    for company, mode in ((world.juniper, "live"), (world.northwind, "sandbox")):
        answer = post(
            signed_in(company.operator), company.environment(mode), "preview/", item=[items[0].pk]
        )
        assert "No item was selected" in answer.content.decode()


def test_it_retries_no_bulk_sellback_of_another_environment(world: World) -> None:
    theirs = make_bulk_line(make_item(world.juniper.live, now=clock.now()), state="cancelled").bulk
    answer = post(
        signed_in(world.northwind.operator), world.northwind.live, "preview/", again=str(theirs.pk)
    )
    assert "No item was selected" in answer.content.decode()


def test_it_says_that_a_filter_was_not_looked_for_in_all_windows(
    world: World, items: list[Item], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "LOOK_THROUGH", 2)
    client, live = signed_in(world.northwind.operator), world.northwind.live
    answer = post(client, live, "preview/", all="1", query="least=1")
    assert [item.pk for item, _ in answer.context["sellable"]] == [items[0].pk, items[1].pk]  # type: ignore[attr-defined]
    assert "Only the 2 windows that close first were searched." in answer.content.decode()


def test_it_starts_what_was_confirmed_and_wakes_a_worker(
    world: World, items: list[Item], rung: list[str]
) -> None:
    answer = post(
        signed_in(world.northwind.operator), items[0].environment, "start/", order=order(items)
    )
    sale = BulkSale.objects.get()
    assert answer.headers["Location"] == f"/dashboard/live/bulk/{sale.pk}/"
    assert rung == [str(sale.pk)]
    assert sale.requested_by == f"user:{world.northwind.operator.email}"
    lines = list(sale.lines.values_list("item", "amount", "state"))
    assert lines == [(item.pk, Decimal("70.13"), "pending") for item in items]


def test_it_starts_once_for_a_form_sent_twice(world: World, items: list[Item]) -> None:
    client, form = signed_in(world.northwind.operator), order(items)
    first, second = (post(client, items[0].environment, "start/", order=form) for _ in range(2))
    assert first.headers["Location"] == second.headers["Location"]
    assert (BulkSale.objects.count(), BulkLine.objects.count()) == (1, 3)


@pytest.mark.parametrize("whose", ["nobody's", "another environment's"])
def test_it_starts_no_list_that_is_not_its_own(world: World, items: list[Item], whose: str) -> None:
    form = "x" if whose == "nobody's" else order(items, here=world.juniper.live)
    answer = post(signed_in(world.northwind.operator), world.northwind.live, "start/", order=form)
    assert (answer.status_code, "This list is out of date" in answer.content.decode()) == (
        409,
        True,
    )
    assert not BulkSale.objects.exists()


@pytest.mark.parametrize("changed", ["item", "amount"])
def test_it_starts_no_list_that_was_tampered_with(
    world: World, items: list[Item], rung: list[str], changed: str
) -> None:
    """The list is readable but signed: a changed one is refused, the original one starts."""
    form, client, live = order(items[:1]), signed_in(world.northwind.operator), world.northwind.live
    here, token, ((item, amount),) = signing.loads(form, salt=selection.SALT)
    line = [items[1].pk, amount] if changed == "item" else [item, "7013.00"]
    forged = signing.dumps([here, token, [line]], salt="another").split(":")[0]
    answer = post(client, live, "start/", order=":".join((forged, *form.split(":")[1:])))
    assert (answer.status_code, BulkSale.objects.count(), rung) == (409, 0, [])
    assert_nothing_sold(items[0])
    assert post(client, live, "start/", order=form).status_code == 302


def test_it_starts_no_list_of_more_than_an_hour_ago(
    world: World, items: list[Item], monkeypatch: pytest.MonkeyPatch
) -> None:
    form = order(items)
    monkeypatch.setattr(selection, "AGE", -1)
    assert (
        post(
            signed_in(world.northwind.operator), world.northwind.live, "start/", order=form
        ).status_code
        == 409
    )
    assert not BulkSale.objects.exists()


@pytest.mark.parametrize("path", ["preview/", "start/", "cancel"])
@pytest.mark.parametrize("obstacle", ["viewer", "suspended", "stale tab"])
def test_it_refuses_who_may_not_and_changes_nothing(
    world: World, items: list[Item], rung: list[str], path: str, obstacle: str
) -> None:
    sale = make_bulk_sale(world.northwind.live)
    line = make_bulk_line(items[0], bulk=sale)
    if obstacle == "suspended":
        Partner.objects.filter(pk=world.northwind.partner.pk).update(status="suspended")
    client = signed_in(world.northwind.viewer if obstacle == "viewer" else world.northwind.operator)
    sent = {"environment": world.northwind.sandbox.pk} if obstacle == "stale tab" else {}
    where = f"{sale.pk}/cancel/" if path == "cancel" else path
    answer = post(
        client, world.northwind.live, where, order=order(items), item=[items[0].pk], **sent
    )
    assert answer.status_code == (409 if obstacle == "stale tab" else 403)
    line.refresh_from_db()
    assert (line.state, BulkSale.objects.count(), rung) == ("pending", 1, [])
    assert_nothing_sold(items[0])


def test_it_shows_how_far_it_is_and_stops_asking_at_the_end(
    world: World, items: list[Item]
) -> None:
    sale = run.start(
        environment=world.northwind.live,
        token=selection.read(order(items), world.northwind.live).token,  # type: ignore[union-attr]
        chosen=[(item.pk, item.buyback_price) for item in items],
        by=SYSTEM,
        now=clock.now(),
    )
    poll = HTMX | {"HX-Target": "progress"}
    waiting = look(world, f"{sale.pk}/", **poll)
    assert (waiting.status_code, 'hx-trigger="every 2s"' in waiting.content.decode()) == (200, True)
    run.sell_next(sale.pk)
    done = look(world, f"{sale.pk}/", **poll)
    assert (
        done.status_code,
        done.headers["HX-Trigger"],
        "hx-trigger" in done.content.decode(),
    ) == (
        286,
        '{"over": {}}',
        False,
    )
    page = look(world, f"{sale.pk}/").content.decode()
    assert "$210.39" in page
    assert '<progress class="bar" max="3" value="3"' in page
    assert page.count("View payout") == 3


@pytest.mark.breaks_books("rows are put into states without the sales that lead there")
def test_it_says_what_became_of_each_item(world: World, items: list[Item]) -> None:
    sale = make_bulk_sale(world.northwind.live)
    sold = make_buyback(items[0])
    payout = make_payout(sold)
    make_bulk_line(items[0], bulk=sale, state="sold", buyback=sold)
    make_bulk_line(items[1], bulk=sale, state="refused", reason="price_changed")
    make_bulk_line(
        items[2], bulk=sale, state="unknown", buyback=make_buyback(items[2], state="unknown")
    )
    page = markup(look(world, f"{sale.pk}/"))
    assert f'Sold back and paid.<a href="/dashboard/live/payouts/{payout.pk}/">' in page
    assert "The price had changed" in page
    assert "The payment is not confirmed yet." in page
    refused = look(world, f"{sale.pk}/?state=refused").content.decode()
    assert ("The price had changed" in refused, "Sold back and paid" in refused) == (True, False)


def test_it_previews_unsold_items_again(world: World, items: list[Item]) -> None:
    sale = make_bulk_sale(world.northwind.live)
    make_bulk_line(items[0], bulk=sale, state="refused", reason="price_changed")
    make_bulk_line(items[1], bulk=sale, state="cancelled")
    assert "Retry unsold" in look(world, f"{sale.pk}/").content.decode()
    Card.objects.filter(pk=items[0].card_id).update(fmv=Decimal(100))
    answer = post(
        signed_in(world.northwind.operator), world.northwind.live, "preview/", again=str(sale.pk)
    )
    chosen = [(item.pk, amount) for item, amount in answer.context["sellable"]]  # type: ignore[attr-defined]
    assert chosen == [(items[0].pk, Decimal("85.00")), (items[1].pk, Decimal("70.13"))]


def test_it_cancels_the_rest(world: World, items: list[Item]) -> None:
    sale = make_bulk_sale(world.northwind.live)
    make_bulk_line(items[0], bulk=sale)
    assert "Cancel the rest" in look(world, f"{sale.pk}/").content.decode()
    answer = post(signed_in(world.northwind.operator), world.northwind.live, f"{sale.pk}/cancel/")
    assert answer.headers["Location"] == f"/dashboard/live/bulk/{sale.pk}/"
    sale.refresh_from_db()
    assert sale.cancelled_by == f"user:{world.northwind.operator.email}"
    page = look(world, f"{sale.pk}/").content.decode()
    assert "Not started: cancelled" in page


def test_it_shows_a_viewer_no_button(world: World, items: list[Item]) -> None:
    sale = make_bulk_sale(world.northwind.live)
    make_bulk_line(items[0], bulk=sale)
    make_bulk_line(items[1], bulk=sale, state="refused")
    page = look(world, f"{sale.pk}/", role="viewer").content.decode()
    assert ("Cancel the rest" in page, "Retry unsold" in page) == (False, False)


@pytest.mark.breaks_books("rows are put into states without the sales that lead there")
def test_it_is_a_csv_that_runs_no_formula(world: World, items: list[Item]) -> None:
    sale, cheeky = (
        make_bulk_sale(world.northwind.live),
        make_collector(world.northwind.live, "=1+1"),
    )
    sold, other = make_buyback(items[0]), make_item(world.northwind.live, collector=cheeky)
    payout = make_payout(sold)
    first = make_bulk_line(items[0], bulk=sale, state="sold", buyback=sold)
    make_bulk_line(other, bulk=sale, state="refused", reason="expired")
    answer = look(world, f"{sale.pk}/results.csv")
    head, one, two = csv.reader(b"".join(answer.streaming_content).decode().splitlines())  # type: ignore[attr-defined]
    assert head[:4] == ["item_id", "card", "user_id", "amount_usd"]
    assert one[2:] == [
        *(items[0].collector.user_id, "70.13", "sold", "Sold back and paid."),
        *(str(sold.pk), str(payout.pk), "2026-04-18T19:05:14.000Z"),
    ]
    assert first.item_id == items[0].pk
    assert two[2:6] == [
        "'=1+1",
        "70.13",
        "refused",
        "Its window had closed. The user still holds it.",
    ]


def test_it_lists_bulk_sales_newest_first(
    world: World, items: list[Item], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    assert "No bulk sellbacks yet" in look(world, "").content.decode()
    old, new = (
        make_bulk_sale(world.northwind.live, created_at=clock.now() + timedelta(seconds=n))
        for n in (0, 1)
    )
    make_bulk_line(items[0], bulk=old, state="cancelled")
    make_bulk_line(items[1], bulk=new)
    make_bulk_line(make_item(world.juniper.live), state="refused")
    client = signed_in(world.northwind.viewer)
    # Session, user, memberships, environment; the bulk sellbacks; their lines counted.
    with django_assert_num_queries(6):
        answer = client.get(BULK.format(mode="live"))
    states = [(sale.pk, progress["word"]) for sale, progress in answer.context["sales"]]
    assert states == [(new.pk, "Running"), (old.pk, "Cancelled")]


def test_it_finds_no_bulk_sale_of_another_environment(world: World) -> None:
    sale = make_bulk_sale(world.juniper.live)
    for path in (f"{sale.pk}/", f"{sale.pk}/results.csv"):
        assert look(world, path).status_code == 404
    assert (
        post(
            signed_in(world.northwind.owner), world.northwind.live, f"{sale.pk}/cancel/"
        ).status_code
        == 404
    )
    assert not Payout.objects.exists()


def test_it_leads_a_lost_preview_back_to_the_queue(world: World) -> None:
    assert look(world, "preview/").headers["Location"] == "/dashboard/live/expiring/"

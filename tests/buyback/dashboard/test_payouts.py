"""The list of payouts, and one payout."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.http import HttpResponse
from pytest_django import DjangoAssertNumQueries

from buyback.dashboard.parts import totals
from buyback.ledger.statements import close_statements
from buyback.models import Payout
from buyback.outcomes import Sale
from buyback.sellback.sell_back import sell_back
from config.foundation import clock
from partners.dashboard import paging
from partners.models import Environment
from partners.records.actor import Actor
from tests.dashboard.steps import signed_in
from tests.world import World, make_card, make_collector, make_item, make_pack

KEY = Actor("key", "abc123")
NOON = datetime(2026, 4, 18, 12, tzinfo=UTC)

# Session, user, memberships, environment; a page of payouts; its total from statements, open days
# and unpaid payouts; packs, members and keys for the filters.
QUERIES = 12  # including saved views


def sale(environment: Environment, moment: datetime = NOON, user_id: str = "ann") -> Sale:
    collector = environment.collectors.filter(user_id=user_id).first() or make_collector(
        environment, user_id
    )
    item = make_item(environment, now=moment - timedelta(hours=1), collector=collector)
    return sell_back(environment=environment, item_id=item.public_id, by=KEY, now=moment)


def listed(world: World, query: str = "") -> list[object]:
    answer = signed_in(world.northwind.viewer).get(f"/dashboard/live/payouts/{query}")
    return [payout.pk for payout in answer.context["page"].rows]


def test_it_lists_the_newest_first(world: World) -> None:
    made = [
        sale(world.northwind.live, NOON + timedelta(hours=hours)).payout_id for hours in (0, 2, 1)
    ]
    assert listed(world) == [made[1], made[2], made[0]]


def test_it_filters_by_a_whole_user_id(world: World) -> None:
    ann = sale(world.northwind.live, user_id="ann").payout_id
    sale(world.northwind.live, user_id="anna")
    sale(world.juniper.live, user_id="ann")
    assert listed(world, "?user=ann") == [ann]
    assert listed(world, "?user=an") == []
    assert listed(world, "?user=%00") == []


def test_it_filters_by_utc_days_both_included(world: World) -> None:
    start, end = NOON.replace(hour=0), NOON.replace(hour=23, minute=59, second=59)
    kept = [sale(world.northwind.live, moment).payout_id for moment in (end, start)]
    sale(world.northwind.live, start - timedelta(seconds=1))
    sale(world.northwind.live, end + timedelta(seconds=1))
    assert listed(world, "?from=2026-04-18&to=2026-04-18") == kept


@pytest.mark.parametrize(
    "query", ["?from=x&to=9999-12-31", "?from=&to=", "?after=x", "?to=0000-00-00"]
)
def test_it_ignores_an_invalid_filter(world: World, query: str) -> None:
    assert listed(world, query) == [] == listed(world)
    made = sale(world.northwind.live).payout_id
    assert listed(world, query) == [made]


def test_it_walks_through_every_payout_once(world: World) -> None:
    made = [
        sale(world.northwind.live, NOON + timedelta(minutes=minute // 2)).payout_id
        for minute in range(60)
    ]
    client = signed_in(world.northwind.viewer)
    first = client.get("/dashboard/live/payouts/").context["page"]
    second = client.get("/dashboard/live/payouts/", {"after": first.next}).context["page"]
    seen = [payout.pk for payout in first.rows + second.rows]
    assert (len(first.rows), len(second.rows), second.next) == (30, 30, "")
    assert seen == sorted(made, key=lambda pk: (made.index(pk) // 2, pk), reverse=True)


def test_it_shows_everything_behind_one_payout(world: World) -> None:
    made = sale(world.northwind.live)
    page = (
        signed_in(world.northwind.viewer)
        .get(f"/dashboard/live/payouts/{made.payout_id}/")
        .content.decode()
    )
    for fact in (
        "$70.13",
        "$82.50",
        "85%",
        "ann",
        made.item_id,
        "API key abc123",
        "Treasury",
        "Paid out",
        "Sold back instantly",
    ):
        assert fact in page
    assert made.amount == Decimal("70.13")


def test_it_links_an_event_to_its_payout(world: World) -> None:
    made = sale(world.northwind.live)
    page = signed_in(world.northwind.viewer).get("/dashboard/live/").content.decode()
    assert f"/dashboard/live/payouts/{made.payout_id}/" in page


def test_it_distinguishes_no_payout_from_no_match(world: World) -> None:
    def page(query: str) -> HttpResponse:
        return signed_in(world.northwind.viewer).get(f"/dashboard/live/payouts/{query}")  # type: ignore[return-value]

    assert "No payouts yet" in page("").content.decode()
    assert "No payout matches" in page("?from=2026-01-01").content.decode()


def page_of(world: World, query: str = "") -> Any:
    return signed_in(world.northwind.viewer).get(f"/dashboard/live/payouts/{query}")


def total(world: World, query: str = "") -> tuple[int, Decimal | None]:
    found = page_of(world, query).context["total"]
    return (found.size, found.amount)


def test_it_adds_up_closed_days_from_their_statements_and_open_ones_itself(world: World) -> None:
    live = world.northwind.live
    for moment in (
        NOON,
        NOON + timedelta(days=1),
        NOON + timedelta(days=1, hours=1),
        NOON + timedelta(days=2),
    ):
        sale(live, moment)
    sale(world.juniper.live)
    close_statements(now=NOON + timedelta(days=2))
    assert total(world) == (4, Decimal("280.52"))
    assert total(world, "?from=2026-04-19&to=2026-04-20") == (3, Decimal("210.39"))
    assert total(world, "?from=2026-04-19&to=2026-04-19&state=paid") == (2, Decimal("140.26"))
    assert total(world, "?from=2026-04-20") == (1, Decimal("70.13"))


def test_it_counts_what_is_not_paid_and_adds_up_what_is(world: World) -> None:
    sale(world.northwind.live)
    with paid_later(sale(world.northwind.live).payout_id):
        assert total(world) == total(world, "?user=ann") == (2, Decimal("70.13"))
        assert total(world, "?state=paid") == (1, Decimal("70.13"))
        assert total(world, "?state=pending") == (1, Decimal("0.00"))


@contextmanager
def paid_later(payout: UUID) -> Iterator[None]:
    """A payout between sellback and bank, reset at the end."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SET CONSTRAINTS ALL IMMEDIATE; SET LOCAL session_replication_role = replica"
        )
        Payout.objects.filter(pk=payout).update(state="pending", paid_at=None)
        yield
        transaction.set_rollback(True)


def test_it_shows_no_sum_of_more_than_it_counts(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(totals, "COUNTED_TO", 2)
    monkeypatch.setattr(paging, "LOOK_THROUGH", 2)
    for _ in range(3):
        sale(world.northwind.live)
    assert total(world)[1] is None
    assert "More than 2 payouts." in page_of(world).content.decode()
    assert "No total" in page_of(world, "?min=70").content.decode()
    close_statements(now=NOON + timedelta(days=1))
    assert total(world) == (3, Decimal("210.39"))


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        ("min=85", ["b"]),
        ("max=85", ["b", "a"]),
        ("max=84.99", ["a"]),
        ("min=$70.13&max=1,000", ["b", "a"]),
        ("min=-1&max=NaN", ["b", "a"]),
        ("pack=box", ["b"]),
        ("pack=nothing", []),
        ("by=key:abc123", ["a"]),
        ("by=user:ops@x.test", ["b"]),
        ("by=user:nobody", []),
        ("by=%00&pack=%00", []),
        (
            "state=paid&user=b&pack=box&by=user:ops@x.test&min=85&from=2026-04-18&to=2026-04-18",
            ["b"],
        ),
        ("state=failed", []),
        ("state=lost", ["b", "a"]),
    ],
)
def test_it_narrows_by_every_filter(world: World, query: str, kept: list[str]) -> None:
    live = world.northwind.live
    sale(live, user_id="a")
    card = make_card(fmv=Decimal(100), pack=make_pack(slug="box"))
    item = make_item(
        live, card=card, collector=make_collector(live, "b"), now=NOON - timedelta(hours=1)
    )
    by = Actor("user", "ops@x.test")
    sell_back(environment=live, item_id=item.public_id, by=by, now=NOON + timedelta(minutes=1))
    answer = page_of(world, f"?{query}")
    assert [row.collector.user_id for row in answer.context["page"].rows] == kept
    assert answer.context["total"].size == len(kept)


def test_it_searches_a_limited_number_of_rows(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two of five rows match. A page searches two rows, and the next continues there."""
    monkeypatch.setattr(paging, "LOOK_THROUGH", 2)
    live, seen, after, pages = world.northwind.live, [], "", 0
    dear = [make_card(fmv=Decimal(500)), make_card(fmv=Decimal(500))]
    for number, card in enumerate([dear[0], None, None, None, dear[1]]):
        item = make_item(live, now=NOON - timedelta(hours=1), card=card)
        sell_back(
            environment=live, item_id=item.public_id, by=KEY, now=NOON + timedelta(minutes=number)
        )
    while pages == 0 or after:
        found = page_of(world, f"?min=400&after={after}").context["page"]
        seen += [row.amount for row in found.rows]
        after, pages = found.next, pages + 1
    assert (seen, pages) == ([Decimal(425), Decimal(425)], 3)


def test_it_knows_today_and_yesterday_by_the_environments_clock(world: World) -> None:
    sandbox = world.northwind.sandbox
    Environment.objects.filter(pk=sandbox.pk).update(clock_offset=timedelta(days=40))
    today = clock.now() + timedelta(days=40)
    client, made = signed_in(world.northwind.viewer), {}
    for ago in (0, 1, 6, 7):
        made[ago] = sale(sandbox, (today - timedelta(days=ago)).replace(hour=0)).payout_id
    for when, kept in {
        "today": [0],
        "yesterday": [1],
        "week": [0, 1, 6],
        "ever": [0, 1, 6, 7],
    }.items():
        rows = client.get(f"/dashboard/sandbox/payouts/?when={when}").context["page"].rows
        assert [row.pk for row in rows] == [made[ago] for ago in kept]


def test_it_shows_each_filter_as_a_chip_that_goes_away(world: World) -> None:
    chips = page_of(world, "?state=paid&min=5&user=ann&after=x").context["chips"]
    assert [(chip.label, chip.text) for chip in chips] == [
        ("State", "Paid"),
        ("At least", "$5.00"),
        ("User", "ann"),
    ]
    page = page_of(world, "?state=paid&min=5&user=ann&after=x").content.decode()
    assert 'href="/dashboard/live/payouts/?min=5&amp;user=ann"' in page


def test_it_exports_what_is_filtered(world: World) -> None:
    made = sale(world.northwind.live, user_id="=cmd|' /C calc'!A0")
    sale(world.northwind.live, NOON + timedelta(days=1))
    answer = signed_in(world.northwind.viewer).get("/dashboard/live/payouts/csv/?to=2026-04-18")
    rows = list(csv.DictReader(io.StringIO(b"".join(answer).decode(), newline="")))
    assert rows == [
        {
            "payout_id": str(made.payout_id),
            "state": "paid",
            "amount_usd": "70.13",
            "created_at": "2026-04-18T12:00:00.000Z",
            "paid_at": "2026-04-18T12:00:00.000Z",
            "user_id": "'=cmd|' /C calc'!A0",
            "item_id": made.item_id,
            "card": Payout.objects.get(pk=made.payout_id).buyback.item.card.name,
            "pack": Payout.objects.get(pk=made.payout_id).buyback.item.pack.slug,
            "buyback_id": str(made.buyback_id),
            "requested_by": "key:abc123",
        }
    ]
    assert "northwind-live-payouts-" in answer.headers["Content-Disposition"]


@pytest.mark.parametrize(
    ("query", "queries"),
    [
        ("", QUERIES),
        ("?user=u", 11),
        ("?min=1&pack=p&by=key:abc123", QUERIES + 6),
        ("?by=user:a@x.test", 10),
    ],
)
def test_it_takes_a_constant_number_of_queries(
    world: World, query: str, queries: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client = signed_in(world.northwind.viewer)
    for amount in (1, 10):
        for _ in range(amount):
            sale(world.northwind.live, user_id="u")
        with django_assert_num_queries(queries):
            client.get(f"/dashboard/live/payouts/{query}")

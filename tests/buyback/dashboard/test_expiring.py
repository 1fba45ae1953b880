"""The queue of open windows, ordered by deadline and filtered by the address."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.http import HttpResponse, QueryDict
from pytest_django import DjangoAssertNumQueries

from buyback.bulk import run
from buyback.dashboard.expiring import Filter
from config.foundation import clock
from inventory.models import Card, Item
from partners.dashboard import paging
from tests.dashboard.steps import markup, signed_in
from tests.world import World, make_card, make_collector, make_item, make_pack

# Session, user, memberships, environment; saved views; items, their tiers; packs; the count.
QUERIES = 9


def closing(world: World, mode: str = "live", **fields: object) -> Item:
    """An item whose window closes ``hours`` minus half an hour from now."""
    hours = fields.pop("hours", 1)
    environment = world.northwind.environment(mode)
    closes = environment.now() + timedelta(hours=hours) - timedelta(minutes=30)  # type: ignore[arg-type]
    pulled = environment.now() - timedelta(days=1)
    return make_item(environment, now=pulled, expires_at=closes, **fields)  # type: ignore[arg-type]


def queue(
    world: World, query: str = "", mode: str = "live", role: str = "operator"
) -> HttpResponse:
    answer = signed_in(getattr(world.northwind, role)).get(f"/dashboard/{mode}/expiring/{query}")
    assert answer.status_code == 200
    return answer  # type: ignore[return-value]


def shown(world: World, query: str = "", mode: str = "live") -> list[int]:
    return [item_card.item.pk for item_card in queue(world, query, mode).context["item_cards"]]  # type: ignore[attr-defined]


@pytest.mark.parametrize("mode", ["live", "sandbox"])
def test_it_shows_the_window_that_closes_first_at_the_top(world: World, mode: str) -> None:
    late, soon, mid = (closing(world, mode, hours=hours).pk for hours in (72, 1, 24))
    assert shown(world, mode=mode) == [soon, mid, late]


def test_it_leaves_out_what_cannot_be_sold(world: World) -> None:
    live, now = world.northwind.live, clock.now()
    make_item(live, now=now, expires_at=None)
    make_item(live, now=now - timedelta(days=1), expires_at=now - timedelta(seconds=1))
    make_item(live, now=now, expires_at=now + timedelta(hours=1), state="shipping")
    make_item(world.juniper.live, now=now, expires_at=now + timedelta(hours=1))
    make_item(world.northwind.sandbox, now=now)
    assert shown(world) == []
    assert "No window is open" in queue(world).content.decode()


def test_it_filters_by_the_window_left(world: World) -> None:
    items = [closing(world, hours=hours).pk for hours in (1, 24, 72, 168, 400)]
    for query, number in (("1h", 1), ("24h", 2), ("3d", 3), ("7d", 4), ("", 5), ("x", 5)):
        assert shown(world, f"?within={query}") == items[:number]


def test_it_filters_by_pack_and_user(world: World) -> None:
    pack, ann = make_pack(slug="the-pack"), make_collector(world.northwind.live, "ann")
    of_pack, of_ann = closing(world, pack=pack), closing(world, collector=ann)
    assert shown(world, "?pack=the-pack") == [of_pack.pk]
    assert shown(world, "?user=ann") == [of_ann.pk]
    assert (
        shown(world, "?pack=the-pack&user=ann")
        == shown(world, "?pack=no")
        == shown(world, "?user=an")
        == []
    )


def test_it_filters_live_items_by_what_they_are_worth_now(world: World) -> None:
    items = [
        closing(world, card=make_card(fmv=Decimal(fmv)), hours=1 + place).pk
        for place, fmv in enumerate((10, 20, 30))
    ]
    assert shown(world, "?least=20") == items[1:]
    assert shown(world, "?most=20") == items[:2]
    assert shown(world, "?least=20.00&most=20.00") == [items[1]]
    assert shown(world, "?least=x&most=-1") == items
    Card.objects.filter(items=items[0]).update(fmv=Decimal(99))
    assert shown(world, "?least=40") == [items[0]]


def test_it_asks_for_a_value_row_by_row(world: World) -> None:
    """With a join, PostgreSQL might start from all cards of that value."""
    live = world.northwind.live
    asked = Filter.of(QueryDict("least=20&most=30"))
    sql = str(asked.rows(live, live.now()).filter(asked.looked_for(live)).values("pk").query)
    assert sql.count("(SELECT U0.") == 2
    assert "JOIN" not in sql


def test_it_filters_sandbox_items_by_their_value_at_the_pull(world: World) -> None:
    item = closing(world, "sandbox", card=make_card(fmv=Decimal(50)))
    Card.objects.update(fmv=Decimal(10))
    assert shown(world, "?least=50&most=50", "sandbox") == [item.pk]


@pytest.mark.parametrize("query", ["least=1", "pack=box"])
def test_it_searches_a_limited_number_of_windows(
    world: World, monkeypatch: pytest.MonkeyPatch, query: str
) -> None:
    monkeypatch.setattr(paging, "LOOK_THROUGH", 2)
    box, other = make_pack(slug="box"), make_pack()
    rows = ((other, 10), (other, 10), (other, 10), (box, "0.50"), (box, 20))
    cards = [make_card(fmv=Decimal(fmv)) for _, fmv in rows]
    items = [
        closing(world, card=card, pack=pack, hours=1 + n)
        for n, ((pack, _), card) in enumerate(zip(rows, cards, strict=True))
    ]
    Card.objects.filter(pk__in=[card.pk for card in cards[:3]]).update(fmv=Decimal("0.10"))
    sought = [items[4].pk] if query == "least=1" else [items[3].pk, items[4].pk]
    answer, seen = queue(world, f"?{query}"), []
    assert "No match in the 5,000 windows that close next" in answer.content.decode()
    while cursor := answer.context["page"].next:  # type: ignore[attr-defined]
        answer = queue(world, f"?{query}&after={cursor}")
        seen += [item_card.item.pk for item_card in answer.context["item_cards"]]  # type: ignore[attr-defined]
    assert seen == sought


@pytest.mark.parametrize(
    ("query", "through_and_most", "label"),
    [
        ("", (1, 9), "Sell back all 3"),
        ("?least=1", (3, 9), "Sell back all 3"),
        ("?least=1", (2, 9), "Sell back the first 2"),
        ("", (9, 2), "Sell back the first 2"),
        ("?least=1", (9, 2), "Sell back the first 2"),
    ],
)
def test_it_says_how_many_one_bulk_sale_would_take(
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    query: str,
    through_and_most: tuple[int, int],
    label: str,
) -> None:
    monkeypatch.setattr(paging, "LOOK_THROUGH", through_and_most[0])
    monkeypatch.setattr(run, "MOST", through_and_most[1])
    for hours in (1, 2, 3):
        closing(world, hours=hours)
    assert f">{label}</button>" in markup(queue(world, query))


def test_it_names_the_filters_in_use_and_how_to_drop_each(world: World) -> None:
    closing(world, pack=make_pack(slug="the-pack", name="The Pack"))
    answer = queue(world, "?within=7d&pack=the-pack&least=5&most=9&after=x")
    chips = [(chip.label, chip.text) for chip in answer.context["chips"]]  # type: ignore[attr-defined]
    assert chips == [
        ("Closes within", "7 days"),
        ("Pack", "The Pack"),
        ("At least", "$5.00"),
        ("At most", "$9.00"),
    ]
    page = answer.content.decode()
    assert 'expiring/?within=7d&amp;pack=the-pack&amp;most=9"' in page
    assert 'expiring/?pack=the-pack&amp;least=5&amp;most=9"' in page


def test_it_distinguishes_no_window_from_no_match(world: World) -> None:
    assert "No window is open" in queue(world).content.decode()
    assert "No item matches" in queue(world, "?within=1h").content.decode()


def test_it_walks_through_every_item_once(world: World) -> None:
    collector = make_collector(world.northwind.live)
    items = [closing(world, collector=collector, hours=1 + place).pk for place in range(41)]
    first = queue(world).context  # type: ignore[attr-defined]
    assert [item_card.item.pk for item_card in first["item_cards"]] == items[:30]
    assert shown(world, f"?after={first['page'].next}") == items[30:]


def test_it_lets_only_those_select_who_may_sell(world: World) -> None:
    item = closing(world)
    for role, may in (("viewer", False), ("operator", True), ("owner", True)):
        page = queue(world, role=role).content.decode()
        assert (f'name="item" value="{item.pk}"' in page, "Sell back all 1" in page) == (may, may)


def test_it_runs_on_the_sandboxs_own_clock(world: World) -> None:
    item = closing(world, "sandbox", hours=24)
    assert shown(world, "?within=1h", "sandbox") == []
    world.northwind.sandbox.clock_offset = timedelta(hours=23)
    world.northwind.sandbox.save()
    assert shown(world, "?within=1h", "sandbox") == [item.pk]


@pytest.mark.parametrize(
    ("query", "more"), [("", 0), ("?within=24h&user=ann", 1), ("?least=1&pack=tidewater-box", 8)]
)
def test_it_takes_a_constant_number_of_queries(
    world: World, query: str, more: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """One more query for a user filter.

    Searching rows takes four more, for the page and for the button: the limit, and a transaction in
    which rows are joined one by one.
    """
    client, ann = signed_in(world.northwind.operator), make_collector(world.northwind.live, "ann")
    for amount in (1, 20):
        for _ in range(amount):
            closing(world, collector=ann, pack=world.pack)
        with django_assert_num_queries(QUERIES + more):
            client.get(f"/dashboard/live/expiring/{query}")


def test_it_takes_a_pack_and_a_user_that_no_column_could_hold(world: World) -> None:
    answer = signed_in(world.northwind.operator).get("/dashboard/live/expiring/?pack=%00&user=%00")
    assert answer.status_code == 200

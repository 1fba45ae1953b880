"""Bulk sellbacks: each item is sold once at the amount shown, or refused with a stored reason."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from buyback.bulk import run
from buyback.live import leases
from buyback.models import BulkLine, BulkSale, Buyback, Payout
from buyback.sellback.sell_back import sell_back
from config.foundation import clock
from inventory.models import Card, Item
from partners.models import AuditEntry, Environment, Partner
from partners.records.actor import SYSTEM, Actor
from tests.bulk import make_bulk_line, make_bulk_sale
from tests.world import NOW, World, make_buyback, make_item

ANN = Actor("user", "ann@northwind.test")
pytestmark = pytest.mark.django_db


def items_of(environment: Environment, number: int) -> list[Item]:
    return [make_item(environment, now=clock.now()) for _ in range(number)]


def started(*items: Item, **fields: object) -> BulkSale:
    """A bulk sellback of these items, each at its price at the pull."""
    chosen = [(item.pk, item.buyback_price) for item in items]
    order = {
        "environment": items[0].environment,
        "token": uuid4(),
        "chosen": chosen,
        "by": ANN,
        "now": NOW,
    } | fields
    return run.start(**order)  # type: ignore[arg-type]


def states(sale: BulkSale) -> list[tuple[str, str]]:
    return [(line.state, line.reason) for line in sale.lines.order_by("pk")]


def worked_off(sale: BulkSale) -> list[tuple[str, str]]:
    while run.sell_next(sale.pk):
        pass
    return states(sale)


@pytest.mark.parametrize("mode", ["live", "sandbox"])
def test_it_sells_each_item_in_the_members_name(world: World, mode: str) -> None:
    items = items_of(world.northwind.environment(mode), run.CHUNK + 1)
    sale = started(*items)
    assert not Buyback.objects.exists()
    assert run.sell_next(sale.pk)
    assert Payout.objects.count() == run.CHUNK
    assert not run.sell_next(sale.pk)
    assert states(sale) == [("sold", "")] * len(items)
    assert set(Buyback.objects.values_list("requested_by", flat=True)) == {
        "user:ann@northwind.test"
    }
    assert [line.buyback.item_id for line in sale.lines.all() if line.buyback] == [
        item.pk for item in items
    ]


def test_it_starts_once_for_one_token(world: World) -> None:
    items, token = items_of(world.northwind.live, 2), uuid4()
    first, second = started(*items, token=token), started(items[0], token=token)
    assert (first, BulkSale.objects.count(), BulkLine.objects.count()) == (second, 1, 2)
    assert AuditEntry.objects.count() == 1


def test_it_is_in_the_audit_log(world: World) -> None:
    sale = started(*items_of(world.northwind.live, 2))
    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.action, entry.target) == (
        str(ANN),
        "bulk_sale.started",
        f"buyback.bulksale:{sale.pk}",
    )
    assert entry.after == {"mode": "live", "items": 2, "amount": "140.26"}


@pytest.mark.parametrize(
    ("number", "refusal"), [(0, run.NothingChosen), (run.MOST + 1, run.TooMany)]
)
def test_it_refuses_none_and_too_many(world: World, number: int, refusal: type[Exception]) -> None:
    item = make_item(world.northwind.live)
    with pytest.raises(refusal):
        started(item, chosen=[(item.pk, Decimal(1))] * number)
    assert not BulkSale.objects.exists()


def test_it_says_why_an_item_was_not_sold(world: World) -> None:
    live, now = world.northwind.live, clock.now()
    sells, expired, gone, dearer = (make_item(live, now=now) for _ in range(4))
    sale = started(sells, expired, gone, dearer)
    Item.objects.filter(pk=expired.pk).update(expires_at=now - timedelta(seconds=1))
    sell_back(environment=live, item_id=gone.public_id, by=SYSTEM)
    Card.objects.filter(pk=dearer.card_id).update(fmv=Decimal("100.00"))
    reasons = [
        ("sold", ""),
        ("refused", "expired"),
        ("refused", "not_found"),
        ("refused", "price_changed"),
    ]
    assert worked_off(sale) == reasons
    assert Payout.objects.count() == 2


@pytest.mark.breaks_books("a sale that never ends")
def test_it_refuses_an_item_with_an_unresolved_sale(world: World) -> None:
    item = make_item(world.northwind.live, now=clock.now())
    sale = started(item)
    make_buyback(item, state="unknown")
    Item.objects.filter(pk=item.pk).update(state="selling")
    assert worked_off(sale) == [("refused", "in_progress")]


def test_it_sells_no_later_pull_of_the_same_card(world: World) -> None:
    item = make_item(world.northwind.live, now=clock.now())
    sale = started(item)
    sell_back(environment=item.environment, item_id=item.public_id, by=SYSTEM)
    again = make_item(world.northwind.live, card=item.card, now=clock.now())
    assert worked_off(sale) == [("refused", "not_found")]
    again.refresh_from_db()
    assert again.state == "held"


def test_it_cancels_what_has_not_begun(world: World) -> None:
    items = items_of(world.northwind.live, run.CHUNK + 2)
    sale = started(*items)
    run.sell_next(sale.pk)
    assert run.cancel(sale.pk, by=ANN, now=NOW) == 2
    assert worked_off(sale) == [("sold", "")] * run.CHUNK + [("cancelled", "")] * 2
    sale.refresh_from_db()
    assert (sale.cancelled_by, sale.cancelled_at) == (str(ANN), NOW)
    entry = AuditEntry.objects.get(action="bulk_sale.cancelled")
    assert (entry.actor, entry.after) == (str(ANN), {"items": 2})


def test_it_cancels_nothing_that_is_over(world: World) -> None:
    sale = started(*items_of(world.northwind.live, 1))
    run.sell_next(sale.pk)
    assert run.cancel(sale.pk, by=ANN, now=NOW) == 0
    sale.refresh_from_db()
    assert sale.cancelled_by == ""
    assert not AuditEntry.objects.filter(action="bulk_sale.cancelled").exists()


def test_it_stops_for_a_suspended_partner(world: World) -> None:
    sale = started(*items_of(world.northwind.live, 2))
    Partner.objects.filter(pk=world.northwind.partner.pk).update(status=Partner.Status.SUSPENDED)
    assert worked_off(sale) == [("cancelled", "")] * 2
    assert not Buyback.objects.exists()


def test_its_lines_end_by_the_environments_clock(world: World) -> None:
    """In a sandbox that is three days ahead, no line ends before its bulk sellback started."""
    sandbox = world.northwind.sandbox
    Environment.objects.filter(pk=sandbox.pk).update(clock_offset=timedelta(days=3))
    sandbox.refresh_from_db()
    sale = started(make_item(sandbox, now=sandbox.now()), now=sandbox.now())
    assert worked_off(sale) == [("sold", "")]
    line = sale.lines.get()
    assert line.closed_at is not None
    assert sale.created_at < line.closed_at < sandbox.now()


def test_it_cancels_for_a_suspended_partner_by_the_environments_clock(world: World) -> None:
    sandbox = world.northwind.sandbox
    Environment.objects.filter(pk=sandbox.pk).update(clock_offset=timedelta(days=3))
    sandbox.refresh_from_db()
    sale = started(make_item(sandbox, now=sandbox.now()), now=sandbox.now())
    Partner.objects.filter(pk=sandbox.partner_id).update(status="suspended")
    assert worked_off(sale) == [("cancelled", "")]
    sale.refresh_from_db()
    assert sale.cancelled_at is not None
    assert sale.created_at < sale.cancelled_at < sandbox.now()


def test_it_takes_over_a_line_whose_worker_is_gone_and_no_other(world: World) -> None:
    first, second = items_of(world.northwind.live, 2)
    sale, now = make_bulk_sale(world.northwind.live), clock.now()
    make_bulk_line(first, bulk=sale, state="selling", lease_until=now - timedelta(seconds=1))
    make_bulk_line(second, bulk=sale, state="selling", lease_until=now + timedelta(minutes=1))
    assert worked_off(sale) == [("sold", ""), ("selling", "")]
    assert Buyback.objects.count() == 1


def test_it_finds_the_outcome_of_an_unrecorded_sellback(world: World) -> None:
    item = make_item(world.northwind.live, now=clock.now())
    sale = started(item)
    line = run._claim(sale.pk, clock.now())
    assert line is not None
    run._sell(line)  # the worker dies here
    assert states(sale) == [("selling", "")]
    assert not run.sell_next(sale.pk, now=clock.now() + leases.sale())
    assert states(sale) == [("sold", "")]
    assert Payout.objects.count() == 1


def test_it_finds_bulk_sellbacks_without_a_worker(world: World) -> None:
    live, now = world.northwind.live, clock.now()
    begun, over, working, lost = (make_bulk_sale(live) for _ in range(4))
    soon, past = now + timedelta(minutes=1), now - timedelta(seconds=1)
    make_bulk_line(make_item(live), bulk=begun)
    make_bulk_line(make_item(live), bulk=over, state="refused")
    make_bulk_line(make_item(live), bulk=working, state="selling", lease_until=soon)
    make_bulk_line(make_item(live), bulk=working)
    make_bulk_line(make_item(live), bulk=lost, state="selling", lease_until=past)
    assert set(run.unattended(now=now)) == {begun.pk, lost.pk}


def test_it_counts_its_lines_by_state(
    world: World, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    items = items_of(world.northwind.live, 3)
    sale = started(*items)
    Item.objects.filter(pk=items[0].pk).update(expires_at=clock.now() - timedelta(seconds=1))
    worked_off(sale)
    with django_assert_num_queries(1):
        counted: Any = BulkSale.objects.counted().get()
    assert (counted.size, counted.sold, counted.refused, counted.pending) == (3, 2, 1, 0)
    assert (counted.offered, counted.paid) == (Decimal("210.39"), Decimal("140.26"))


def test_a_failing_line_does_not_block_others(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither in this run nor in the next one, which starts with the line left over."""
    sale, sell = started(*items_of(world.northwind.live, run.CHUNK + 2)), run._sell
    first = sale.lines.order_by("pk")[0].pk

    def fail_the_first(line: BulkLine) -> Any:
        if line.pk == first:
            raise ZeroDivisionError
        return sell(line)

    monkeypatch.setattr(run, "_sell", fail_the_first)
    for moment, left in ((clock.now(), True), (clock.now() + leases.sale(), False)):
        with pytest.raises(run.LinesFailed) as caught:
            run.sell_next(sale.pk, now=moment)
        assert caught.value.left is left
    assert states(sale) == [("selling", ""), *[("sold", "")] * (run.CHUNK + 1)]
    assert Payout.objects.count() == run.CHUNK + 1


def test_it_continues_an_abandoned_line_before_new_ones(world: World) -> None:
    """Its user is waiting, and there may be a thousand other lines."""
    sale = started(*items_of(world.northwind.live, run.CHUNK + 2))
    last = sale.lines.order_by("pk")[run.CHUNK + 1]
    over = clock.now() - timedelta(seconds=1)
    BulkLine.objects.filter(pk=last.pk).update(state="selling", lease_until=over)
    assert run.sell_next(sale.pk)
    assert states(sale) == [("sold", "")] * (run.CHUNK - 1) + [("pending", "")] * 2 + [("sold", "")]


@pytest.mark.parametrize(
    ("oracle", "treasury", "seconds"),
    [(2, 5, (15, 17, 20)), (10, 1, (20, 30, 21)), (10, 20, (30, 40, 50))],
)
def test_it_holds_a_sale_no_longer_than_the_peers_may_take(
    settings: Settings, oracle: int, treasury: int, seconds: tuple[int, ...]
) -> None:
    """One step, a whole sellback, and an idempotency key before its sellback."""
    settings.ORACLE_TIMEOUT, settings.TREASURY_TIMEOUT = oracle, treasury
    held = (leases.step(), leases.sale(), leases.key())
    assert tuple(one.total_seconds() for one in held) == seconds

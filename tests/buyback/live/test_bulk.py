"""Bulk sellbacks with peers: each item once at the price shown; unknown outcomes resolve later."""

from __future__ import annotations

from decimal import Decimal
from uuid import uuid4

import pytest
from pytest_django.fixtures import Settings

from buyback.bulk import run
from buyback.live import breakers, gateway
from buyback.models import BulkSale, Buyback, Payout, TreasuryControl
from config.foundation import clock
from config.peers.breaker import MAX_FAILURES, REST, Breaker
from inventory.models import Card, Item
from partners.records.actor import SYSTEM
from tests.buyback.live.shop import HASTY, PRICE, Shop, later, reconciled
from tests.buyback.live.test_breakers import Clock
from tests.dashboard.steps import signed_in


def started(shop: Shop, *items: Item, amount: Decimal = PRICE) -> BulkSale:
    chosen = [(item.pk, amount) for item in items]
    live = shop.world.northwind.live
    return run.start(environment=live, token=uuid4(), chosen=chosen, by=SYSTEM, now=clock.now())


def states(sale: BulkSale) -> list[tuple[str, str]]:
    return [(line.state, line.reason) for line in sale.lines.order_by("pk")]


def test_it_pays_each_item_once(shop: Shop) -> None:
    sale = started(shop, shop.item(), shop.item())
    run.sell_next(sale.pk)
    run.sell_next(sale.pk)
    assert states(sale) == [("sold", "")] * 2
    assert (len(shop.treasury.payments), Payout.objects.count()) == (2, 2)


def test_it_sells_at_no_other_price_than_was_shown(shop: Shop) -> None:
    sale = started(shop, shop.item(), amount=Decimal("70.12"))
    run.sell_next(sale.pk)
    assert states(sale) == [("refused", "price_changed")]
    assert (len(shop.treasury.payments), Payout.objects.count()) == (0, 0)


def test_it_previews_the_latest_known_price_and_shows_the_new_one_afterwards(
    shop: Shop,
) -> None:
    item, client = shop.item(), signed_in(shop.world.northwind.operator)
    Card.objects.filter(pk=item.card_id).update(priced_at=later(minutes=-1))
    shop.oracle.prices[item.public_id] = "90.00"
    sent = {"environment": item.environment_id}
    preview = client.post("/dashboard/live/bulk/preview/", sent | {"item": item.pk})
    assert [amount for _, amount in preview.context["sellable"]] == [PRICE]
    assert "An item whose price has changed stays unsold" in preview.content.decode()
    sale = started(shop, item)
    run.sell_next(sale.pk)
    assert states(sale) == [("refused", "price_changed")]
    again = client.post("/dashboard/live/bulk/preview/", sent | {"again": sale.pk})
    assert [amount for _, amount in again.context["sellable"]] == [Decimal("76.50")]
    assert Payout.objects.count() == 0


def test_it_says_when_the_treasury_declines(shop: Shop) -> None:
    sale = started(shop, shop.item(), shop.item())
    shop.treasury.fault("decline", times=1)
    run.sell_next(sale.pk)
    assert states(sale) == [("refused", "failed"), ("sold", "")]
    assert len(shop.treasury.payments) == 1


def test_it_resolves_unknown_outcomes_later(shop: Shop, settings: Settings) -> None:
    settings.TREASURY_TIMEOUT = HASTY
    sale = started(shop, shop.item())
    shop.treasury.fault("hang_after", times=1)
    run.sell_next(sale.pk)
    assert states(sale) == [("unknown", "")]
    assert sale.lines.get().buyback == Buyback.objects.get()
    assert run.unattended() == []
    assert run.unattended(now=later(minutes=2)) == [sale.pk]
    run.sell_next(sale.pk, now=later(minutes=2))
    assert states(sale) == [("sold", "")]
    assert (len(shop.treasury.payments), Payout.objects.count()) == (1, 1)


@pytest.fixture
def rests(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The treasury failed five times; the returned clock controls the pause."""
    moved = Clock()
    monkeypatch.setattr(breakers, "TREASURY", Breaker(moved))
    for _ in range(MAX_FAILURES):
        breakers.TREASURY.count(answered=False)
    return moved


def test_it_starts_no_line_while_a_peer_is_down_and_sells_each_afterwards(
    shop: Shop, rests: Clock
) -> None:
    sale = started(shop, *[shop.item() for _ in range(12)])
    assert not run.sell_next(sale.pk)
    assert (states(sale), shop.treasury.seen, Buyback.objects.count()) == (
        [("pending", "")] * 12,
        [],
        0,
    )
    assert run.unattended() == [sale.pk]
    rests.seconds = REST
    assert run.sell_next(sale.pk)
    run.sell_next(sale.pk)
    assert states(sale) == [("sold", "")] * 12
    assert (len(shop.treasury.payments), Payout.objects.count()) == (12, 12)


def test_it_stops_at_the_fifth_failure_and_sells_each_once_afterwards(
    shop: Shop, rests: Clock
) -> None:
    breakers.TREASURY.count(answered=True)
    items = [shop.item() for _ in range(MAX_FAILURES + 2)]
    sale = started(shop, *items)
    shop.treasury.fault("drop_after")
    assert not run.sell_next(sale.pk)
    assert states(sale) == [("unknown", "")] * MAX_FAILURES + [("pending", "")] * 2
    shop.treasury.fault(None)
    rests.seconds = REST
    assert all(reconciled(item) for item in items[:MAX_FAILURES])
    run.sell_next(sale.pk, now=later(minutes=2))
    assert states(sale) == [("sold", "")] * len(items)
    assert len(shop.treasury.payments) == Payout.objects.count() == len(items)


def test_it_retries_a_line_whose_peer_fails_at_the_claim(
    shop: Shop, rests: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The breaker opened in between: no key stores that refusal."""
    sale = started(shop, shop.item())
    with monkeypatch.context() as unseen:
        unseen.setattr(gateway, "is_resting", lambda _: False)
        run.sell_next(sale.pk)
    assert (states(sale), Buyback.objects.count()) == ([("selling", "")], 0)
    rests.seconds = REST
    run.sell_next(sale.pk, now=later(minutes=1))
    assert states(sale) == [("sold", "")]
    assert Payout.objects.count() == 1


def test_it_records_a_lines_outcome_while_a_peer_does_not_respond(shop: Shop, rests: Clock) -> None:
    breakers.TREASURY.count(answered=True)
    item = shop.item()
    sale = started(shop, item, shop.item())
    shop.treasury.fault("drop_after", times=1)
    run._work_on(run._claim(sale.pk, clock.now()), None)  # type: ignore[arg-type]
    for _ in range(MAX_FAILURES):
        breakers.TREASURY.count(answered=False)
    assert reconciled(item)
    assert not run.sell_next(sale.pk, now=later(minutes=2))
    assert states(sale) == [("sold", ""), ("pending", "")]


def test_it_refuses_lines_while_an_admin_has_paused_the_treasury(shop: Shop) -> None:
    """The pause may last for days."""
    TreasuryControl.objects.update(paused=True)
    sale = started(shop, shop.item(), shop.item())
    run.sell_next(sale.pk)
    assert states(sale) == [("refused", "failed")] * 2
    assert (Buyback.objects.count(), shop.treasury.seen) == (0, [])

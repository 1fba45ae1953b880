"""The guards for instant and step-by-step sellbacks: pause and caps, also under concurrency."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.db.models import F
from pytest_django.fixtures import Settings

from buyback.models import Alert, Buyback, TreasuryControl
from buyback.outcomes import ItemExpired, ItemNotFound, Sale, TransactionFailed
from buyback.sellback.sell_back import sell_back
from inventory.models import Item
from partners.models import Environment, Spend, SpendSlot
from partners.records.actor import SYSTEM
from tests.buyback.live.shop import (
    EXPIRED,
    FAILED,
    FREE,
    NOT_FOUND,
    PRICE,
    SETTLED,
    SOLD,
    SPENT,
    UNTOUCHED,
    Shop,
    later,
    reconciled,
    refused,
    rows,
    unresolved,
)
from tests.threads import together
from tests.world import World, make_collector, make_item, make_pack, make_purchase, make_spend

NOON = datetime(2026, 4, 18, 12, tzinfo=UTC)
CENT = Decimal("0.01")
AT_ONCE = 12


@pytest.fixture(params=["instant", "step by step"])
def either(request: pytest.FixtureRequest, shop: Shop, settings: Settings) -> Shop:
    """The shop with its peers, or without."""
    if request.param == "instant":
        settings.ORACLE_URL = settings.TREASURY_URL = ""
    return shop


def guard(**caps: Any) -> None:
    """Set only these guards."""
    free = {
        "paused": False,
        "cap_per_sale": None,
        "cap_per_partner_day": None,
        "cap_per_hour": None,
    }
    TreasuryControl.objects.update(**free | caps)


def spent() -> dict[str, Decimal]:
    """Spending by the kind of scope."""
    return {row.scope.partition(":")[0]: row.total for row in Spend.objects.with_total()}


def sell(item: Item, now: datetime | None = None) -> Sale:
    return sell_back(environment=item.environment, item_id=item.public_id, by=SYSTEM, now=now)


def turned_down(shop: Shop, item: Item) -> None:
    """The sellback is refused and the item stays held.

    Instant: no row is written. Step by step: only the failed attempt.
    """
    counted = spent()
    assert shop.sale(item) == FAILED
    found = rows(item)
    assert (found.item, found.moves, found.payouts) == ("held", (), ())
    assert spent() == counted
    assert shop.treasury.payments == []


def test_it_sells_nothing_while_paused(either: Shop) -> None:
    item = either.item()
    guard(paused=True)
    assert either.sale(item) == FAILED
    assert rows(item) == UNTOUCHED
    assert (either.oracle.seen, either.treasury.seen) == ([], [])
    guard()
    assert either.sale(item) == SOLD


def test_it_says_what_is_wrong_with_the_item_even_while_paused(either: Shop) -> None:
    guard(paused=True)
    assert either.sale("nothing") == NOT_FOUND
    assert either.sale(either.item(expires_at=later(seconds=-1))) == EXPIRED


def test_it_sells_in_the_sandbox_while_live_is_paused(either: Shop) -> None:
    item = make_item(either.world.northwind.sandbox, now=later(hours=-1))
    guard(paused=True, cap_per_sale=CENT, cap_per_partner_day=CENT, cap_per_hour=CENT)
    assert sell(item).amount == PRICE
    assert spent() == {}


def test_it_brings_open_sales_to_their_end_while_paused(shop: Shop) -> None:
    item = shop.item()
    shop.treasury.fault("drop_after", times=1)
    shop.sell(item)
    TreasuryControl.objects.update(paused=True)
    assert reconciled(item)
    assert rows(item).buyback == "settled"


def test_it_submits_nothing_again_while_paused(shop: Shop) -> None:
    item = shop.item()
    shop.treasury.fault("drop_before", times=1)
    shop.sell(item)
    TreasuryControl.objects.update(paused=True)
    assert not reconciled(item)
    assert rows(item) == unresolved("treasury: not found")
    assert shop.treasury.payments == []
    TreasuryControl.objects.update(paused=False)
    assert reconciled(item, now=later(minutes=2))
    assert rows(item) == SETTLED


def test_it_submits_nothing_when_the_switch_is_set_after_the_claim(shop: Shop) -> None:
    item = shop.item()
    shop.oracle.fault("slow", times=1, seconds=1.0)

    def switch() -> None:
        while not shop.oracle.seen:
            shop.oracle.stopping.wait(0.01)
        TreasuryControl.objects.update(paused=True)

    answer, _ = together([partial(shop.sale, item), switch])
    assert answer == FAILED
    assert rows(item) == refused("paused")
    assert shop.treasury.seen == []


@pytest.mark.parametrize(
    ("cap", "sold"),
    [
        ("cap_per_sale", False),
        ("cap_per_partner_day", False),
        ("cap_per_hour", False),
        (None, True),
    ],
)
def test_it_refuses_a_sale_a_cent_above_a_cap(either: Shop, cap: str | None, sold: bool) -> None:
    item = either.item()
    guard(**({cap: PRICE - CENT} if cap else {}))
    if sold:
        assert either.sale(item) == SOLD
    else:
        turned_down(either, item)


def test_it_sells_at_the_very_cap(either: Shop) -> None:
    item = either.item()
    guard(cap_per_sale=PRICE, cap_per_partner_day=PRICE, cap_per_hour=PRICE)
    assert either.sale(item) == SOLD
    assert spent() == {"partner": PRICE, "platform": PRICE}
    turned_down_after(either, either.item())


def turned_down_after(shop: Shop, item: Item) -> None:
    before = spent()
    assert shop.sale(item) == FAILED
    assert (rows(item).item, spent()) == ("held", before)


def test_it_counts_nothing_without_caps(either: Shop) -> None:
    guard()
    assert either.sale(either.item()) == SOLD
    TreasuryControl.objects.all().delete()
    assert either.sale(either.item()) == SOLD
    assert spent() == {}


@pytest.mark.parametrize(
    ("cap", "name"),
    [
        ("cap_per_sale", "one sale"),
        ("cap_per_partner_day", "partner:{}"),
        ("cap_per_hour", "platform"),
    ],
)
@pytest.mark.parametrize("key", [None, "k"])
def test_it_alerts_once_about_a_reached_cap(
    either: Shop, cap: str, name: str, key: str | None
) -> None:
    items = [either.item(), either.item()]
    guard(
        **{
            "cap_per_partner_day": Decimal(10_000),
            "cap_per_hour": Decimal(10_000),
            cap: PRICE - CENT,
        }
    )
    assert [either.sale(item, key=key and f"{key} {item.pk}") for item in items] == [FAILED, FAILED]
    alert = Alert.objects.get()
    environment = items[0].environment
    assert (alert.kind, alert.environment) == ("cap_reached", environment)
    assert alert.subject == f"cap {name.format(environment.partner_id)}"
    assert alert.detail == f"item {items[0].public_id}"
    assert spent() == {}  # the partner's day, counted first, is unchanged too


def test_it_alerts_about_a_cap_that_a_batch_has_reached(either: Shop) -> None:
    items = [either.item() for _ in range(3)]
    guard(cap_per_hour=PRICE)
    for key in (None, "k"):
        either.post("/vm/buyback/batch", {"item_ids": [item.public_id for item in items]}, key)
    assert (Buyback.objects.settled().count(), Alert.objects.get().subject) == (1, "cap platform")


def test_it_raises_no_alert_while_paused(either: Shop) -> None:
    guard(paused=True, cap_per_sale=CENT)
    assert either.sale(either.item()) == FAILED
    assert not Alert.objects.exists()


def test_it_caps_each_partner_by_itself_and_the_platform_as_one(either: Shop) -> None:
    ours, theirs = either.item(), make_item(either.world.juniper.live, now=later(hours=-1))
    guard(cap_per_partner_day=PRICE, cap_per_hour=PRICE * 2)
    assert either.sale(ours) == SOLD
    assert either.sale(either.item()) == FAILED
    assert sell(theirs).amount == PRICE
    assert Counter(row.total for row in Spend.objects.with_total()) == {PRICE: 2, PRICE * 2: 1}
    other = make_item(either.world.juniper.live, now=later(hours=-1))
    with pytest.raises(TransactionFailed):
        sell(other)


def own_cap(shop: Shop, cap: Decimal | None) -> None:
    Environment.objects.filter(pk=shop.world.northwind.live.pk).update(cap_per_day=cap)


@pytest.mark.parametrize("for_all", [None, PRICE, PRICE * 9])
def test_it_caps_a_partner_by_its_own_cap_instead(either: Shop, for_all: Decimal | None) -> None:
    """Below the platform's cap, above it, and without one."""
    guard(cap_per_partner_day=for_all)
    own_cap(either, PRICE * 2)
    assert [either.sale(either.item()) for _ in range(3)] == [SOLD, SOLD, FAILED]
    assert spent() == {"partner": PRICE * 2}
    assert Alert.objects.get().subject == f"cap partner:{either.world.northwind.partner.pk}"
    assert sell(make_item(either.world.juniper.live, now=later(hours=-1))).amount == PRICE


def test_it_holds_a_partners_own_cap_without_any_other_guard(either: Shop) -> None:
    TreasuryControl.objects.all().delete()
    own_cap(either, PRICE)
    assert [either.sale(either.item()) for _ in range(2)] == [SOLD, FAILED]
    own_cap(either, None)
    assert either.sale(either.item()) == SOLD


@pytest.mark.parametrize("cap", ["cap_per_partner_day", "cap_per_hour"])
def test_it_restarts_with_each_utc_day_and_clock_hour(
    shop: Shop, settings: Settings, cap: str
) -> None:
    settings.ORACLE_URL = settings.TREASURY_URL = ""
    span = timedelta(days=1) if cap == "cap_per_partner_day" else timedelta(hours=1)
    start = NOON.replace(hour=0) if cap == "cap_per_partner_day" else NOON
    guard(**{cap: PRICE})
    items = [make_item(shop.world.northwind.live, now=NOON - timedelta(days=9)) for _ in range(4)]
    assert sell(items[0], start).amount == PRICE
    with pytest.raises(TransactionFailed):
        sell(items[1], start + span - timedelta(microseconds=1))
    assert sell(items[1], start + span).amount == PRICE
    assert sell(items[2], start - timedelta(microseconds=1)).amount == PRICE


def test_it_honours_a_cap_lowered_meanwhile(either: Shop) -> None:
    guard(cap_per_hour=PRICE * 3)
    assert either.sale(either.item()) == SOLD
    guard(cap_per_hour=PRICE)
    assert either.sale(either.item()) == FAILED
    guard(cap_per_hour=PRICE * 2)
    assert either.sale(either.item()) == SOLD


def test_it_releases_the_caps_of_a_failed_sellback(shop: Shop) -> None:
    item = shop.item()
    TreasuryControl.objects.update(cap_per_partner_day=PRICE, cap_per_hour=PRICE)
    shop.treasury.fault("drop_before", times=1)
    shop.sell(item)
    assert rows(item).spent == SPENT
    turned_down_after(shop, shop.item())  # an open sellback counts, because it may have been paid
    shop.treasury.fault("decline", times=2)
    assert reconciled(item)
    assert rows(item).spent == FREE
    assert shop.sale(item) == SOLD


def test_it_gives_back_only_where_it_was_counted(shop: Shop) -> None:
    """A cap set after the submission has not counted it."""
    item, others = shop.item(), [shop.item() for _ in range(3)]
    guard(cap_per_hour=PRICE * 9)
    shop.treasury.fault("drop_before", times=1)
    shop.sale(item)
    guard(cap_per_hour=PRICE * 9, cap_per_partner_day=PRICE * 2)
    assert [shop.sale(one) for one in others] == [SOLD, SOLD, FAILED]
    shop.treasury.fault("decline", times=2)
    assert reconciled(item)
    assert spent() == {"partner": PRICE * 2, "platform": PRICE * 2}
    assert shop.sale(others[2]) == FAILED


CAPS = [("cap_per_partner_day", "partner"), ("cap_per_hour", "platform")]


@pytest.mark.parametrize(("cap", "scope"), CAPS)
def test_it_never_passes_a_cap_under_concurrency(either: Shop, cap: str, scope: str) -> None:
    items = [either.item() for _ in range(AT_ONCE)]
    guard(**{cap: PRICE * 4 + CENT})
    answers = Counter(
        answer[0] for answer in together([partial(either.sale, item) for item in items])
    )
    assert answers == {200: 4, 400: AT_ONCE - 4}
    assert spent() == {scope: PRICE * 4}
    assert Counter(Item.objects.values_list("state", flat=True)) == {"sold": 4, "held": AT_ONCE - 4}
    assert Buyback.objects.settled().count() == 4


def test_it_shows_the_race_without_the_constraint(shop: Shop) -> None:
    """The control: all see room under the cap, so all sell."""
    guard(cap_per_hour=PRICE * 4)
    row = SpendSlot.objects.get(
        spend=make_spend(total=Decimal(0), cap=PRICE * AT_ONCE), share=PRICE * AT_ONCE
    )
    all_have_looked = threading.Barrier(AT_ONCE)

    def naive() -> None:
        there_is_room = SpendSlot.objects.get(pk=row.pk).total + PRICE <= PRICE * 4
        all_have_looked.wait(timeout=30)
        if there_is_room:
            SpendSlot.objects.filter(pk=row.pk).update(total=F("total") + PRICE)

    together([naive] * AT_ONCE)
    assert spent() == {"platform": PRICE * AT_ONCE}


def test_it_gives_back_and_takes_at_the_same_time(shop: Shop) -> None:
    """Failing and successful sellbacks lock rows in the same order, so they cannot deadlock."""
    lost, items = [shop.item() for _ in range(4)], [shop.item() for _ in range(4)]
    shop.treasury.fault("drop_before", times=4)
    for item in lost:
        shop.sell(item)
    shop.treasury.fault("decline", times=8)
    give: list[Callable[[], Any]] = [partial(reconciled, item) for item in lost]
    take: list[Callable[[], Any]] = [partial(shop.sale, item) for item in items]
    results = together([*give, *take])
    assert not any(isinstance(result, Exception) for result in results)
    sold = Buyback.objects.exclude(state="failed").count()
    assert spent() == {"partner": PRICE * sold, "platform": PRICE * sold}


def test_it_claims_until_the_window_closes_and_not_after(shop: Shop) -> None:
    """As with instant sellbacks, the deadline itself still sells."""
    item = make_item(shop.world.northwind.live, now=NOON - timedelta(days=1), expires_at=NOON)
    shop.oracle.now = lambda: NOON
    with pytest.raises(ItemExpired):
        sell(item, NOON + timedelta(microseconds=1))
    assert rows(item) == UNTOUCHED
    assert shop.oracle.seen == []
    assert sell(item, NOON).amount == PRICE


@pytest.mark.parametrize("state", ["shipping", "shipped", "sold"])
def test_it_claims_nothing_that_is_not_held(shop: Shop, state: str) -> None:
    item = shop.item(state="held" if state == "sold" else state)
    if state == "sold":
        assert shop.sale(item) == SOLD
    before = rows(item)
    assert shop.sale(item) == NOT_FOUND
    assert rows(item) == before


def test_it_claims_no_other_partners_item(shop: Shop) -> None:
    item = make_item(shop.world.juniper.live, now=later(hours=-1))
    assert shop.sale(item) == NOT_FOUND
    with pytest.raises(ItemNotFound):
        sell_back(environment=item.environment, item_id="a\0b", by=SYSTEM)
    assert rows(item) == UNTOUCHED


def test_it_sells_a_card_pulled_again(shop: Shop, world: World) -> None:
    first = shop.item()
    assert shop.sale(first) == SOLD
    purchase = make_purchase(make_collector(first.environment), pack=make_pack())
    second = shop.item(card=first.card, purchase=purchase)
    assert shop.sale(second) == SOLD
    assert len(shop.treasury.paid()) == 2

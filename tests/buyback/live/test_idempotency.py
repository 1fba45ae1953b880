"""A key is bound to its step-by-step sellback: a retry always gets the true outcome."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from buyback.live import steps
from buyback.models import Buyback
from buyback.outcomes import SaleInFlight
from buyback.sellback import status
from config.foundation import clock
from inventory.models import Item
from partners.models import IdempotencyKey
from partners.records import idempotency
from partners.records.actor import SYSTEM
from tests.buyback.live.shop import (
    ACTIVE,
    BELOW,
    EXPIRED,
    FAILED,
    IN_FLIGHT,
    NOT_FOUND,
    SETTLED,
    SOLD,
    UNKNOWN,
    UNTOUCHED,
    Shop,
    heard,
    later,
    reconciled,
    rows,
)
from tests.threads import together
from tests.world import make_idempotency_key

REUSED = (422, {"error": "Idempotency-Key was used with a different request"})
INVALID = (400, {"error": "Invalid Idempotency-Key"})


def replayed(response: Any) -> tuple[int, Any]:
    """Status and body of a replayed response."""
    assert response.headers["Idempotency-Replayed"] == "true"
    return heard(response)


def first(response: Any) -> tuple[int, Any]:
    """Status and body of a response that is not a replay."""
    assert "Idempotency-Replayed" not in response.headers
    return heard(response)


def test_it_sells_once_under_one_key(shop: Shop) -> None:
    item = shop.item()
    assert first(shop.sell(item, key="k")) == SOLD
    assert [replayed(shop.sell(item, key="k")) for _ in range(3)] == [SOLD] * 3
    assert rows(item) == SETTLED
    assert len(shop.treasury.payments) == 1
    row = IdempotencyKey.objects.get()
    assert (row.subject, row.status) == (
        Buyback.objects.get().pk,
        None,
    )  # the sellback itself is the response


def test_a_retry_gets_a_sellback_that_settled_after_a_500(shop: Shop) -> None:
    item = shop.item()
    shop.treasury.fault("drop_after", times=1)
    assert first(shop.sell(item, key="k")) == UNKNOWN
    assert heard(shop.sell(item, key="k")) == UNKNOWN  # its 15 seconds are not over
    assert reconciled(item)
    assert replayed(shop.sell(item, key="k")) == SOLD
    assert rows(item) == SETTLED


def test_it_brings_the_sale_to_its_end_when_the_retry_comes_late_enough(shop: Shop) -> None:
    item = shop.item()
    shop.treasury.fault("drop_before", times=1)
    assert first(shop.sell(item, key="k")) == UNKNOWN
    Buyback.objects.update(lease_until=later(seconds=-1))
    assert replayed(shop.sell(item, key="k")) == SOLD
    assert rows(item) == SETTLED
    assert len(shop.treasury.payments) == 1


def test_a_retry_gets_a_declined_sellback(shop: Shop) -> None:
    item = shop.item()
    shop.treasury.fault("decline", times=1)
    assert first(shop.sell(item, key="k")) == FAILED
    assert replayed(shop.sell(item, key="k")) == FAILED
    assert first(shop.sell(item, key="another")) == SOLD
    assert replayed(shop.sell(item, key="k")) == FAILED


def test_a_retry_gets_the_failure_after_a_500(shop: Shop) -> None:
    item = shop.item()
    shop.treasury.fault("drop_before", times=1)
    assert first(shop.sell(item, key="k")) == UNKNOWN
    shop.treasury.fault("decline", times=2)
    assert reconciled(item)
    assert replayed(shop.sell(item, key="k")) == FAILED


def test_a_retry_gets_the_price_below_the_minimum(shop: Shop) -> None:
    item = shop.item()
    assert first(shop.sell(item, key="k", min_amount=70.14)) == BELOW
    assert replayed(shop.sell(item, key="k", min_amount=70.14)) == BELOW
    assert Buyback.objects.get().failure_code == "below_min_amount"


def test_a_retry_gets_the_unreliable_price(shop: Shop) -> None:
    item = shop.item()
    shop.oracle.fault("stale", times=1)
    assert first(shop.sell(item, key="k")) == FAILED
    assert replayed(shop.sell(item, key="k")) == FAILED
    assert Buyback.objects.count() == 1


def test_it_stays_unknown_in_review(shop: Shop) -> None:
    item = shop.item()
    shop.treasury.fault("wrong_amount", times=1)
    assert [first(shop.sell(item, key="k")), heard(shop.sell(item, key="k"))] == [UNKNOWN, UNKNOWN]
    assert heard(shop.sell(item, key="another")) == ACTIVE


def test_it_says_in_flight_while_the_first_request_is_at_work(shop: Shop) -> None:
    item = shop.item()
    shop.oracle.fault("slow", times=1, seconds=1.5)

    def retry() -> Any:
        while not shop.oracle.seen:
            shop.oracle.stopping.wait(0.01)
        return [shop.sell(item, key="k"), shop.sell(item)]

    answer, retries = together([lambda: shop.sell(item, key="k"), retry])
    assert first(answer) == SOLD
    assert [heard(one) for one in retries] == [IN_FLIGHT] * 2
    assert [one.headers["Retry-After"] for one in retries] == ["1"] * 2
    assert rows(item) == SETTLED


def claimed(item: Item, key: IdempotencyKey) -> steps.Attempt:
    """The state after a request died after its claim."""
    return steps.claim(
        environment=item.environment,
        item_id=item.public_id,
        by=SYSTEM,
        idempotency_row=key.pk,
        now=None,
    )


def begun(shop: Shop, item: Item, key: str) -> IdempotencyKey:
    """The state after a request died before its claim."""
    print_of = idempotency.fingerprint("/api/v1/vm/buyback", {"item_id": item.public_id})
    return idempotency.begin(
        environment=item.environment, key=key, fingerprint=print_of, now=clock.now()
    )


def test_a_retry_finds_that_the_first_request_died_after_its_claim(shop: Shop) -> None:
    item = shop.item()
    claimed(item, begun(shop, item, "k"))
    assert heard(shop.sell(item, key="k")) == IN_FLIGHT
    Buyback.objects.update(lease_until=later(seconds=-1))
    assert replayed(shop.sell(item, key="k")) == FAILED
    assert Buyback.objects.get().failure_code == "abandoned"
    assert first(shop.sell(item, key="another")) == SOLD


def test_it_takes_over_the_key_of_a_request_that_died_before_its_claim(shop: Shop) -> None:
    item = shop.item()
    begun(shop, item, "k")
    assert heard(shop.sell(item, key="k")) == IN_FLIGHT
    assert rows(item) == UNTOUCHED
    IdempotencyKey.objects.update(lease_until=later(seconds=-1))
    assert first(shop.sell(item, key="k")) == SOLD
    assert replayed(shop.sell(item, key="k")) == SOLD


def test_it_refuses_a_key_used_for_another_request(shop: Shop) -> None:
    item, other = shop.item(), shop.item()
    assert first(shop.sell(item, key="k")) == SOLD
    assert heard(shop.sell(other, key="k")) == REUSED
    assert heard(shop.sell(item, key="k", min_amount=1)) == REUSED
    assert heard(shop.post("/vm/buyback/batch", {"item_ids": [other.public_id]}, "k")) == REUSED
    assert rows(other) == replace(UNTOUCHED, spent=rows(item).spent)


@pytest.mark.parametrize("key", ["", "x" * 256, "ключ", "a\tb"])
def test_it_refuses_an_unusable_key(shop: Shop, key: str) -> None:
    item = shop.item()
    assert heard(shop.sell(item, key=key)) == INVALID
    assert rows(item) == UNTOUCHED


def test_it_keeps_a_refusal_from_before_the_claim(shop: Shop) -> None:
    gone, closed = shop.item(state="shipped"), shop.item(expires_at=later(seconds=-1))
    for item, refusal in ((gone, NOT_FOUND), (closed, EXPIRED)):
        key = f"key of {item.pk}"
        assert first(shop.sell(item, key=key)) == refusal
        assert replayed(shop.sell(item, key=key)) == refusal
    Item.objects.filter(pk=closed.pk).update(expires_at=None)
    assert replayed(shop.sell(closed, key=f"key of {closed.pk}")) == EXPIRED
    assert first(shop.sell(closed, key="another")) == SOLD


def test_it_keeps_no_429(shop: Shop) -> None:
    item = shop.item()
    claimed(
        item,
        make_idempotency_key(
            item.environment, status=None, body=None, lease_until=later(seconds=60)
        ),
    )
    assert first(shop.sell(item, key="k")) == IN_FLIGHT
    assert not IdempotencyKey.objects.filter(key="k").exists()
    Buyback.objects.update(lease_until=later(seconds=-1))
    assert first(shop.sell(item, key="k")) == SOLD


def test_it_pays_once_for_many_requests_under_one_key(shop: Shop) -> None:
    item = shop.item()
    answers = together([lambda: shop.sell(item, key="k")] * 8)
    assert {heard(answer)[0] for answer in answers} <= {200, 429}
    assert SOLD in [heard(answer) for answer in answers]
    assert rows(item) == SETTLED
    assert len(shop.treasury.payments) == 1


def test_it_replays_in_steps_what_was_sold_at_once(shop: Shop, settings: Settings) -> None:
    """Stored responses stay valid when peers are configured."""
    item, named = shop.item(), (settings.ORACLE_URL, settings.TREASURY_URL)
    settings.ORACLE_URL = settings.TREASURY_URL = ""
    item.card.refresh_from_db()
    assert first(shop.sell(item, key="k")) == SOLD
    settings.ORACLE_URL, settings.TREASURY_URL = named
    assert replayed(shop.sell(item, key="k")) == SOLD
    assert shop.treasury.payments == []


@pytest.fixture
def off(settings: Settings) -> Callable[[], None]:
    """Unconfigure the peers."""

    def switch() -> None:
        settings.ORACLE_URL = settings.TREASURY_URL = ""

    return switch


def test_it_replays_at_once_what_was_sold_in_steps(shop: Shop, off: Callable[[], None]) -> None:
    """Stored responses stay valid when peers are removed."""
    item, dear = shop.item(), shop.item()
    assert first(shop.sell(item, key="k")) == SOLD
    assert first(shop.sell(dear, key="dear", min_amount=71)) == BELOW
    off()
    assert replayed(shop.sell(item, key="k")) == SOLD
    assert replayed(shop.sell(dear, key="dear", min_amount=71)) == BELOW
    assert heard(shop.sell(dear, key="k")) == REUSED
    assert (Buyback.objects.count(), len(shop.treasury.payments)) == (2, 1)


def test_it_stays_unknown_while_the_treasury_that_was_asked_is_switched_off(
    shop: Shop, off: Callable[[], None], settings: Settings
) -> None:
    item, named = shop.item(), settings.TREASURY_URL
    shop.treasury.fault("drop_after", times=1)
    assert first(shop.sell(item, key="k")) == UNKNOWN
    off()
    Buyback.objects.update(lease_until=later(seconds=-1))
    assert heard(shop.sell(item, key="k")) == UNKNOWN
    settings.TREASURY_URL = named
    Buyback.objects.update(lease_until=later(seconds=-1))
    assert replayed(shop.sell(item, key="k")) == SOLD


def test_it_takes_over_at_once_the_key_of_a_request_that_died_before_its_claim(
    shop: Shop, off: Callable[[], None]
) -> None:
    item = shop.item()
    item.card.refresh_from_db()
    begun(shop, item, "k")
    off()
    assert heard(shop.sell(item, key="k")) == IN_FLIGHT
    assert rows(item) == UNTOUCHED
    IdempotencyKey.objects.update(lease_until=later(seconds=-1))
    assert first(shop.sell(item, key="k")) == SOLD
    assert replayed(shop.sell(item, key="k")) == SOLD
    assert Buyback.objects.count() == 1


def forgotten(**span: float) -> int:
    """How many keys the periodic task deletes, this much later."""
    moment = later(**span)
    return idempotency.forget_old(now=moment) + status.forget_keys_of_old_sales(now=moment)


def test_it_forgets_answers_after_48_hours(shop: Shop) -> None:
    item, closed = shop.item(), shop.item(expires_at=later(seconds=-1))
    assert first(shop.sell(item, key="k")) == SOLD
    assert first(shop.sell(closed, key="kept with its answer")) == EXPIRED
    assert forgotten(hours=47) == 0
    assert forgotten(hours=48, seconds=1) == 2
    assert first(shop.sell(item, key="k")) == NOT_FOUND
    assert rows(item) == SETTLED


@pytest.mark.parametrize("state", ["unknown", "review"])
def test_it_keeps_the_key_of_a_sale_that_is_open(shop: Shop, state: str) -> None:
    item = shop.item()
    shop.treasury.fault("wrong_amount" if state == "review" else "drop_after", times=1)
    assert first(shop.sell(item, key="k")) == UNKNOWN
    assert rows(item).buyback == state
    assert forgotten(days=30) == 0
    assert heard(shop.sell(item, key="k")) == UNKNOWN


def test_it_keeps_a_key_for_24_hours_after_its_sale_has_ended(shop: Shop) -> None:
    item = shop.item()
    shop.treasury.fault("drop_after", times=1)
    assert first(shop.sell(item, key="k")) == UNKNOWN
    assert reconciled(item, now=later(days=3))
    assert forgotten(days=3, hours=24, seconds=-1) == 0
    assert replayed(shop.sell(item, key="k")) == SOLD
    assert forgotten(days=3, hours=24, seconds=60) == 1


def test_it_sells_nothing_for_a_request_whose_key_was_given_up(shop: Shop) -> None:
    """It stalled past its key's lease, and another request with the key has completed since."""
    item = shop.item()
    key = make_idempotency_key(item.environment)
    before = rows(item)
    with pytest.raises(SaleInFlight):
        claimed(item, key)
    assert rows(item) == before
    assert not Buyback.objects.exists()

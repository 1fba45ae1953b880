"""The reconciler: an unexpected error of one sellback is logged and does not end the run."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from structlog.testing import capture_logs

from buyback import tasks
from buyback.live import steps
from buyback.live.reconciler import SalesNotReconciled, reconcile_all
from buyback.models import Buyback
from inventory.models import Item
from tests.buyback.live.shop import SETTLED, UNKNOWN, Shop, later, rows


@pytest.fixture
def items(shop: Shop) -> list[Item]:
    """Four items whose sellbacks were paid without a response."""
    found = [shop.item() for _ in range(4)]
    shop.treasury.fault("drop_after", times=4)
    assert [shop.sale(item) for item in found] == [UNKNOWN] * 4
    return found


def trip(monkeypatch: pytest.MonkeyPatch, items: list[Item], error: type[Exception]) -> list[UUID]:
    """Settling the sellbacks of these items fails from now on."""
    real, sales = steps.settle, [Buyback.objects.get(item=item).pk for item in items]

    def settle(buyback_id: UUID, **kwargs: Any) -> Any:
        if buyback_id in sales:
            raise error(f"of {buyback_id}")
        return real(buyback_id, **kwargs)

    monkeypatch.setattr(steps, "settle", settle)
    return sales


def test_it_goes_on_after_an_unexpected_error_and_fails_at_the_end(
    shop: Shop, items: list[Item], monkeypatch: pytest.MonkeyPatch
) -> None:
    sick = trip(monkeypatch, items[:2], RuntimeError)
    with capture_logs() as logs, pytest.raises(SalesNotReconciled) as caught:
        reconcile_all(now=later(minutes=1))
    assert str(caught.value) == (
        "2 of 4 open sellbacks met an unexpected error; 2 were closed. The log has each one's "
        "traceback."
    )
    assert [Buyback.objects.get(item=item).state for item in items] == [
        "unknown",
        "unknown",
        "settled",
        "settled",
    ]
    assert [(one["event"], one["log_level"], one["buyback"]) for one in logs] == [
        ("reconcile_fault", "error", str(pk)) for pk in sick
    ]
    assert [str(one["exc_info"]) for one in logs] == [f"of {pk}" for pk in sick]
    assert all(one["exc_info"].__traceback__ is not None for one in logs)
    monkeypatch.undo()
    assert reconcile_all(now=later(minutes=2)) == 2
    assert rows(items[0]).moves == SETTLED.moves


def test_it_fails_its_task(items: list[Item], monkeypatch: pytest.MonkeyPatch) -> None:
    trip(monkeypatch, items[:1], RuntimeError)
    Buyback.objects.update(lease_until=later(seconds=-1))
    with pytest.raises(SalesNotReconciled):
        tasks.reconcile()


def test_it_stops_when_its_time_is_over(items: list[Item], monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker's time limit is not an error of a sellback."""
    trip(monkeypatch, items[:1], SoftTimeLimitExceeded)
    with pytest.raises(SoftTimeLimitExceeded):
        reconcile_all(now=later(minutes=1))
    assert set(Buyback.objects.values_list("state", flat=True)) == {"unknown"}

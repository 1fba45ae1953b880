"""The reconciler with a late request, with a second reconciler, and with the sweep."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from datetime import timedelta
from functools import partial
from threading import Barrier
from typing import Any
from uuid import UUID

import pytest

from buyback.live import reconciler, steps
from buyback.live.reconciler import reconcile, reconcile_all
from buyback.models import Alert, Buyback, Payout
from config.foundation import clock
from inventory.models import Item
from inventory.windows import sweep as window_sweep
from partners.models import Event
from tests.races.conftest import Peers
from tests.races.test_live_sales import SOLD, held, sell
from tests.simulator.guards import lapsed_claims_still_submit
from tests.threads import together
from tests.world import World

FAILED = b'{"error":"Transaction failed"}'
UNKNOWN = b'{"error":"An unexpected error occurred"}'
pytestmark = pytest.mark.django_db(transaction=True)


def later(act: Callable[..., Any]) -> Callable[[], Any]:
    """``act``, after the current lease has expired."""
    return lambda: act(now=clock.now() + timedelta(seconds=31))


# --- the late request -----------------------------------------------------------------------------


@pytest.mark.breaks_books("the control pays for an item that is held again")
def test_it_shows_a_late_request_paying_for_a_held_item(
    world: World, peers: Peers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: a request given up during its oracle call continues anyway."""
    item, gate = held(world), peers.hold(peers.oracle, monkeypatch)
    with lapsed_claims_still_submit():
        together([lambda: sell(world, item), partial(gate.before, later(reconcile_all))])
    item.refresh_from_db()
    assert item.state == "held"
    assert len(peers.treasury.payments) == 1
    assert Payout.objects.count() == 0


def test_it_stops_a_late_request_that_was_given_up_before_paying(
    world: World, peers: Peers, monkeypatch: pytest.MonkeyPatch
) -> None:
    item, gate = held(world), peers.hold(peers.oracle, monkeypatch)
    answer, _ = together([lambda: sell(world, item), partial(gate.before, later(reconcile_all))])
    assert answer == (400, FAILED)
    assert peers.treasury.seen == []
    assert sell(world, item) == (200, SOLD)
    assert peers.agree()


def test_it_lets_a_late_request_and_the_reconciler_pay_once(
    world: World, peers: Peers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The request is on its way; the reconciler gets "not found" and submits the same payment."""
    item, gate = held(world), peers.hold(peers.treasury, monkeypatch)
    answer, _ = together([lambda: sell(world, item), partial(gate.before, later(reconcile_all))])
    assert answer == (200, SOLD)
    reference = Buyback.objects.get().reference
    look = f"GET /v1/payouts/{reference}"
    assert peers.treasury.seen == ["POST /v1/payouts", look, "POST /v1/payouts"]
    assert Payout.objects.count() == 1
    assert peers.agree()


def test_a_late_request_gets_the_treasurys_decline(
    world: World, peers: Peers, monkeypatch: pytest.MonkeyPatch
) -> None:
    item, gate = held(world), peers.hold(peers.treasury, monkeypatch)

    def decline() -> None:
        peers.treasury.fault(
            "decline", times=2
        )  # the status request, which has no fault, and the payment
        later(reconcile_all)()
        peers.treasury.fault(None)

    answer, _ = together([lambda: sell(world, item), partial(gate.before, decline)])
    assert answer == (400, FAILED)
    assert peers.treasury.payments == []
    assert sell(world, item) == (200, SOLD)
    assert peers.agree()


@pytest.mark.parametrize(
    ("fault", "end"),
    [(None, ((200, SOLD), "settled", "sold")), ("decline", ((500, UNKNOWN), "review", "selling"))],
    ids=["paid", "declined"],
)
def test_it_releases_no_item_in_review_after_a_late_response(
    world: World,
    peers: Peers,
    monkeypatch: pytest.MonkeyPatch,
    fault: str | None,
    end: tuple[Any, str, str],
) -> None:
    """The reconciler got a mismatch. A late "paid" is still true; people decide on "declined"."""
    item, gate = held(world), peers.hold(peers.treasury, monkeypatch)

    def contradict() -> None:
        peers.treasury.fault("wrong_reference", times=1)
        later(reconcile_all)()
        assert Buyback.objects.get().state == "review"
        peers.treasury.fault(fault, times=1)

    answer, _ = together([lambda: sell(world, item), partial(gate.before, contradict)])
    item.refresh_from_db()
    assert (answer, Buyback.objects.get().state, item.state) == end
    assert peers.agree()


# The reconciler's response, the late request's response, the result, the sellback's earlier end,
# and the alert.
CONTRADICTIONS = {
    "paid": ("decline", "says_paid", (400, FAILED), "failed", "paid"),
    "another amount": ("decline", "wrong_amount", (500, UNKNOWN), "failed", "mismatch: amount"),
    "declined": (None, "says_declined", (500, UNKNOWN), "settled", "declined: closed account"),
}


@pytest.mark.parametrize("case", CONTRADICTIONS)
def test_it_alerts_when_the_treasury_contradicts_itself(
    world: World, peers: Peers, monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    """The reconciler has ended the sellback. Nothing changes again, whatever the late response."""
    first, then, answer, state, said = CONTRADICTIONS[case]
    item, gate = held(world), peers.hold(peers.treasury, monkeypatch)

    def end() -> None:
        peers.treasury.fault(
            first, times=2
        )  # the status request, which has no fault, and the payment
        later(reconcile_all)()
        peers.treasury.fault(then, times=1)

    heard, _ = together([lambda: sell(world, item), partial(gate.before, end)])
    sale, alert = Buyback.objects.get(), Alert.objects.get()
    assert (heard, sale.state, Payout.objects.count()) == (answer, state, int(state == "settled"))
    assert (alert.kind, alert.subject) == ("contradicted", f"sellback {sale.pk}")
    assert alert.detail == (
        f"{said}, for 70.13 USD under {sale.reference}. The sellback had ended before: "
        + ("settled." if state == "settled" else "failed, declined: insufficient funds.")
    )
    assert (
        sale.moves.filter(before=state, after=state).values_list("answer", flat=True).get() == said
    )
    assert peers.agree()


# --- two reconcilers ------------------------------------------------------------------------------


def left_open(world: World, peers: Peers) -> UUID:
    """A sellback that the treasury has paid without responding."""
    peers.treasury.fault("drop_after", times=1)
    assert sell(world, held(world)) == (500, UNKNOWN)
    peers.treasury.seen.clear()
    pk: UUID = Buyback.objects.get().pk
    return pk


def test_it_shows_two_reconcilers_on_one_sale_without_the_lease(
    world: World, peers: Peers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: both read, then act. Both call; only the treasury's memory prevents a loss."""
    sale, both_have_looked = left_open(world, peers), Barrier(2)

    def look(buyback_id: UUID, **_: Any) -> steps.Attempt:
        both_have_looked.wait(timeout=30)
        return steps.load(buyback_id)

    monkeypatch.setattr(steps, "take_lease", look)
    assert together([partial(reconcile, sale)] * 2) == [True, True]
    assert len(peers.treasury.seen) == 2
    assert peers.agree()


def test_it_gives_a_sale_to_one_reconciler(
    world: World, peers: Peers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when eight runs can work at the same time."""
    monkeypatch.setattr(reconciler, "single_run", lambda *_, **__: nullcontext(enter_result=True))
    left_open(world, peers)
    moment = clock.now() + timedelta(seconds=31)
    closed = together([partial(reconcile_all, now=moment)] * 8)
    assert peers.treasury.seen == [f"GET /v1/payouts/{Buyback.objects.get().reference}"]
    assert max(closed) == 1
    assert Buyback.objects.get().state == "settled"
    assert Payout.objects.count() == 1
    assert peers.agree()


def test_callers_and_reconcilers_get_the_same_outcome(world: World, peers: Peers) -> None:
    """A paid, unconfirmed sellback with an expired lease: callers and reconcilers agree."""
    item, key = held(world), "once"
    peers.treasury.fault("drop_after", times=1)
    assert sell(world, item, key) == (500, UNKNOWN)
    Buyback.objects.update(lease_until=clock.now())
    answers = together([*[lambda: sell(world, item, key)] * 8, *[reconcile_all] * 4])[:8]
    assert set(answers) <= {(200, SOLD), (500, UNKNOWN)}
    assert sell(world, item, key) == (200, SOLD)
    assert peers.agree()


# --- the sweep ------------------------------------------------------------------------------------


def closing(world: World) -> tuple[Item, Callable[[], int]]:
    """An item that is claimed in its window, and a sweep after it."""
    item = held(world, expires_at=clock.now() + timedelta(seconds=20))
    return item, lambda: window_sweep.close_windows(now=clock.now() + timedelta(seconds=60))


def expired_events() -> int:
    return Event.objects.filter(type="item.expired").count()


def test_it_shows_a_sweep_that_would_close_an_item_while_it_is_sold(
    world: World, peers: Peers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: without the state check it would report an expiry of an item that is then paid.

    Only the constraint prevents it.
    """
    item, sweep = closing(world)
    gate = peers.hold(peers.oracle, monkeypatch)
    anything = window_sweep.CLOSE_BATCH.replace("AND state = 'held'", "").replace(
        "AND item.state = 'held'", ""
    )
    monkeypatch.setattr(window_sweep, "CLOSE_BATCH", anything)
    answer, stopped = together([lambda: sell(world, item), partial(gate.before, sweep)])
    assert "inventory_item_swept_sells_no_more" in str(stopped)
    assert (answer, expired_events()) == ((200, SOLD), 0)


def test_it_is_passed_over_by_the_sweep_while_it_sells(
    world: World, peers: Peers, monkeypatch: pytest.MonkeyPatch
) -> None:
    item, sweep = closing(world)
    gate = peers.hold(peers.oracle, monkeypatch)
    answer, _ = together([lambda: sell(world, item), partial(gate.before, sweep)])
    assert (answer, expired_events()) == ((200, SOLD), 0)
    assert sweep() == 0
    assert peers.agree()


def test_it_is_swept_after_a_sale_that_failed(
    world: World, peers: Peers, monkeypatch: pytest.MonkeyPatch
) -> None:
    item, sweep = closing(world)
    gate = peers.hold(peers.treasury, monkeypatch)
    peers.treasury.fault("decline")
    answer, _ = together([lambda: sell(world, item), partial(gate.before, sweep)])
    assert (answer, expired_events()) == ((400, FAILED), 0)
    assert (sweep(), expired_events()) == (1, 1)

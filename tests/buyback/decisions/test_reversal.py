"""Reversals: one person proposes, another confirms, and the ledger gets a line."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from buyback.decisions import reversal
from buyback.ledger.invariants import balance
from buyback.live import steps
from buyback.models import Buyback, Payout, Reversal, Transfer
from buyback.outcomes import Failure, FailureCode
from buyback.sellback.sell_back import sell_back
from config.foundation import clock
from config.foundation.errors import Refusal
from config.foundation.reasons import ReasonRequired
from inventory.models import Item
from partners.decisions import dual_control
from partners.models import AuditEntry, Event, Mode
from partners.records.actor import SYSTEM, Actor
from tests.database.decisions import make_reversal
from tests.world import NOW, World, make_item

ANNA, BEN = Actor("user", "anna@x.test"), Actor("user", "ben@x.test")
AMOUNT = Decimal("70.13")
Accounts = Transfer.Account


@pytest.fixture(params=Mode.values)
def sale(request: pytest.FixtureRequest, world: World) -> Buyback:
    """A paid sellback."""
    item = make_item(world.northwind.environment(request.param))
    sell_back(environment=item.environment, item_id=item.public_id, by=SYSTEM, now=NOW)
    return Buyback.objects.get()


def everything() -> list[Any]:
    models = (Item, Buyback, Payout, Transfer, Event, Reversal, AuditEntry)
    return [list(model._default_manager.order_by("pk").values()) for model in models]


def refuses(what: type[Refusal], act: Callable[[], object]) -> None:
    before = everything()
    with pytest.raises(what):
        act()
    assert everything() == before


def test_it_moves_nothing_by_a_proposal(sale: Buyback) -> None:
    before = everything()
    proposed = reversal.propose(buyback=sale, reason=" the bank's letter 12 ", by=ANNA)
    assert everything()[:5] == before[:5]
    assert (proposed.amount, proposed.reason, proposed.confirmed_at) == (
        AMOUNT,
        "the bank's letter 12",
        None,
    )


def test_it_brings_the_amount_back_by_a_line_of_its_own(sale: Buyback) -> None:
    items, buybacks, payouts, _, events, *_ = everything()
    reversal.propose(buyback=sale, reason="the bank's letter 12", by=ANNA)
    reversal.confirm(buyback=sale, by=BEN)
    assert [everything()[number] for number in (0, 1, 2, 4)] == [items, buybacks, payouts, events]
    assert list(Transfer.objects.order_by("id").values_list("debit", "credit", "amount")) == [
        ("treasury", "paid_out", AMOUNT),
        ("paid_out", "treasury", AMOUNT),
    ]
    assert [balance(sale.environment, account) for account in Accounts] == [0, 0, 0]


def test_it_is_audited(sale: Buyback, world: World) -> None:
    reversal.propose(buyback=sale, reason="a mistake", by=ANNA)
    reversal.withdraw(buyback=sale, by=BEN)
    reversal.propose(buyback=sale, reason="letter 12", by=ANNA)
    reversal.confirm(buyback=sale, by=BEN)
    facts = {"amount": "70.13", "reason": "a mistake", "proposed_by": str(ANNA)}
    then = facts | {"reason": "letter 12"}
    line = {"transfer": str(Transfer.objects.get(debit="paid_out").pk)}
    assert list(
        AuditEntry.objects.order_by("id").values_list("actor", "action", "before", "after")
    ) == [
        (str(ANNA), "buyback.reversal_proposed", None, facts),
        (str(BEN), "buyback.reversal_withdrawn", facts, None),
        (str(ANNA), "buyback.reversal_proposed", None, then),
        (str(BEN), "buyback.reversal_confirmed", {"transfer": None}, then | line),
    ]
    assert (
        AuditEntry.objects.filter(
            partner=world.northwind.partner, target=f"buyback.buyback:{sale.pk}"
        ).count()
        == 4
    )


def test_it_takes_another_person_to_confirm(sale: Buyback, world: World) -> None:
    reversal.propose(buyback=sale, reason="so", by=Actor.user(world.admin))
    refuses(
        dual_control.SamePerson, lambda: reversal.confirm(buyback=sale, by=Actor.user(world.admin))
    )
    world.admin.email, world.admin.verified_at = "renamed@phygitals.test", clock.now()
    world.admin.save()
    refuses(
        dual_control.SamePerson, lambda: reversal.confirm(buyback=sale, by=Actor.user(world.admin))
    )


def test_it_reverses_a_sale_once(sale: Buyback) -> None:
    reversal.propose(buyback=sale, reason="so", by=ANNA)
    refuses(
        dual_control.AlreadyProposed, lambda: reversal.propose(buyback=sale, reason="so", by=BEN)
    )
    reversal.confirm(buyback=sale, by=BEN)
    refuses(reversal.AlreadyReversed, lambda: reversal.propose(buyback=sale, reason="so", by=BEN))
    refuses(reversal.AlreadyReversed, lambda: reversal.confirm(buyback=sale, by=BEN))
    refuses(reversal.AlreadyReversed, lambda: reversal.withdraw(buyback=sale, by=BEN))


def test_it_confirms_only_the_proposal_that_was_read(sale: Buyback) -> None:
    refuses(dual_control.NothingProposed, lambda: reversal.confirm(buyback=sale, by=BEN))
    read = reversal.propose(buyback=sale, reason="so", by=ANNA)
    reversal.withdraw(buyback=sale, by=ANNA)
    reversal.propose(buyback=sale, reason="otherwise", by=ANNA)
    refuses(
        dual_control.AnotherProposal,
        lambda: reversal.confirm(buyback=sale, by=BEN, proposal=read.pk),
    )


@pytest.mark.parametrize("by", [SYSTEM, Actor("key", "abc")], ids=str)
def test_it_lets_only_people_decide(sale: Buyback, by: Actor) -> None:
    refuses(dual_control.PeopleOnly, lambda: reversal.propose(buyback=sale, reason="so", by=by))
    make_reversal(sale)
    refuses(dual_control.PeopleOnly, lambda: reversal.confirm(buyback=sale, by=by))
    refuses(dual_control.PeopleOnly, lambda: reversal.withdraw(buyback=sale, by=by))


@pytest.mark.parametrize("reason", ["", "  ", "x" * 501, "a\0b"])
def test_it_requires_a_reason(sale: Buyback, reason: str) -> None:
    refuses(ReasonRequired, lambda: reversal.propose(buyback=sale, reason=reason, by=ANNA))


@pytest.mark.parametrize("end", ["claimed", "failed"])
def test_it_reverses_only_what_was_paid(world: World, end: str) -> None:
    item = make_item(world.northwind.live)
    attempt = steps.claim(
        environment=item.environment,
        item_id=item.public_id,
        by=SYSTEM,
        idempotency_row=None,
        now=NOW,
    )
    if end == "failed":
        steps.fail(attempt.pk, failure=Failure(FailureCode.DECLINED), now=NOW)
    for act in (reversal.confirm, reversal.withdraw):
        refuses(reversal.NotSettled, lambda act=act: act(buyback=attempt.buyback, by=BEN))  # type: ignore[misc]
    refuses(
        reversal.NotSettled, lambda: reversal.propose(buyback=attempt.buyback, reason="so", by=BEN)
    )


def test_it_keeps_neither_decision_nor_line_when_half_of_it_fails(
    sale: Buyback, monkeypatch: pytest.MonkeyPatch
) -> None:
    reversal.propose(buyback=sale, reason="so", by=ANNA)
    before = everything()

    def lost(*_: Any, **__: Any) -> None:
        raise ConnectionError

    monkeypatch.setattr(reversal, "_record", lost)
    with pytest.raises(ConnectionError):
        reversal.confirm(buyback=sale, by=BEN)
    assert everything() == before

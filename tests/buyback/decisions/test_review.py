"""Reviews: one person proposes an outcome, another confirms, and only then something changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from buyback.decisions import review
from buyback.live import steps
from buyback.models import Alert, Buyback, Payout, Proposal, Transfer, TreasuryControl
from buyback.outcomes import Failure, FailureCode
from config.foundation import clock
from config.foundation.errors import Refusal
from config.foundation.reasons import ReasonRequired
from inventory.models import Item
from inventory.pricing import price
from partners.decisions import dual_control
from partners.models import AuditEntry, Event
from partners.records.actor import SYSTEM, Actor
from tests.world import NOW, World, make_item, make_proposal, make_spend

ANNA, BEN = Actor("user", "anna@x.test"), Actor("user", "ben@x.test")


def submitted(world: World) -> Buyback:
    """A sellback whose payment was requested."""
    environment = world.northwind.live
    item = make_item(environment)
    attempt = steps.claim(
        environment=environment, item_id=item.public_id, by=SYSTEM, idempotency_row=None, now=NOW
    )
    steps.submit(attempt, price(attempt.item), now=NOW)
    return Buyback.objects.get()


def in_review(world: World) -> Buyback:
    """A sellback that the treasury no longer answers for."""
    sale = submitted(world)
    steps.send_to_review(sale.pk, failure=Failure(FailureCode.RETENTION_OVER), now=NOW)
    return Buyback.objects.get(pk=sale.pk)


def everything() -> list[Any]:
    models = (Item, Buyback, Proposal, Payout, Transfer, Event, Alert, AuditEntry)
    return [list(model._default_manager.order_by("pk").values()) for model in models]


def audited() -> list[tuple[str, str, Any, Any]]:
    return list(AuditEntry.objects.order_by("id").values_list("actor", "action", "before", "after"))


def refuses(what: type[Refusal], act: Callable[[], object]) -> None:
    before = everything()
    with pytest.raises(what):
        act()
    assert everything() == before


def test_it_moves_nothing_by_a_proposal(world: World) -> None:
    sale = in_review(world)
    before = everything()
    review.propose(buyback=sale, outcome="settled", reason=" seen on the statement ", by=ANNA)
    after = everything()
    assert [a == b for a, b in zip(after, before, strict=True)] == [
        True,
        True,
        False,
        True,
        True,
        True,
        True,
        False,
    ]
    facts = {
        "outcome": "settled",
        "reason": "seen on the statement",
        "proposed_by": "user:anna@x.test",
    }
    assert audited() == [("user:anna@x.test", "buyback.review_proposed", None, facts)]
    assert AuditEntry.objects.get().partner == world.northwind.partner


def test_it_settles_what_two_people_confirm(world: World) -> None:
    sale = in_review(world)
    review.propose(buyback=sale, outcome="settled", reason="seen on the statement", by=ANNA)
    closed = review.confirm(buyback=sale, by=BEN)
    payout, proposal = Payout.objects.get(), Proposal.objects.get()
    assert (closed.state, closed.lease_until, payout.amount) == ("settled", None, closed.amount)
    assert (Item.objects.get().state, payout.state) == ("sold", "paid")
    assert list(Transfer.objects.order_by("id").values_list("debit", "credit")) == [
        ("treasury", "in_flight"),
        ("in_flight", "paid_out"),
    ]
    assert (proposal.confirmed_by, proposal.confirmed_at) == (str(BEN), closed.completed_at)
    actor, action, before, after = audited()[-1]
    assert (actor, action, before) == (str(BEN), "buyback.review_confirmed", {"state": "review"})
    assert (after["state"], after["proposed_by"]) == ("settled", str(ANNA))


def test_it_gives_the_item_back_when_two_people_say_it_was_not_paid(world: World) -> None:
    sale = in_review(world)
    review.propose(buyback=sale, outcome="failed", reason="the bank's letter 12", by=ANNA)
    closed = review.confirm(buyback=sale, by=BEN)
    assert (closed.state, Item.objects.get().state, Payout.objects.count()) == ("failed", "held", 0)
    assert (
        Transfer.objects.filter(debit="in_flight", credit="treasury", amount=sale.amount).count()
        == 1
    )
    facts = Event.objects.get(type=Event.Type.BUYBACK_FAILED).data
    assert (facts["reason"], closed.failure_code) == ("review: it was not paid", "not_paid")


def test_it_takes_a_sale_that_was_not_paid_off_its_caps(world: World) -> None:
    TreasuryControl.objects.create(cap_per_hour=1000)
    sale = in_review(world)
    other = make_spend(scope="another", total=5)
    review.propose(buyback=sale, outcome="failed", reason="no", by=ANNA)
    review.confirm(buyback=sale, by=BEN)
    totals = {row.scope: row.total for row in type(other).objects.with_total()}
    assert totals == {"platform": 0, "another": 5}


@pytest.mark.parametrize("outcome", ["settled", "failed"])
def test_it_takes_another_person_to_confirm(world: World, outcome: str) -> None:
    sale = in_review(world)
    review.propose(buyback=sale, outcome=outcome, reason="so it is", by=ANNA)
    refuses(dual_control.SamePerson, lambda: review.confirm(buyback=sale, by=ANNA))


def test_it_recognises_an_account_with_a_new_address(world: World) -> None:
    sale = in_review(world)
    review.propose(buyback=sale, outcome="settled", reason="so it is", by=Actor.user(world.admin))
    world.admin.email, world.admin.verified_at = "renamed@phygitals.test", clock.now()
    world.admin.save()
    refuses(
        dual_control.SamePerson, lambda: review.confirm(buyback=sale, by=Actor.user(world.admin))
    )


def test_the_database_takes_another_person_as_well(world: World) -> None:
    proposal = make_proposal(in_review(world), proposed_by=str(ANNA))
    with pytest.raises(DatabaseError, match="buyback_proposal_two_people"), transaction.atomic():
        Proposal.objects.filter(pk=proposal.pk).update(confirmed_by=str(ANNA), confirmed_at=NOW)


@pytest.mark.parametrize("by", [SYSTEM, Actor("key", "abc")], ids=str)
def test_it_lets_only_people_decide(world: World, by: Actor) -> None:
    sale = in_review(world)
    refuses(
        dual_control.PeopleOnly,
        lambda: review.propose(buyback=sale, outcome="settled", reason="so", by=by),
    )
    proposal = make_proposal(sale)
    refuses(dual_control.PeopleOnly, lambda: review.confirm(buyback=sale, by=by))
    refuses(
        dual_control.PeopleOnly, lambda: review.withdraw(buyback=sale, by=by, proposal=proposal.pk)
    )


@pytest.mark.parametrize("reason", ["", "  ", "x" * 501, "a\0b"])
def test_it_requires_a_reason(world: World, reason: str) -> None:
    sale = in_review(world)
    refuses(
        ReasonRequired,
        lambda: review.propose(buyback=sale, outcome="settled", reason=reason, by=ANNA),
    )


@pytest.mark.parametrize("outcome", ["", "review", "paid", "SETTLED"])
def test_it_knows_two_outcomes(world: World, outcome: str) -> None:
    sale = in_review(world)
    refuses(
        review.UnknownOutcome,
        lambda: review.propose(buyback=sale, outcome=outcome, reason="so", by=ANNA),
    )


def test_it_keeps_one_proposal_at_a_time(world: World) -> None:
    sale = in_review(world)
    review.propose(buyback=sale, outcome="settled", reason="so", by=ANNA)
    refuses(
        dual_control.AlreadyProposed,
        lambda: review.propose(buyback=sale, outcome="failed", reason="no", by=BEN),
    )


@pytest.mark.parametrize("state", ["submitted", "unknown", "settled", "failed"])
def test_it_decides_on_nothing_but_reviews(world: World, state: str) -> None:
    sale = submitted(world)
    if state == "unknown":
        steps.park(sale.pk, failure=Failure(FailureCode.OUTCOME_UNKNOWN, "timeout"), now=NOW)
    elif state == "settled":
        steps.settle(sale.pk, now=NOW)
    elif state == "failed":
        steps.fail(sale.pk, failure=Failure(FailureCode.DECLINED), now=NOW)
    refuses(
        review.NotInReview,
        lambda: review.propose(buyback=sale, outcome="settled", reason="so", by=ANNA),
    )
    make_proposal(sale, proposed_by=str(ANNA))
    refuses(review.NotInReview, lambda: review.confirm(buyback=sale, by=BEN))
    refuses(review.NotInReview, lambda: review.withdraw(buyback=sale, by=BEN))


def test_it_decides_once(world: World) -> None:
    sale = in_review(world)
    review.propose(buyback=sale, outcome="settled", reason="so", by=ANNA)
    review.confirm(buyback=sale, by=BEN)
    refuses(review.NotInReview, lambda: review.confirm(buyback=sale, by=BEN))
    refuses(review.NotInReview, lambda: review.withdraw(buyback=sale, by=ANNA))


@pytest.mark.parametrize("outcome", ["settled", "failed"])
def test_it_keeps_neither_decision_nor_money_when_half_of_it_fails(
    world: World, outcome: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sale = in_review(world)
    review.propose(buyback=sale, outcome=outcome, reason="so", by=ANNA)
    before = everything()

    def lost(*_: Any, **__: Any) -> None:
        raise ConnectionError

    monkeypatch.setattr(review, "_record", lost)
    with pytest.raises(ConnectionError):
        review.confirm(buyback=sale, by=BEN)
    assert everything() == before


def test_it_withdraws_and_allows_a_new_proposal(world: World) -> None:
    sale = in_review(world)
    review.propose(buyback=sale, outcome="settled", reason="so", by=ANNA)
    review.withdraw(buyback=sale, by=BEN)
    refuses(dual_control.NothingProposed, lambda: review.confirm(buyback=sale, by=BEN))
    review.propose(buyback=sale, outcome="failed", reason="no", by=BEN)
    review.confirm(buyback=sale, by=ANNA)
    assert Buyback.objects.get().state == "failed"
    assert [action.rpartition("_")[2] for _, action, _, _ in audited()] == [
        "proposed",
        "withdrawn",
        "proposed",
        "confirmed",
    ]


def test_it_confirms_only_the_proposal_that_was_read(world: World) -> None:
    sale = in_review(world)
    read = review.propose(buyback=sale, outcome="settled", reason="so", by=ANNA)
    review.withdraw(buyback=sale, by=ANNA)
    review.propose(buyback=sale, outcome="failed", reason="no", by=ANNA)
    refuses(
        dual_control.AnotherProposal, lambda: review.confirm(buyback=sale, by=BEN, proposal=read.pk)
    )


def test_it_accepts_a_late_response_of_the_treasury(world: World) -> None:
    sale = in_review(world)
    review.propose(buyback=sale, outcome="failed", reason="no", by=ANNA)
    steps.settle(sale.pk, now=NOW)  # a very late request
    refuses(review.NotInReview, lambda: review.confirm(buyback=sale, by=BEN))
    assert Payout.objects.count() == 1


def test_it_reconciles_an_open_sale_at_once_and_says_who_asked(world: World) -> None:
    sale = submitted(world)  # its lease expired long ago, and settlement is internal
    assert review.reconcile_now(buyback=sale, by=ANNA)
    assert Buyback.objects.get().state == "settled"
    assert audited() == [(str(ANNA), "buyback.reconcile_asked", {"state": "submitted"}, None)]


@pytest.mark.parametrize("end", ["review", "settled"])
def test_it_reconciles_nothing_that_is_closed_or_in_review(world: World, end: str) -> None:
    sale = in_review(world) if end == "review" else submitted(world)
    if end == "settled":
        steps.settle(sale.pk, now=NOW)
    refuses(review.NotOpen, lambda: review.reconcile_now(buyback=sale, by=ANNA))

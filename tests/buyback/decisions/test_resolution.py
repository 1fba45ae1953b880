"""Resolutions: one person proposes how a difference was dealt with, another confirms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from buyback.decisions import resolution
from buyback.models import Buyback, Difference, Payout, Resolution, Transfer
from config.foundation import clock
from config.foundation.errors import Refusal
from config.foundation.reasons import ReasonRequired
from partners.decisions import dual_control
from partners.models import AuditEntry
from partners.records.actor import SYSTEM, Actor
from tests.database.decisions import make_resolution
from tests.kept import make_difference
from tests.world import NOW, World, make_buyback, make_item

ANNA, BEN = Actor("user", "anna@x.test"), Actor("user", "ben@x.test")

pytestmark = pytest.mark.breaks_books(reason="a sellback without its payout and ledger lines")


@pytest.fixture
def difference(world: World) -> Difference:
    return make_difference(make_buyback(make_item(world.northwind.live)))


def everything() -> list[Any]:
    models = (Difference, Resolution, AuditEntry, Buyback, Payout, Transfer)
    return [list(model._default_manager.order_by("pk").values()) for model in models]


def refuses(what: type[Refusal], act: Callable[[], object]) -> None:
    before = everything()
    with pytest.raises(what):
        act()
    assert everything() == before


def test_it_is_resolved_by_two_people(difference: Difference) -> None:
    money = everything()[3:]
    proposed = resolution.propose(difference=difference, reason=" a fee ", by=ANNA)
    assert (proposed.reason, Difference.objects.get().state) == ("a fee", "open")
    closed = resolution.confirm(difference=difference, by=BEN, proposal=proposed.pk)
    assert (closed.state, closed.closed_at) == ("resolved", Resolution.objects.get().confirmed_at)
    assert everything()[3:] == money


def test_it_is_audited(difference: Difference, world: World) -> None:
    resolution.propose(difference=difference, reason="a mistake", by=ANNA)
    resolution.withdraw(difference=difference, by=BEN)
    resolution.propose(difference=difference, reason="a fee", by=ANNA)
    resolution.confirm(difference=difference, by=BEN)
    facts = {"reason": "a mistake", "proposed_by": str(ANNA)}
    then = facts | {"reason": "a fee"}
    entries = AuditEntry.objects.filter(
        partner=world.northwind.partner, target=f"buyback.difference:{difference.pk}"
    )
    assert list(entries.order_by("id").values_list("actor", "action", "before", "after")) == [
        (str(ANNA), "difference.resolution_proposed", None, facts),
        (str(BEN), "difference.resolution_withdrawn", facts, None),
        (str(ANNA), "difference.resolution_proposed", None, then),
        (
            str(BEN),
            "difference.resolution_confirmed",
            {"state": "open"},
            {"state": "resolved"} | then,
        ),
    ]


def test_it_takes_another_person_to_confirm(difference: Difference, world: World) -> None:
    resolution.propose(difference=difference, reason="so", by=Actor.user(world.admin))
    world.admin.email, world.admin.verified_at = "renamed@phygitals.test", clock.now()
    world.admin.save()
    refuses(
        dual_control.SamePerson,
        lambda: resolution.confirm(difference=difference, by=Actor.user(world.admin)),
    )


def test_it_has_one_proposal_at_a_time(difference: Difference) -> None:
    resolution.propose(difference=difference, reason="so", by=ANNA)
    refuses(
        dual_control.AlreadyProposed,
        lambda: resolution.propose(difference=difference, reason="so", by=BEN),
    )


def test_it_confirms_only_the_proposal_that_was_read(difference: Difference) -> None:
    refuses(dual_control.NothingProposed, lambda: resolution.confirm(difference=difference, by=BEN))
    read = resolution.propose(difference=difference, reason="so", by=ANNA)
    resolution.withdraw(difference=difference, by=ANNA)
    resolution.propose(difference=difference, reason="otherwise", by=ANNA)
    refuses(
        dual_control.AnotherProposal,
        lambda: resolution.confirm(difference=difference, by=BEN, proposal=read.pk),
    )


@pytest.mark.parametrize("state", ["agreed", "resolved"])
def test_it_decides_nothing_that_is_closed(difference: Difference, state: str) -> None:
    make_resolution(difference, confirmed_by="user:b@x.test", confirmed_at=NOW)
    make_resolution(difference)
    Difference.objects.update(state=state, closed_at=NOW)
    for act in (resolution.confirm, resolution.withdraw):
        refuses(resolution.NotDifferent, lambda act=act: act(difference=difference, by=BEN))  # type: ignore[misc]
    refuses(
        resolution.NotDifferent,
        lambda: resolution.propose(difference=difference, reason="so", by=BEN),
    )


@pytest.mark.parametrize("by", [SYSTEM, Actor("key", "abc")], ids=str)
def test_it_lets_only_people_decide(difference: Difference, by: Actor) -> None:
    refuses(
        dual_control.PeopleOnly,
        lambda: resolution.propose(difference=difference, reason="so", by=by),
    )
    make_resolution(difference)
    refuses(dual_control.PeopleOnly, lambda: resolution.confirm(difference=difference, by=by))
    refuses(dual_control.PeopleOnly, lambda: resolution.withdraw(difference=difference, by=by))


@pytest.mark.parametrize("reason", ["", "  ", "x" * 501, "a\0b"])
def test_it_requires_a_reason(difference: Difference, reason: str) -> None:
    refuses(
        ReasonRequired,
        lambda: resolution.propose(difference=difference, reason=reason, by=ANNA),
    )


def test_it_keeps_nothing_when_half_of_it_fails(
    difference: Difference, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolution.propose(difference=difference, reason="so", by=ANNA)
    before = everything()

    def lost(*_: Any, **__: Any) -> None:
        raise ConnectionError

    monkeypatch.setattr(resolution, "_record", lost)
    with pytest.raises(ConnectionError):
        resolution.confirm(difference=difference, by=BEN)
    assert everything() == before

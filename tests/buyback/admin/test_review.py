"""Buttons of an open sellback: who sees which, their confirmation pages, and no other way."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from buyback.live import steps
from buyback.models import Buyback, Proposal
from buyback.outcomes import Failure, FailureCode
from inventory.models import Item
from inventory.pricing import price
from partners.models import AuditEntry
from partners.records.actor import SYSTEM
from tests.admin.conftest import address, make_staff, signed_in, snapshot
from tests.world import NOW, World, make_buyback, make_item, make_proposal

YES = {"confirmed": "yes"}


def claimed(world: World) -> steps.Attempt:
    environment = world.northwind.live
    item = make_item(environment)
    return steps.claim(
        environment=environment, item_id=item.public_id, by=SYSTEM, idempotency_row=None, now=NOW
    )


@pytest.fixture
def sale(world: World) -> Buyback:
    """A sellback in review."""
    attempt = claimed(world)
    steps.submit(attempt, price(attempt.item), now=NOW)
    steps.send_to_review(attempt.pk, failure=Failure(FailureCode.RETENTION_OVER), now=NOW)
    return Buyback.objects.get()


def resolver() -> Client:
    """The browser of a person who may resolve reviews."""
    return signed_in(make_staff(["view", "resolve"]))


def press(client: Client, sale: Buyback, step: str, **sent: Any) -> Any:
    return client.post(
        reverse("admin:buyback_buyback_step", args=[sale.pk]), {"step": step} | sent, follow=True
    )


def buttons(client: Client, sale: Buyback) -> list[str]:
    return list(client.get(address(Buyback, "change", sale.pk)).context["steps"])


def test_it_shows_the_whole_timeline(sale: Buyback) -> None:
    make_proposal(sale, reason="statement 7")
    Buyback.objects.update(treasury="pay.example.test:9002", reference="buyback-of-the-pull")
    page = resolver().get(address(Buyback, "change", sale.pk)).content.decode()
    parts = (
        "pay.example.test:9002",
        "buyback-of-the-pull",
        "retention_over",
        "82.50",
        "85%",
        "$70.13",
        "In flight",
    )
    for part in (*parts, "statement 7"):
        assert part in page


def test_it_asks_before_it_proposes(sale: Buyback) -> None:
    client, before = resolver(), snapshot()
    page = press(client, sale, "settled")
    assert "Propose that this sellback was paid?" in page.content.decode()
    assert snapshot() == before
    press(client, sale, "settled", reason="seen on the statement", **YES)
    assert Proposal.objects.get().reason == "seen on the statement"


@pytest.mark.parametrize(("outcome", "item"), [("settled", "sold"), ("failed", "held")])
def test_it_resolves_by_two_people(sale: Buyback, outcome: str, item: str) -> None:
    press(resolver(), sale, outcome, reason="seen", **YES)
    second = resolver()
    asked = press(second, sale, "confirm")
    assert b"user:" in asked.content
    assert Buyback.objects.get().state == "review"
    page = press(second, sale, "confirm", proposal=Proposal.objects.get().pk, **YES)
    assert f"Confirmed. The sellback is {outcome}." in page.content.decode()
    assert (Buyback.objects.get().state, Item.objects.get().state) == (outcome, item)
    assert AuditEntry.objects.count() == 2


def test_it_does_not_let_one_person_do_both(sale: Buyback) -> None:
    client = resolver()
    press(client, sale, "settled", reason="seen", **YES)
    assert buttons(client, sale) == ["withdraw"]
    before = snapshot()
    page = press(client, sale, "confirm", proposal=Proposal.objects.get().pk, **YES)
    assert "Another person must confirm" in page.content.decode()
    assert snapshot() == before


@pytest.mark.parametrize("proposal", ["", "x", "0", "9" * 30, "²"])
def test_it_confirms_only_what_its_page_has_shown(sale: Buyback, proposal: str) -> None:
    make_proposal(sale)
    client, before = resolver(), snapshot()
    page = press(client, sale, "confirm", proposal=proposal, **YES)
    assert "The proposal has been replaced." in page.content.decode()
    assert snapshot() == before


def test_it_withdraws(sale: Buyback) -> None:
    proposal = make_proposal(sale)
    client = resolver()
    assert buttons(client, sale) == ["confirm", "withdraw"]
    press(client, sale, "withdraw", proposal=proposal.pk, **YES)
    assert buttons(client, sale) == ["settled", "failed"]


def test_it_says_why_it_refuses(sale: Buyback) -> None:
    client, before = resolver(), snapshot()
    assert "Give a reason" in press(client, sale, "failed", reason=" ", **YES).content.decode()
    assert (
        "There is nothing to reconcile" in press(client, sale, "reconcile", **YES).content.decode()
    )
    assert press(client, sale, "delete", **YES).status_code == 404
    assert snapshot() == before


def test_it_reconciles_a_sale_at_once(world: World) -> None:
    attempt = claimed(world)
    client = resolver()
    assert buttons(client, attempt.buyback) == ["reconcile"]
    before = snapshot()
    assert (
        b"Ask the treasury about this sellback now?"
        in press(client, attempt.buyback, "reconcile").content
    )
    assert snapshot() == before
    assert (
        b"The sellback is now closed." in press(client, attempt.buyback, "reconcile", **YES).content
    )
    assert (Buyback.objects.get().state, buttons(client, attempt.buyback)) == ("failed", [])


# who: sees buttons, may press them
TABLE = {
    "nobody": (302, 302),
    "member": (302, 302),
    "staff without permissions": (403, 403),
    "staff who view": (200, 403),
    "staff with every other permission": (200, 403),
    "staff who resolve but do not view": (403, 403),
    "staff who resolve": (200, 302),
    "superuser": (200, 302),
}


def browser(who: str, world: World) -> Client:
    people = {
        "member": lambda: world.northwind.owner,
        "staff without permissions": lambda: make_staff([]),
        "staff who view": lambda: make_staff(["view"]),
        "staff with every other permission": lambda: make_staff(
            ["view", "add", "change", "delete"]
        ),
        "staff who resolve but do not view": lambda: make_staff(["resolve"]),
        "staff who resolve": lambda: make_staff(["view", "resolve"]),
        "superuser": lambda: world.admin,
    }
    return signed_in(people[who]()) if who in people else Client()


@pytest.mark.parametrize("who", TABLE)
def test_it_opens_by_the_table(world: World, sale: Buyback, who: str) -> None:
    client, step = browser(who, world), reverse("admin:buyback_buyback_step", args=[sale.pk])
    page, before = client.get(address(Buyback, "change", sale.pk)), snapshot()
    allowed = who in ("staff who resolve", "superuser")
    if page.status_code == 200:
        assert bool(page.context["steps"]) is allowed
    pressed = client.post(step, {"step": "settled", "reason": "so", **YES})
    assert (page.status_code, pressed.status_code) == TABLE[who]
    assert (snapshot() != before) is allowed
    assert Proposal.objects.count() == allowed


def test_it_acts_on_posts_of_its_own_pages_only(world: World, sale: Buyback) -> None:
    step, before = reverse("admin:buyback_buyback_step", args=[sale.pk]), snapshot()
    sent = {"step": "settled", "reason": "so", **YES}
    assert signed_in(world.admin).get(step, sent).status_code == 405
    foreign = Client(enforce_csrf_checks=True)
    foreign.force_login(world.admin)
    assert foreign.post(step, sent).status_code == 403
    assert snapshot() == before


@pytest.mark.breaks_books("rows of every state, without what belongs to them")
@pytest.mark.parametrize("state", [*Buyback.State.values, "failed before it was priced"])
def test_it_shows_sales_of_every_state(world: World, state: str) -> None:
    word, _, unpriced = state.partition(" ")
    basis = dict.fromkeys(("fmv", "priced_at", "amount")) if unpriced else {}
    sale = make_buyback(make_item(world.northwind.live), state=word, **basis)
    client = signed_in(world.admin)
    for page in (address(Buyback, "changelist"), address(Buyback, "change", sale.pk)):
        assert client.get(page).status_code == 200
    for step in ("reconcile", "settled", "failed", "confirm", "withdraw"):
        assert press(client, sale, step).status_code == 200

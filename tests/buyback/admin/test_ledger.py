"""The button that checks all ledger rules: permission, result, time limit."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from buyback.ledger import invariants
from buyback.ledger.invariants import rules
from buyback.models import Transfer
from inventory.models import Item
from partners.models import AuditEntry
from partners.records.actor import Actor
from tests.admin.conftest import address, make_staff, signed_in, snapshot
from tests.buyback.ledger.test_invariants import behind_the_databases_back
from tests.world import World

CHECK = reverse("admin:buyback_transfer_check")


def checker() -> Client:
    return signed_in(make_staff(["view", "check"]))


def test_it_says_that_every_rule_holds(trade: World) -> None:
    client = checker()
    assert CHECK.encode() in client.get(address(Transfer, "changelist")).content
    page = client.post(CHECK)
    assert [found.breaches for found in page.context["findings"]] == [0] * len(list(rules()))
    assert page.content.count(b"Holds") == len(list(rules()))
    entry = AuditEntry.objects.get(action="ledger.checked")
    assert (entry.target, entry.after) == (
        "ledger",
        {"rules": len(list(rules())), "broken": {}, "not_finished": []},
    )
    assert entry.actor.startswith("user:")


@pytest.mark.breaks_books(reason="on purpose")
def test_it_names_what_is_broken(trade: World) -> None:
    behind_the_databases_back("DELETE FROM buyback_payout")
    page = checker().post(CHECK).content.decode()
    assert "Broken by 4" in page
    assert f"buyback {Item.objects.filter(state='sold')[0].buybacks.get().pk}" in page
    broken = AuditEntry.objects.get(action="ledger.checked").after["broken"]
    assert broken["a settled buyback has exactly one payout, any other none"] == 4


def test_it_stops_when_it_takes_too_long(trade: World, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = [("a slow rule", "SELECT pg_sleep(30)::text"), ("a quick one", "SELECT 'x' WHERE false")]
    with monkeypatch.context() as patch:
        patch.setattr(invariants, "rules", lambda: iter(slow))
        findings = invariants.check(by=Actor.user(trade.admin), seconds=1)
    assert findings[0] == ("a slow rule", None, [])
    assert AuditEntry.objects.get(action="ledger.checked").after["not_finished"][0] == "a slow rule"


@pytest.mark.parametrize("rights", [[], ["view"], ["view", "add", "change", "delete"], ["check"]])
def test_it_lets_only_those_who_may(trade: World, rights: list[str]) -> None:
    client, before = signed_in(make_staff(rights)), snapshot()
    page = client.get(address(Transfer, "changelist"))
    assert CHECK.encode() not in page.content
    assert client.post(CHECK).status_code == 403
    assert snapshot() == before


def test_it_is_a_post_of_its_own_page(trade: World) -> None:
    assert checker().get(CHECK).status_code == 405
    foreign = Client(enforce_csrf_checks=True)
    foreign.force_login(trade.admin)
    assert foreign.post(CHECK).status_code == 403

"""Everything the admin can write is in the audit log, with before and after."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.test import Client

from buyback.models import TreasuryControl
from inventory.models import Card, Pack
from partners.models import ApiKey, AuditEntry, Membership, Partner, User
from tests.admin.conftest import address, filled, signed_in
from tests.admin.test_doors import WRITES
from tests.world import World, make_treasury_control

Deed = Callable[[Client, World], Any]


def added(model: Any, **sent: Any) -> Deed:
    """The page's own form with these values."""
    return lambda client, w: client.post(
        address(model, "add"), filled(client, address(model, "add")) | made(w, sent)
    )


def changed(model: Any, row: Callable[[World], Any], **sent: Any) -> Deed:
    def act(client: Client, w: World) -> Any:
        path = address(model, "change", row(w).pk)
        return client.post(path, filled(client, path) | made(w, sent))

    return act


def deleted(model: Any, row: Callable[[World], Any]) -> Deed:
    return lambda client, w: client.post(address(model, "delete", row(w).pk), {"post": "yes"})


def made(w: World, sent: dict[str, Any]) -> dict[str, Any]:
    return {name: value(w) if callable(value) else value for name, value in sent.items()}


def member(w: World) -> Membership:
    return Membership.objects.get(user=w.northwind.viewer)


TIER = {
    "position": "0",
    "name": "All",
    "color": "#ffffff",
    "lower": "0",
    "upper": "10",
    "weight": "1",
}
PACK = {
    "name": "New",
    "slug": "new",
    "mint_price": "5.00",
    "tiers-TOTAL_FORMS": "1",
    "tiers-INITIAL_FORMS": "0",
}
PACK |= {f"tiers-0-{name}": value for name, value in TIER.items()}
CARD = {
    "source_type": "ebay",
    "listing_id": "v1|1|0",
    "name": "New",
    "image": "/x.svg",
    "fmv": "5.00",
}
# Each page and change: the action, and its name in the log.
DEEDS: dict[tuple[str, str], tuple[Deed, str]] = {
    ("inventory.pack", "add"): (added(Pack, **PACK), "pack.created"),
    ("inventory.pack", "change"): (
        changed(Pack, lambda w: w.pack, mint_price="30.00"),
        "pack.changed",
    ),
    ("inventory.card", "add"): (added(Card, **CARD, pack=lambda w: str(w.pack.pk)), "card.created"),
    ("inventory.card", "change"): (changed(Card, lambda w: w.cards[0], fmv="6.00"), "card.changed"),
    ("partners.partner", "add"): (
        added(Partner, name="New", slug="new", owner="a@new.test"),
        "partner.created",
    ),
    ("partners.partner", "change"): (
        changed(Partner, lambda w: w.juniper.partner, name="Other"),
        "partner.renamed",
    ),
    ("partners.apikey", "add"): (
        added(ApiKey, name="New", environment=lambda w: w.juniper.sandbox.pk),
        "api_key.issued",
    ),
    ("partners.membership", "delete"): (deleted(Membership, member), "member.removed"),
    ("partners.user", "change"): (
        changed(User, lambda w: w.juniper.viewer, first_name="Ana"),
        "user.changed",
    ),
    ("buyback.treasurycontrol", "change"): (
        changed(
            TreasuryControl,
            lambda _: make_treasury_control(),
            paused="on",
            reason="a leak",
            confirmed="yes",
        ),
        "treasury_control.changed",
    ),
}


@pytest.mark.parametrize(("label", "change"), DEEDS, ids=str)
def test_it_writes_down_before_and_after(world: World, label: str, change: str) -> None:
    act, action = DEEDS[label, change]
    rows = apps.get_model(label)._default_manager
    before = list(rows.order_by("pk").values())
    assert act(signed_in(world.admin), world).status_code in (200, 302)
    assert list(rows.order_by("pk").values()) != before
    entry = AuditEntry.objects.get(action=action)
    assert entry.actor == "user:admin@phygitals.test"
    assert (bool(entry.before), bool(entry.after)) == (change != "add", change != "delete")
    assert entry.before != entry.after


def test_it_knows_every_page_that_may_be_written() -> None:
    assert set(DEEDS) == {
        (label, right) for label, rights in WRITES["superuser"].items() for right in rights
    }

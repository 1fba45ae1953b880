"""Changes in the admin go through actions and are audited: packs, cards, partners, keys, people."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from inventory.models import Card, Pack, Tier
from partners.keys.api_keys import find
from partners.models import ApiKey, AuditEntry, Environment, Membership, User
from tests.admin.conftest import address, filled, signed_in, snapshot
from tests.world import NOW, World, make_key

BY = "user:admin@phygitals.test"
REVOKE = "Revoke these keys? They stop working immediately and permanently."


def _audited() -> list[tuple[str, str, Any, Any]]:
    entries = AuditEntry.objects.order_by("created_at", "id").values_list(
        "actor", "action", "before", "after"
    )
    return list(entries)


@pytest.fixture
def admin(world: World) -> Client:
    """A superuser's browser in an unused world."""
    return signed_in(world.admin)


def test_it_changes_a_pack(admin: Client, world: World) -> None:
    path = address(Pack, "change", world.pack.pk)
    response = admin.post(path, filled(admin, path) | {"mint_price": "30.00"})
    assert response.status_code == 302
    assert _audited() == [(BY, "pack.changed", {"mint_price": "25.00"}, {"mint_price": "30.00"})]


def test_it_saves_a_pack_unchanged_without_a_trace(admin: Client, world: World) -> None:
    path = address(Pack, "change", world.pack.pk)
    assert admin.post(path, filled(admin, path)).status_code == 302
    assert not AuditEntry.objects.exists()


def test_it_moves_a_bound_between_two_tiers_in_one_go(admin: Client, world: World) -> None:
    path = address(Pack, "change", world.pack.pk)
    moved = {
        "tiers-0-upper": "30.00",
        "tiers-1-lower": "30.00",
        "tiers-0-position": "1",
        "tiers-1-position": "0",
    }
    assert admin.post(path, filled(admin, path) | moved).status_code == 302
    bounds = list(Tier.objects.order_by("lower").values_list("name", "position", "lower", "upper"))
    assert [(name, position, int(upper)) for name, position, _, upper in bounds] == [
        ("Common", 1, 30),
        ("Rare", 0, 100),
        ("Legendary", 2, 1000),
    ]
    ((actor, action, before, after),) = _audited()
    assert (actor, action, len(before), after[0]["name"]) == (BY, "pack.odds_changed", 3, "Rare")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"tiers-0-upper": "25.00"}, "Common and Rare overlap"),
        ({"tiers-0-position": "1"}, "Please correct the duplicate data"),
        ({"tiers-0-upper": "1.00"}, "A tier&#x27;s upper value must be above its lower value"),
        ({"tiers-0-weight": "0"}, "A tier&#x27;s weight must be above 0"),
        ({"tiers-0-color": "red"}, "A tier&#x27;s color must be a hash and six hex digits"),
        ({"mint_price": "0"}, "Enter an amount above 0"),
        ({"mint_price": "NaN"}, "Enter a number"),
        ({"buyback_percent": "1.2"}, "The sellback share must be at least 0.5 and at most 1"),
    ],
)
def test_it_refuses_odds_that_cannot_be(
    admin: Client, world: World, change: dict[str, str], sentence: str
) -> None:
    path, before = address(Pack, "change", world.pack.pk), snapshot()
    response = admin.post(path, filled(admin, path) | change)
    assert response.status_code == 200
    assert sentence in response.content.decode()
    assert snapshot() == before


def test_it_makes_a_pack_with_an_id_of_its_own(admin: Client) -> None:
    form = filled(admin, address(Pack, "add"))
    tier = {
        "position": "0",
        "name": "All",
        "color": "#ffffff",
        "lower": "0",
        "upper": "10",
        "weight": "1",
    }
    new = {"name": "New", "slug": "new", "mint_price": "5.00", "tiers-TOTAL_FORMS": "1"}
    sent = form | new | {f"tiers-0-{name}": value for name, value in tier.items()}
    assert admin.post(address(Pack, "add"), sent).status_code == 302
    pack = Pack.objects.get(slug="new")
    assert len(pack.public_id) == 44
    assert pack.tiers.get().name == "All"
    assert [action for _, action, _, _ in _audited()] == ["pack.created", "pack.odds_changed"]


def test_it_reprices_a_card_and_says_when(admin: Client, world: World) -> None:
    card = world.cards[0]
    path = address(Card, "change", card.pk)
    assert (
        admin.post(
            path, filled(admin, path) | {"fmv": "6.00", "mint_address": "stolen"}
        ).status_code
        == 302
    )
    card.refresh_from_db()
    assert card.priced_at > NOW
    assert str(card.mint_address).startswith("MintFogBell")
    ((_, action, before, after),) = _audited()
    assert (action, before["fmv"], after["fmv"], set(after)) == (
        "card.changed",
        "5.00",
        "6.00",
        {"fmv", "priced_at"},
    )


def test_it_adds_a_card(admin: Client, world: World) -> None:
    sent = filled(admin, address(Card, "add")) | {
        "source_type": "ebay",
        "listing_id": "v1|1|0",
        "name": "New",
        "image": "/x.svg",
        "fmv": "5.00",
        "pack": str(world.pack.pk),
    }
    assert admin.post(address(Card, "add"), sent).status_code == 302
    card = Card.objects.get(name="New")
    assert (card.public_id, card.mint_address, card.pack) == ("v1|1|0", None, world.pack)
    assert [action for _, action, _, _ in _audited()] == ["card.created"]


@pytest.mark.parametrize(
    "text",
    ['{"Set": "Emberwild", "Grade": 9.5}', '[{"trait_type": "Set", "value": "Emberwild"}]', ""],
)
def test_it_takes_attributes_as_an_import_would(admin: Client, world: World, text: str) -> None:
    path = address(Card, "change", world.cards[0].pk)
    assert admin.post(path, filled(admin, path) | {"attributes": text}).status_code == 302
    attributes = Card.objects.get(pk=world.cards[0].pk).attributes
    assert [set(one) for one in attributes] == [{"trait_type", "value"}] * len(attributes)
    assert [one["value"] for one in attributes][:1] == (["Emberwild"] if text else [])


@pytest.mark.parametrize(
    "text",
    [
        *(
            "1",
            '"x"',
            "{",
            '[{"a": 1}]',
            '{"a": [1]}',
            '{"a": 18446744073709551616}',
            '{"a": NaN}',
            '{"a": true}',
        ),
        *('{"a": ' + "9" * 5000 + "}", "[" * 100_000),
    ],
    ids=lambda text: text[:12],
)
def test_it_refuses_attributes_an_import_would_refuse(
    admin: Client, world: World, text: str
) -> None:
    path, before = address(Card, "change", world.cards[0].pk), world.cards[0].attributes
    response = admin.post(path, filled(admin, path) | {"attributes": text})
    assert response.status_code == 200
    assert list(response.context["adminform"].form.errors) == ["attributes"]
    assert Card.objects.get(pk=world.cards[0].pk).attributes == before
    assert not AuditEntry.objects.exists()


def _issue(admin: Client, environment: Environment) -> Any:
    sent = {"environment": environment.pk, "name": "Server", "expires_at_0": "", "expires_at_1": ""}
    return admin.post(address(ApiKey, "add"), sent)


def test_it_shows_a_new_key_once(admin: Client, world: World) -> None:
    ApiKey.objects.all().delete()
    response = _issue(admin, world.northwind.sandbox)
    assert response.status_code == 200
    text = response.context["text"]
    assert f'value="{text}"' in response.content.decode()
    assert "no-store" in response["Cache-Control"]
    key = ApiKey.objects.get()
    assert find(text, "sandbox") == key
    for page in (
        address(ApiKey, "changelist"),
        address(ApiKey, "change", key.pk),
        reverse("admin:index"),
    ):
        assert text.rpartition("_")[2] not in admin.get(page).content.decode()
    assert text not in str(admin.cookies) + str(dict(admin.session))


def test_it_creates_no_live_key(admin: Client, world: World) -> None:
    before = snapshot()
    assert "Select a valid choice" in _issue(admin, world.northwind.live).content.decode()
    assert snapshot() == before


def test_it_refuses_an_eleventh_key(admin: Client, world: World) -> None:
    for _ in range(9):
        make_key(world.northwind.sandbox)
    before = snapshot()
    response = _issue(admin, world.northwind.sandbox)
    assert "at most 10 active keys" in admin.get(response["Location"]).content.decode()
    assert snapshot() == before


def test_it_revokes_only_when_confirmed(admin: Client, world: World) -> None:
    key = find(world.northwind.live_key, "live")
    assert key is not None
    chosen = {"action": "revoke", "_selected_action": [key.pk]}
    assert REVOKE in admin.post(address(ApiKey, "changelist"), chosen).content.decode()
    assert find(world.northwind.live_key, "live") == key
    admin.post(address(ApiKey, "changelist"), chosen | {"confirmed": "yes"})
    assert find(world.northwind.live_key, "live") is None
    assert [(actor, action) for actor, action, _, _ in _audited()] == [(BY, "api_key.revoked")]


def test_it_only_removes_members(admin: Client, world: World) -> None:
    member, partner = Membership.objects.get(user=world.northwind.viewer), world.northwind.partner
    sent = {"user": world.juniper.viewer.pk, "partner": partner.pk, "role": "owner"}
    before = snapshot()
    assert admin.post(address(Membership, "add"), sent).status_code == 403
    admin.post(address(Membership, "change", member.pk), sent)
    assert snapshot() == before
    assert admin.post(address(Membership, "delete", member.pk), {"post": "yes"}).status_code == 302
    assert not Membership.objects.filter(pk=member.pk).exists()
    actions = [action for _, action, _, _ in _audited()]
    assert actions == ["access.denied", "access.denied", "member.removed"]


def test_it_changes_a_user_and_proposes_rights(admin: Client, world: World) -> None:
    user = world.juniper.viewer
    form = {"first_name": "Ana", "is_active": "on", "is_staff": "on", "reason": "joins the vault"}
    assert admin.post(address(User, "change", user.pk), form).status_code == 302
    user.refresh_from_db()
    assert (user.first_name, user.is_staff) == ("Ana", False)
    entries = _audited()
    assert [action for _, action, _, _ in entries] == ["user.changed", "access.proposed"]
    assert entries[1][3]["rights"] == {"is_staff": True}


def test_it_keeps_an_expiry(admin: Client, world: World) -> None:
    later = NOW + timedelta(days=365 * 30)
    sent = {
        "environment": world.northwind.sandbox.pk,
        "name": "Server",
        "expires_at_0": later.date().isoformat(),
        "expires_at_1": "12:00:00",
    }
    assert admin.post(address(ApiKey, "add"), sent).status_code == 200
    key = ApiKey.objects.order_by("-pk")[0]
    assert key.expires_at == later.replace(hour=12, minute=0, second=0)

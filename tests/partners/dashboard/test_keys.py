"""API keys in the dashboard: created and shown once, rotated with an overlap, revoked."""

from __future__ import annotations

import re
import time
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from config.foundation import clock
from partners.dashboard import keys
from partners.keys.api_keys import (
    KeyNotActive,
    KeyRotated,
    TooManyKeys,
    find,
    revoke_key,
    rotate_key,
)
from partners.models import ApiKey, AuditEntry, User
from partners.records.actor import SYSTEM
from tests.dashboard.steps import confirmed, signed_in
from tests.factors import give_factor
from tests.world import NOW, World, make_key

KEYS = "/dashboard/live/developers/keys/"


def post(client: Client, world: World, where: str, **form: Any) -> Any:
    return client.post(KEYS + where, {"environment": world.northwind.live.pk} | form)


def shown(answer: Any) -> str:
    """The key's text, from the page that shows it once."""
    text = re.search(r'value="(live-[^"]+)"', answer.content.decode())
    assert text is not None
    return text[1]


def test_it_lists_the_keys_of_one_mode(
    world: World, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    make_key(world.northwind.live, name="Old server", revoked_at=NOW)
    make_key(world.northwind.sandbox, name="Test server")
    client = signed_in(world.northwind.viewer)
    with django_assert_num_queries(6):
        page = client.get(KEYS)
    text = page.content.decode()
    assert [key.name for key in page.context["ended"]] == ["Old server"]
    assert ("Test server" in text, "Rotate" in text, world.northwind.live_key in text) == (
        False,
        False,
        False,
    )


def test_it_lists_every_key_that_works_however_many_ended_since(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys, "ENDED", 2)
    for number in range(3):
        make_key(
            world.northwind.live,
            name=f"Ended {number}",
            revoked_at=NOW,
            created_at=NOW + timedelta(days=number),
        )
    page = signed_in(world.northwind.viewer).get(KEYS)
    assert [key.name for key in page.context["active"]] == ["Server"]
    assert [key.name for key in page.context["ended"]] == ["Ended 2", "Ended 1"]
    assert "Until revoked" in page.content.decode()


def test_it_makes_a_key_with_scopes_and_shows_it_once(world: World) -> None:
    client = confirmed(world.northwind.owner)
    text = shown(
        post(
            client,
            world,
            "new/",
            name="Shop",
            scopes=["inventory:read", "buyback:write"],
            lives="30",
        )
    )
    key = find(text, "live")
    assert key is not None
    assert (key.environment, key.scopes) == (
        world.northwind.live,
        ["inventory:read", "buyback:write"],
    )
    assert key.expires_at is not None
    assert text not in client.get(KEYS).content.decode()
    assert text not in str(AuditEntry.objects.values())


@pytest.mark.parametrize(
    "form", [{"name": ""}, {"name": "x" * 101}, {"name": "Shop", "scopes": ["root"]}]
)
def test_it_does_nothing_for_a_wrong_form(world: World, form: dict[str, Any]) -> None:
    before = ApiKey.objects.count()
    assert post(confirmed(world.northwind.owner), world, "new/", **form).status_code == 422
    assert ApiKey.objects.count() == before


def test_it_rotates_with_an_overlap(world: World) -> None:
    old = find(world.northwind.live_key, "live")
    assert old is not None
    text = shown(post(confirmed(world.northwind.owner), world, f"{old.pk}/rotate/", overlap="24"))
    assert find(text, "live") is not None
    later = clock.now() + timedelta(hours=24)
    assert find(world.northwind.live_key, "live") is not None
    assert find(world.northwind.live_key, "live", later) is None
    assert find(text, "live", later) is not None


def test_it_ends_the_old_key_no_later_than_it_would_have(world: World) -> None:
    old, _ = make_key(
        world.northwind.live,
        scopes=["inventory:read"],
        created_at=NOW,
        expires_at=NOW + timedelta(hours=2),
    )
    new, _ = rotate_key(
        key=old, overlap=timedelta(hours=24), by=SYSTEM, now=NOW + timedelta(hours=1)
    )
    old.refresh_from_db()
    assert (old.expires_at, new.expires_at) == (NOW + timedelta(hours=2), NOW + timedelta(hours=3))
    assert new.scopes == ["inventory:read"]
    assert list(AuditEntry.objects.order_by("id").values_list("action", flat=True)) == [
        "api_key.issued",
        "api_key.rotated",
    ]


@pytest.mark.parametrize("overlap", ["24", "0"])
def test_it_rotates_a_key_once_and_names_its_successor(world: World, overlap: str) -> None:
    """A double click must not replace the first new key, which would then be lost."""
    old, client = (
        ApiKey.objects.get(environment=world.northwind.live),
        confirmed(world.northwind.owner),
    )
    post(client, world, f"{old.pk}/rotate/", overlap=overlap)
    old.refresh_from_db()
    new = old.replaced_by
    assert new is not None
    again = post(client, world, f"{old.pk}/rotate/", overlap=overlap)
    assert again.status_code == 422
    assert re.search(
        f"already rotated.*{new.hint}.*{KEYS}{new.pk}/rotate/", again.content.decode(), re.DOTALL
    )
    assert f"{KEYS}{old.pk}/rotate/" not in client.get(KEYS).content.decode()
    assert list(ApiKey.objects.filter(environment=world.northwind.live, expires_at=None)) == [new]
    assert ApiKey.objects.filter(environment=world.northwind.live).count() == 2


def test_it_rotates_the_new_key_in_its_turn(world: World) -> None:
    old, _ = make_key(world.northwind.live, created_at=NOW, expires_at=NOW + timedelta(days=30))
    new, _ = rotate_key(key=old, overlap=timedelta(hours=1), by=SYSTEM, now=NOW + timedelta(days=1))
    with pytest.raises(KeyRotated):
        rotate_key(key=old, overlap=timedelta(hours=1), by=SYSTEM, now=NOW + timedelta(days=1))
    ApiKey.objects.filter(pk=new.pk).update(created_at=NOW + timedelta(days=1))
    newest, _ = rotate_key(
        key=new, overlap=timedelta(hours=1), by=SYSTEM, now=NOW + timedelta(days=2)
    )
    assert newest.expires_at == NOW + timedelta(days=32)


def test_it_rotates_no_key_that_has_ended_and_none_too_many(world: World) -> None:
    old, _ = make_key(world.northwind.live, revoked_at=NOW)
    with pytest.raises(KeyNotActive):
        rotate_key(key=old, overlap=timedelta(0), by=SYSTEM, now=NOW)
    keys = [make_key(world.northwind.live)[0] for _ in range(9)]
    with pytest.raises(TooManyKeys):
        rotate_key(key=keys[0], overlap=timedelta(0), by=SYSTEM, now=NOW)
    keys[0].refresh_from_db()
    assert (keys[0].expires_at, AuditEntry.objects.count()) == (None, 0)


def test_it_revokes_after_asking(world: World) -> None:
    key, client = (
        ApiKey.objects.get(environment=world.northwind.live),
        confirmed(world.northwind.owner),
    )
    assert "Revoke Server?" in client.get(f"{KEYS}{key.pk}/revoke/").content.decode()
    assert find(world.northwind.live_key, "live") is not None
    assert post(client, world, f"{key.pk}/revoke/").status_code == 302
    assert find(world.northwind.live_key, "live") is None


def test_it_says_that_a_revoked_key_cannot_be_rotated(world: World) -> None:
    key = ApiKey.objects.get(environment=world.northwind.live)
    revoke_key(key=key, by=SYSTEM)
    answer = post(confirmed(world.northwind.owner), world, f"{key.pk}/rotate/", overlap="1")
    assert answer.status_code == 422
    assert "revoked or expired" in answer.content.decode()


def test_it_asks_for_the_password_again_first(world: World) -> None:
    before = ApiKey.objects.count()
    answer = post(signed_in(world.northwind.owner), world, "new/", name="Shop")
    assert answer.headers["Location"].startswith("/account/confirm/?next=")
    assert ApiKey.objects.count() == before


def test_it_limits_a_key_to_addresses(world: World) -> None:
    key, client = make_key(world.northwind.live, name="Shop")[0], confirmed(world.northwind.owner)
    refused = post(client, world, f"{key.pk}/addresses/", networks="203.0.113.7/24")
    assert refused.status_code == 422
    assert "Enter at most 20 addresses" in refused.content.decode()
    assert post(client, world, f"{key.pk}/addresses/", networks="203.0.113.7").status_code == 302
    key.refresh_from_db()
    assert key.networks == ["203.0.113.7/32"]
    assert "203.0.113.7/32" in client.get(KEYS).content.decode()


def test_it_makes_a_key_for_addresses(world: World) -> None:
    client = confirmed(world.northwind.owner)
    form = {"name": "Shop", "networks": "203.0.113.0/24\n2001:db8::/32"}
    assert post(client, world, "new/", **form | {"networks": "x"}).status_code == 422
    shown(post(client, world, "new/", **form))
    assert ApiKey.objects.latest("id").networks == ["2001:db8::/32", "203.0.113.0/24"]


def test_it_revokes_all_keys_with_a_reason(world: World) -> None:
    client, keys_of = confirmed(world.northwind.owner), ApiKey.objects.filter(revoked_at=None)
    ours = keys_of.filter(environment__partner=world.northwind.partner)
    assert "live and sandbox" in client.get(KEYS + "revoke/").content.decode()
    assert post(client, world, "revoke/", reason="").status_code == 422
    assert ours.count() > 1
    assert post(client, world, "revoke/", reason="leaked").status_code == 302
    assert not ours.exists()
    assert keys_of.exists()


@pytest.mark.parametrize("where", ["new/", "rotate/"])
def test_a_live_key_needs_a_verified_address(world: World, where: str) -> None:
    """A person who opened the account with a shown link gets no key."""
    owner, key = world.northwind.owner, ApiKey.objects.get(environment=world.northwind.live)
    User.objects.filter(pk=owner.pk).update(
        verified_at=None, verified_by="", confined_to=world.northwind.partner
    )
    client = confirmed(User.objects.get(pk=owner.pk))
    path = where if where == "new/" else f"{key.pk}/{where}"
    before = list(ApiKey.objects.values_list("pk", "expires_at"))
    for answer in (
        client.get(KEYS + path),
        post(client, world, path, name="Shop", overlap="24"),
    ):
        assert answer.headers["Location"] == "/account/verify/"
    assert list(ApiKey.objects.values_list("pk", "expires_at")) == before


@pytest.mark.parametrize("where", ["revoke/", "{key}/addresses/"])
def test_only_an_owner_limits_and_revokes_all(world: World, where: str) -> None:
    key = ApiKey.objects.get(environment=world.northwind.live, revoked_at=None)
    path = where.format(key=key.pk)
    for person in (world.northwind.viewer, world.juniper.owner):
        client = confirmed(person)
        assert post(client, world, path, reason="x", networks="10.0.0.1").status_code in {
            403,
            404,
            409,
        }
    key.refresh_from_db()
    assert (key.networks, key.revoked_at) == ([], None)


@pytest.mark.parametrize("where", ["new/", "rotate/"])
@pytest.mark.parametrize("has_factor", [True, False])
def test_a_live_key_needs_a_second_factor_used_recently(
    world: World, where: str, has_factor: bool
) -> None:
    owner, key = world.northwind.owner, ApiKey.objects.get(environment=world.northwind.live)
    if has_factor:
        give_factor(owner)
    client = confirmed(owner)
    session = client.session
    session["account_authentication_methods"] = [{"method": "password", "at": time.time()}]
    session.save()
    path = where if where == "new/" else f"{key.pk}/{where}"
    page = "/account/factors/reauthenticate/" if has_factor else "/account/factors/"
    for answer in (
        client.get(KEYS + path),
        post(client, world, path, name="Shop", overlap="24"),
    ):
        assert answer.headers["Location"].partition("?")[0] == page
    assert ApiKey.objects.filter(environment=world.northwind.live).get() == key
    sandbox = KEYS.replace("live", "sandbox")
    sent = {"environment": world.northwind.sandbox.pk, "name": "Shop"}
    assert client.post(f"{sandbox}new/", sent).status_code == 200
    assert ApiKey.objects.filter(environment=world.northwind.sandbox).count() == 2

"""Keys that work only from some addresses, and the revocation of all keys."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from config.foundation.reasons import ReasonRequired
from partners.keys.api_keys import (
    KeyNotActive,
    find,
    issue_key,
    limit_networks,
    revoke_all,
    revoke_key,
    rotate_key,
)
from partners.keys.networks import MOST, BadNetwork, allows, clean_networks, split
from partners.models import ApiKey, AuditEntry
from partners.records.actor import SYSTEM
from tests.world import World, make_key

OFFICE = "203.0.113.0/24"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        (" 203.0.113.7 ", ["203.0.113.7/32"]),
        ("203.0.113.0/24,\n2001:DB8::/32 203.0.113.0/24", ["2001:db8::/32", OFFICE]),
        ("\n".join(f"10.0.0.{n}" for n in range(MOST)), None),
    ],
)
def test_it_reads_addresses_and_networks(text: str, found: list[str] | None) -> None:
    cleaned = clean_networks(split(text))
    assert len(cleaned) == MOST if found is None else cleaned == found


@pytest.mark.parametrize(
    "text",
    [
        "203.0.113.7/24",
        "203.0.113",
        "203.0.113.0/33",
        "host.example",
        "0x7f.1",
        "10.0.0.1-10.0.0.9",
        "٣.0.0.1",
        "1" * 51,
        "\n".join(f"10.0.0.{n}" for n in range(MOST + 1)),
    ],
)
def test_it_refuses_what_is_no_list_of_addresses(text: str) -> None:
    with pytest.raises(BadNetwork):
        clean_networks(split(text))


@pytest.mark.parametrize(
    ("networks", "address", "allowed"),
    [
        ([], "198.51.100.1", True),
        ([], "", True),
        ([OFFICE], "203.0.113.255", True),
        ([OFFICE], "::ffff:203.0.113.1", True),
        ([OFFICE], "203.0.114.0", False),
        ([OFFICE], "", False),
        ([OFFICE], "nonsense", False),
        ([OFFICE, "2001:db8::/32"], "2001:db8:1::9", True),
        (["2001:db8::/32"], "203.0.113.1", False),
        (["::/0"], "203.0.113.1", False),
    ],
)
def test_it_compares_the_clients_address(networks: list[str], address: str, allowed: bool) -> None:
    assert allows(networks, address) == allowed


def test_a_key_works_only_from_its_addresses(world: World, client: Client) -> None:
    _, text = issue_key(
        environment=world.northwind.live, name="Shop", by=SYSTEM, networks=["203.0.113.0/24"]
    )

    def call(address: str) -> int:
        path = "/api/v1/inventory/ada"
        return client.get(path, headers={"X-API-Key": text}, REMOTE_ADDR=address).status_code

    assert (call("203.0.113.9"), call("198.51.100.9")) == (404, 401)
    assert find(text, "live") is not None


def test_a_rotated_key_keeps_its_addresses(world: World) -> None:
    key, _ = issue_key(environment=world.northwind.live, name="Shop", by=SYSTEM, networks=[OFFICE])
    new, _ = rotate_key(key=key, overlap=timedelta(0), by=SYSTEM)
    assert new.networks == [OFFICE]


def test_changed_addresses_are_audited_once(world: World) -> None:
    key = make_key(world.northwind.live)[0]
    before = AuditEntry.objects.count()
    limit_networks(key=key, networks=["203.0.113.7"], by=SYSTEM)
    limit_networks(key=key, networks=["203.0.113.7/32"], by=SYSTEM)
    key.refresh_from_db()
    assert key.networks == ["203.0.113.7/32"]
    entry = AuditEntry.objects.latest("id")
    assert AuditEntry.objects.count() == before + 1
    assert (entry.action, entry.after["networks"]) == ("api_key.networks_changed", key.networks)


def test_a_refusal_changes_nothing(world: World) -> None:
    key = make_key(world.northwind.live, networks=[OFFICE])[0]
    ended = revoke_key(key=make_key(world.northwind.live)[0], by=SYSTEM)
    before = AuditEntry.objects.count()
    with pytest.raises(BadNetwork):
        limit_networks(key=key, networks=["nonsense"], by=SYSTEM)
    with pytest.raises(KeyNotActive):
        limit_networks(key=ended, networks=[], by=SYSTEM)
    with pytest.raises(ReasonRequired):
        revoke_all(partner=world.northwind.partner, reason=" ", by=SYSTEM)
    key.refresh_from_db()
    assert (key.networks, key.revoked_at) == ([OFFICE], None)
    assert AuditEntry.objects.count() == before


def test_it_revokes_all_keys_of_one_partner(world: World) -> None:
    partner = world.northwind.partner
    count = ApiKey.objects.filter(environment__partner=partner, revoked_at=None).count()
    theirs = ApiKey.objects.filter(environment__partner=world.juniper.partner).values_list(
        "pk", "revoked_at"
    )
    before = set(theirs)
    assert revoke_all(partner=partner, reason="leaked", by=SYSTEM) == count > 1
    assert not ApiKey.objects.filter(environment__partner=partner, revoked_at=None).exists()
    assert set(theirs.all()) == before
    entry = AuditEntry.objects.latest("id")
    assert entry.action == "partner.keys_revoked"
    assert entry.after == {"keys": count, "reason": "leaked"}
    assert revoke_all(partner=partner, reason="again", by=SYSTEM) == 0

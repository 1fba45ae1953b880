"""A pack is enabled and paused with a reason; the audit log has both."""

from __future__ import annotations

import pytest

from config.foundation.errors import Refusal
from config.foundation.reasons import ReasonRequired
from inventory.models import Pack
from inventory.packs.enabling import PackHasNoTiers, set_enabled
from inventory.packs.purchases import OutOfStock, buy_pulls
from partners.models import AuditEntry
from partners.records.actor import SYSTEM
from tests.world import World, make_pack


def test_it_pauses_and_enables(world: World) -> None:
    set_enabled(pack=world.pack, enabled=False, reason=" a leak ", by=SYSTEM)
    with pytest.raises(OutOfStock):
        buy_pulls(
            environment=world.northwind.live,
            pack_id=world.pack.public_id,
            amount=1,
            user_id="u",
            by=SYSTEM,
        )
    set_enabled(pack=world.pack, enabled=True, reason="fixed", by=SYSTEM)
    assert Pack.objects.get().enable
    entries = AuditEntry.objects.order_by("created_at", "id").values_list(
        "action", "before", "after"
    )
    assert list(entries) == [
        ("pack.paused", {"enable": True}, {"enable": False, "reason": "a leak"}),
        ("pack.enabled", {"enable": False}, {"enable": True, "reason": "fixed"}),
    ]


def test_it_writes_nothing_where_nothing_changes(world: World) -> None:
    set_enabled(pack=world.pack, enabled=True, reason="again", by=SYSTEM)
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize("reason", ["", "  ", "x" * 501, "a\0b"])
def test_it_requires_a_reason(world: World, reason: str) -> None:
    refused(world.pack, ReasonRequired, enabled=False, reason=reason)


def test_it_enables_no_pack_without_tiers(db: None) -> None:
    refused(make_pack(enable=False), PackHasNoTiers, enabled=True, reason="now")


def refused(pack: Pack, why: type[Refusal], *, enabled: bool, reason: str) -> None:
    with pytest.raises(why):
        set_enabled(pack=pack, enabled=enabled, reason=reason, by=SYSTEM)
    assert Pack.objects.get(pk=pack.pk).enable is not enabled
    assert not AuditEntry.objects.exists()

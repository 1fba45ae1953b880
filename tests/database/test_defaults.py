"""A new installation has caps; an upgrade keeps what it has, also no caps."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest
from django.db import connection

from buyback.models import TreasuryControl
from tests.world import World

migration = import_module("buyback.migrations.0015_caps_in_slots")
CAPS = ("cap_per_sale", "cap_per_partner_day", "cap_per_hour")


def caps() -> Any:
    with connection.cursor() as cursor:
        cursor.execute(migration.DEFAULTS)
    return TreasuryControl.objects.values_list("paused", *CAPS).get()


@pytest.mark.django_db
def test_a_new_installation_has_caps() -> None:
    assert caps() == (False, 10_000, 50_000, 250_000)


def test_an_upgrade_without_guards_gets_the_row_without_caps(world: World) -> None:
    assert caps() == (False, None, None, None)


def test_an_upgrade_keeps_its_caps(world: World) -> None:
    TreasuryControl.objects.create(paused=True, cap_per_hour=7)
    assert caps() == (True, None, None, 7)

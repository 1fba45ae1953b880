"""Factories for models that only the dashboard uses."""

from __future__ import annotations

from decimal import Decimal
from itertools import count
from typing import Any

from inventory.models import Tally, UserTally
from partners.models import Environment, SavedView, User
from tests.world import NOW, make_collector, make_pack

_numbers = count(1)


def make_saved_view(user: User, environment: Environment, **fields: Any) -> SavedView:
    """One person's view of the payouts, without filters."""
    known = {
        "user": user,
        "environment": environment,
        "page": "payouts",
        "name": f"View {next(_numbers)}",
    }
    return SavedView.objects.create(**known | fields)


def make_tally(environment: Environment, **fields: Any) -> Tally:
    """Three pulls of a pack: one held, one sold back."""
    known = {
        "environment": environment,
        "pulled": 3,
        "held": 1,
        "held_value": Decimal("70.13"),
        "sold": 1,
    }
    return Tally.objects.create(
        **known | {"counted_at": NOW} | fields, **{} if "pack" in fields else {"pack": make_pack()}
    )


def make_user_tally(environment: Environment, **fields: Any) -> UserTally:
    """A user who holds one item that sells for 70.13 USD."""
    known = {"environment": environment, "size": 1, "value": Decimal("70.13"), "latest": NOW}
    collector = {} if "collector" in fields else {"collector": make_collector(environment)}
    return UserTally.objects.create(**known | collector | fields)

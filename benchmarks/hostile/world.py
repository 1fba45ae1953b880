"""Rows that hostile calls refer to, created in a fresh copy of the world."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from benchmarks.hostile.inputs import Known
from benchmarks.world import Database

TRAITS = 80  # attributes of a card: the maximum of 60 characters each in an import
TIERS = (
    (0, 50, 70),
    (50, 200, 20),
    (200, 400, 9),
    (400, 1000, 1),
)  # of each pack: lower, upper (USD), weight
SHIPPED = 100  # the last user's items, some of them in an order: none of them is sold
LONGEST = 8 * 1024  # bytes of a body in the request log


def known(database: Database) -> Known:
    """The rows, keys and sessions that the probes refer to."""
    from django.db import connection

    from benchmarks.measures import admin
    from benchmarks.measures.dashboard_fixture import fill_dashboard
    from benchmarks.measures.scale import cookie
    from inventory.models import Item, Pack
    from partners.keys.api_keys import issue_key
    from partners.models import Environment
    from partners.records.actor import SYSTEM

    fill_dashboard(database)
    here = Environment.objects.select_related("partner").get(pk=database.environment)
    sandbox = Environment.objects.get(partner=here.partner, mode="sandbox")
    _, key = issue_key(environment=sandbox, name="hostile", by=SYSTEM)
    _tiers()
    held = Item.objects.of(here).filter(state="held").order_by("id")
    found = Known(
        database=database,
        owner=cookie("owner"),
        admin=admin.session(),
        sandbox_key=key,
        held=list(held.values_list("public_id", flat=True)[:100]),
        card=_long_card(),
        pack=Pack.objects.order_by("id")[0],
        calls=_calls_to_look_at(here),
    )
    connection.close()
    return found


def _tiers() -> None:
    """Give every pack tiers: in live it is sold out, in a sandbox nothing is held yet."""
    from inventory.models import Pack, Tier

    Tier.objects.bulk_create(
        Tier(
            pack=pack,
            position=place,
            name=f"Tier {place}",
            color="#8b5cf6",
            lower=low,
            upper=high,
            weight=weight,
        )
        for pack in Pack.objects.all()
        for place, (low, high, weight) in enumerate(TIERS)
    )


def _long_card() -> str:
    """The id of a card with the longest name and the most attributes of an import."""
    from inventory.vault.importing import import_cards

    attributes: dict[str, Any] = {f"trait {number}": "x" * 60 for number in range(TRAITS)}
    row = {
        "source_type": "enft",
        "mint_address": "hostile" * 14,
        "name": "W" * 300,
        "fmv": Decimal("1.00"),
    }
    import_cards([(1, row | {"attributes": attributes})])
    return str(row["mint_address"])


def _calls_to_look_at(here: Any) -> list[int]:
    """Calls in the request log whose bodies are most expensive to show."""
    from partners.models import ApiCall, ApiKey

    key = ApiKey.objects.filter(environment=here)[0]
    bodies = (
        "[" * 900 + "1," * 3000 + "1" + "]" * 900,
        '{"a":' * 900 + "1" + "}" * 900,
        "[" + "1," * 4000 + "1]",
        "[" + "{}," * 2500 + "{}]",
        "<" * LONGEST,
    )
    return [
        ApiCall.objects.create(
            environment=here,
            key=key,
            method="POST",
            path="/vm/buyback",
            status=200,
            microseconds=1,
            request_id="hostile",
            sent=body[:LONGEST],
            answered=body[:LONGEST],
            created_at=here.now(),
        ).pk
        for body in bodies
    ]

"""Every change of a card's value is recorded, from any source; other updates are not."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.db.models import F

from inventory.models import Card, PriceChange
from inventory.vault.importing import import_cards
from tests.world import NOW, World, make_card, make_item

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)


def kept() -> list[tuple[Any, ...]]:
    return list(
        PriceChange.objects.order_by("id").values_list("card", "before", "fmv", "priced_at")
    )


def test_it_records_a_change_by_an_update() -> None:
    card = make_card()
    Card.objects.update(fmv=F("fmv") + 1, priced_at=LATER)
    assert kept() == [(card.pk, Decimal("82.50"), Decimal("83.50"), LATER)]


def test_it_records_a_change_by_a_form() -> None:
    card = make_card()
    card.fmv = Decimal("5.00")
    card.save()
    assert [change[1:3] for change in kept()] == [(Decimal("82.50"), Decimal("5.00"))]


def test_it_records_a_change_by_an_import() -> None:
    rows = [
        {"source_type": "ebay", "listing_id": f"v1|{n}|0", "name": "Pup", "fmv": "12.50"}
        for n in range(3)
    ]
    import_cards(enumerate(rows, 1), now=NOW)
    assert kept() == []
    rows[1] |= {"fmv": "13.00"}
    import_cards(enumerate(rows, 1), now=LATER)
    assert [change[1:] for change in kept()] == [(Decimal("12.50"), Decimal("13.00"), LATER)]


def test_it_records_a_change_by_sql() -> None:
    make_card()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE inventory_card SET fmv = 1")
    assert [change[1:3] for change in kept()] == [(Decimal("82.50"), Decimal("1.00"))]


def test_it_keeps_nothing_where_the_value_stays(world: World) -> None:
    make_item(world.northwind.live, card=world.cards[0])
    Card.objects.update(priced_at=LATER, fmv=F("fmv"))
    assert kept() == []

"""The inventory's statement returns the same as the models and the price formula."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from config.foundation.clock import iso_or_none
from config.foundation.money import to_json
from inventory.api.inventory import shelf
from inventory.api.rendering import purchased_item
from inventory.models import Item
from inventory.pricing import price
from partners.models import Mode
from tests.world import make_card, make_collector, make_environment, make_item

pytestmark = pytest.mark.django_db
BASE = "https://sellback.test"


def expected(item: Item) -> dict[str, Any]:
    """The item, computed with the models."""
    return purchased_item(item, BASE) | {
        "claw_id": item.pack.public_id,
        "claw_slug": item.pack.slug,
        "purchased_at": iso_or_none(item.purchased_at),
        "buyback_expires_at": iso_or_none(item.expires_at),
    }


@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize("voucher", [False, True])
@pytest.mark.parametrize("source", ["enft", "ebay"])
@pytest.mark.parametrize("fmv", ["82.50", "10.00", "0.01"])
def test_it_shows_what_the_models_say(mode: str, voucher: bool, source: str, fmv: str) -> None:
    environment = make_environment(mode=mode)
    card = make_card(
        source_type=source, listing_id="v1|1|0", mint_address="Mint1", fmv=fmv, back_image=None
    )
    item = make_item(environment, card=card, voucher=voucher)
    item = Item.objects.select_related("card", "purchase", "pack", "collector").get(pk=item.pk)
    rows = orjson.loads(
        orjson.dumps(shelf(environment=environment, user_id=item.collector.user_id, base=BASE))
    )
    assert rows == [expected(item)]
    assert rows[0]["buyback_price"] == to_json(price(item).amount)


def test_it_distinguishes_an_empty_inventory_from_an_unknown_user() -> None:
    environment = make_environment()
    make_collector(environment, user_id="empty")
    assert shelf(environment=environment, user_id="empty", base=BASE) == []
    assert shelf(environment=environment, user_id="nobody", base=BASE) is None
    assert shelf(environment=make_environment(), user_id="empty", base=BASE) is None

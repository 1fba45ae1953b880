"""The rows of ``claim.sql`` as the models that later steps use."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from django.db import DEFAULT_DB_ALIAS, models

from buyback.models import Buyback
from inventory.models import Card, Collector, Item, Purchase
from partners.models import Environment

M = TypeVar("M", bound=models.Model)
# The columns that the claim's statement returns, by model. Other fields are loaded on access.
BUYBACK_FIELDS = ("id", "environment_id", "state", "reference", "created_at", "lease_until")
ITEM_FIELDS = ("id", "environment_id", "mode", "public_id", "state", "buyback_percent")
COLLECTOR_FIELDS = ("id", "environment_id", "user_id")
CARD_FIELDS = ("id", "fmv", "priced_at")
PURCHASE_FIELDS = ("id", "mint_price", "voucher")


def rows(environment: Environment, item_id: str, found: Sequence[Any]) -> tuple[Buyback, Item]:
    """The new sellback and its item, with card, purchase and user."""
    buyback_id, created_at, lease_until, item_pk, mode, percent, *related = found
    collector, user_id, card, fmv, priced_at, purchase, mint_price, voucher = related
    home, selling = environment.pk, Item.State.SELLING
    item = _row(Item, ITEM_FIELDS, item_pk, home, mode, item_id, selling, percent)
    item.environment = environment
    item.collector = _row(Collector, COLLECTOR_FIELDS, collector, home, user_id)
    item.card = _row(Card, CARD_FIELDS, card, fmv, priced_at)
    item.purchase = _row(Purchase, PURCHASE_FIELDS, purchase, mint_price, voucher)
    state = Buyback.State.CLAIMED
    buyback = _row(Buyback, BUYBACK_FIELDS, buyback_id, home, state, "", created_at, lease_until)
    buyback.environment, buyback.item = environment, item
    return buyback, item


def _row(model: type[M], fields: tuple[str, ...], *values: Any) -> M:
    return model.from_db(DEFAULT_DB_ALIAS, fields, values)

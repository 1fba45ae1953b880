"""Quotes: prices for shipping items to an address, valid for 15 minutes of environment time."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from ulid import ULID

from config.foundation import clock
from config.foundation.codes import Code
from config.foundation.errors import Refusal
from inventory.models import Item, ShippingQuote
from inventory.shipping import addresses, carrier, rates
from inventory.shipping.rates import Rate
from partners.models import Environment
from partners.records.actor import Actor

GOOD_FOR = timedelta(minutes=15)
KEPT_FOR = timedelta(days=1)  # after expiry; an order copies everything it needs
MOST_ITEMS = 100


class ItemIdsRequired(Refusal):
    """``item_ids`` is not a list of 1 to 100 strings."""

    code = Code.ITEM_IDS_REQUIRED
    sentence = "item_ids is required"


class ItemNotFound(Refusal):
    """An id is unknown, of another partner, or of an item that its user no longer holds."""

    code = Code.ITEM_NOT_FOUND
    sentence = "Item not found"


class NothingShippable(Refusal):
    """All of the items are being sold back right now."""

    code = Code.NOTHING_SHIPPABLE
    sentence = "No shippable items in request"


class CountryNotSupported(Refusal):
    """Live does not ship to this country."""

    code = Code.COUNTRY_NOT_SUPPORTED
    sentence, status = "Country not supported", 422


class NoRates(Refusal):
    """The carrier did not respond, or its response was invalid. A retry may succeed."""

    code = Code.NO_RATES
    sentence, status = "Failed to fetch shipping quotes", 500


def quote(
    *,
    environment: Environment,
    item_ids: object,
    destination: object,
    by: Actor,
    now: datetime | None = None,
) -> ShippingQuote:
    """Offer to ship items to ``destination``. Items that are being sold back are left out.

    Nothing is locked. ``item_ids`` and ``destination`` are raw input. ``now`` defaults to the
    environment's clock. No transaction may be open if a carrier is called. Raises, in this order:
    ItemIdsRequired; InvalidAddress for the form; ItemNotFound; NothingShippable; InvalidAddress for
    the postal rules, which are checked only for callers whose users hold the items;
    CountryNotSupported; NoRates.
    """
    wanted = _ids(item_ids)
    address = addresses.read(destination)
    items = _shippable(environment, wanted)
    addresses.check(address)
    country = addresses.country_of(address)
    if not (country in settings.SHIPPING_COUNTRIES if environment.is_live else len(country) == 2):
        raise CountryNotSupported
    quote_id = f"quote_{ULID()}"
    offered = _offered(environment, quote_id, items, address)
    moment = now or environment.database_now()
    return ShippingQuote.objects.create(
        id=quote_id,
        environment=environment,
        item_ids=sorted(item.pk for item in items),
        destination=address,
        rates=[rate.as_json() for rate in offered],
        requested_by=str(by),
        created_at=moment,
        expires_at=moment + GOOD_FOR,
    )


def _offered(
    environment: Environment, quote_id: str, items: list[Item], address: dict[str, Any]
) -> list[Rate]:
    """The rates of the carrier, or of the table. Raises NoRates."""
    value = sum((item.card.fmv if environment.is_live else item.fmv for item in items), Decimal(0))
    if not carrier.is_asked(environment):
        return rates.by_table(country=addresses.country_of(address), items=len(items), value=value)
    try:
        return carrier.rates(quote=quote_id, destination=address, items=len(items), value=value)
    except carrier.RatesUnavailable as problem:
        raise NoRates from problem


def _ids(sent: object) -> list[str]:
    """The ids without duplicates. Raises ItemIdsRequired."""
    if (
        not isinstance(sent, list)
        or not 1 <= len(sent) <= MOST_ITEMS
        or not all(isinstance(one, str) for one in sent)
    ):
        raise ItemIdsRequired
    return list(dict.fromkeys(sent))


def _shippable(environment: Environment, ids: Collection[str]) -> list[Item]:
    """The held ones of these items. Raises ItemNotFound, NothingShippable."""
    if any("\0" in one for one in ids):  # PostgreSQL's text cannot contain NUL
        raise ItemNotFound
    found = list(
        Item.objects.of(environment).in_inventory().filter(public_id__in=ids).select_related("card")
    )
    if len(found) != len(ids):
        raise ItemNotFound
    held = [item for item in found if item.state == Item.State.HELD]
    if not held:
        raise NothingShippable
    return held


def forget_old(*, now: datetime | None = None) -> int:
    """Delete quotes, with their addresses, a day after they expired; returns how many.

    A sandbox's clock is never behind real time, so none of its quotes is deleted too early.
    """
    return ShippingQuote.objects.filter(expires_at__lt=(now or clock.now()) - KEPT_FOR).delete()[0]

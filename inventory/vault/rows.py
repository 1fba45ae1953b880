"""Checking one row of a catalogue: its values and its errors.

The columns are those of `COLUMNS`. Empty cells clear the field. `fmv` is USD, rounded half up to
the cent. `priced_at` is ISO 8601 with its zone, by default the time of the import. `attributes` is
a JSON object, or the contract's list of {"trait_type", "value"}. `pack` is a pack's slug.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from config.foundation.money import LIMIT, round_usd
from inventory.models import Card

REQUIRED = ("source_type", "name", "fmv")
COLUMNS = (
    *(
        "source_type",
        "listing_id",
        "mint_address",
        "collection_address",
        "token_standard",
        "name",
        "image",
    ),
    *("back_image", "attributes", "fmv", "priced_at", "pack"),
)
LONGEST = {
    "listing_id": 100,
    "mint_address": 100,
    "collection_address": 100,
    "token_standard": 40,
    "name": 300,
    "image": 500,
    "back_image": 500,
    "pack": 100,
}
LONGEST_ATTRIBUTES = (
    8192  # characters of a card's attributes as JSON; every response with the card repeats them
)
PLAIN_NUMBER = re.compile(r"[0-9]{1,20}(\.[0-9]{1,40})?", re.ASCII)
CLOCKS_DIFFER = timedelta(minutes=5)  # how far another clock may be ahead of ours


class RowError(Exception):
    """A column and its error."""

    def __init__(self, column: str, reason: str) -> None:
        super().__init__(f"{column}: {reason}")


@dataclass(frozen=True, slots=True)
class CardRow:
    """A checked row, ready for the table of cards; `attributes` is JSON text."""

    source_type: str
    listing_id: str | None
    mint_address: str | None
    collection_address: str | None
    token_standard: str | None
    name: str
    image: str
    back_image: str | None
    attributes: str
    fmv: Decimal
    priced_at: datetime
    pack_id: int | None

    @property
    def public_id(self) -> str:
        """The id of the card in the API."""
        return self.mint_address or self.listing_id or ""


def check(raw: Mapping[str, Any], *, packs: Mapping[str, int], now: datetime) -> CardRow:
    """The card of a row. `packs`: ids by slug; `now`: UTC. Raises RowError."""
    for column in raw:
        if column not in COLUMNS:
            raise RowError(column, "is not a column of a card")
    source_type = _text(raw, "source_type")
    if source_type not in Card.Source.values:
        raise RowError("source_type", f"must be one of {', '.join(Card.Source.values)}")
    listing_id, mint_address = _text(raw, "listing_id"), _text(raw, "mint_address")
    if source_type == Card.Source.ENFT and not mint_address:
        raise RowError("mint_address", "is missing, and an enft card needs one")
    if not listing_id and not mint_address:
        raise RowError("listing_id", "is missing, and there is no mint_address either")
    name = _text(raw, "name")
    if not name:
        raise RowError("name", "is missing")
    return CardRow(
        source_type=source_type,
        listing_id=listing_id or None,
        mint_address=mint_address or None,
        collection_address=_text(raw, "collection_address") or None,
        token_standard=_text(raw, "token_standard") or None,
        name=name,
        image=_picture(raw, "image") or f"/faces/{quote(mint_address or listing_id, safe='')}.svg",
        back_image=_picture(raw, "back_image") or None,
        attributes=json.dumps(attribute_list(raw.get("attributes"))),
        fmv=_usd(raw.get("fmv")),
        priced_at=_time(raw.get("priced_at"), now),
        pack_id=_pack(raw, packs),
    )


def _text(raw: Mapping[str, Any], column: str) -> str:
    value = raw.get(column)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise RowError(column, "must be text")
    value = value.strip()
    if len(value) > LONGEST.get(column, 100):
        raise RowError(column, f"is longer than {LONGEST.get(column, 100)} characters")
    return _printable(value, column)


def _printable(value: str, column: str) -> str:
    """The text, if it has no control characters (including NUL) and no lone surrogates."""
    if not value.isprintable() and any(
        letter < " " or "\x7f" <= letter < "\xa0" for letter in value
    ):
        raise RowError(column, "contains a control character")
    if any("\ud800" <= letter <= "\udfff" for letter in value):
        raise RowError(column, "contains half of a surrogate pair")
    return value


def _picture(raw: Mapping[str, Any], column: str) -> str:
    address = _text(raw, column)
    if address and not re.match(r"https?://[^\s]+$|/(?!/)[^\s]*$", address):
        raise RowError(
            column, "must be an http(s) address, or a path of this server that begins with one /"
        )
    return address


def _usd(value: object) -> Decimal:
    if value is None or value == "":
        raise RowError("fmv", "is missing")
    if isinstance(value, Decimal) and value.is_finite() and -40 <= value.adjusted() <= 20:
        value = format(value, "f")
    text = (
        str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""
    )
    if not PLAIN_NUMBER.fullmatch(text):
        raise RowError("fmv", "must be a price in USD, such as 12.50")
    amount = round_usd(Decimal(text))
    if not 0 < amount < LIMIT:
        raise RowError("fmv", f"must be above 0 and below {LIMIT:,} USD")
    return amount


def _time(value: object, now: datetime) -> datetime:
    if value is None or value == "":
        return now
    try:
        moment = datetime.fromisoformat(str(value).strip())
        if moment.tzinfo is None:
            raise RowError("priced_at", "has no time zone; add Z for UTC")
        moment = moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise RowError("priced_at", "must be a time such as 2026-04-18T19:05:14Z") from None
    if moment > now + CLOCKS_DIFFER:
        raise RowError("priced_at", "is in the future")
    return moment


def _pack(raw: Mapping[str, Any], packs: Mapping[str, int]) -> int | None:
    slug = _text(raw, "pack")
    if not slug:
        return None
    if slug not in packs:
        raise RowError("pack", f"there is no pack {slug!r}")
    return packs[slug]


def attribute_list(value: object) -> list[dict[str, str | int | float]]:
    """The contract's list, from JSON text, an object or such a list; empty for no value.

    Raises RowError.
    """
    if isinstance(value, str) and value.strip():
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            raise RowError("attributes", "is not JSON") from None
    if value is None or value == "":
        return []
    if isinstance(value, dict):
        value = [{"trait_type": trait, "value": worth} for trait, worth in value.items()]
    if not isinstance(value, list):
        raise RowError("attributes", 'must be an object, or a list of {"trait_type", "value"}')
    found = [_attribute(one) for one in value]
    if len(json.dumps(found)) > LONGEST_ATTRIBUTES:
        raise RowError("attributes", f"are longer than {LONGEST_ATTRIBUTES:,} characters as JSON")
    return found


def _attribute(one: object) -> dict[str, str | int | float]:
    if not isinstance(one, dict) or set(one) != {"trait_type", "value"}:
        raise RowError("attributes", 'each must be {"trait_type", "value"} and nothing else')
    trait, worth = one["trait_type"], one["value"]
    if not isinstance(trait, str) or not trait or isinstance(worth, bool):
        raise RowError("attributes", "each needs a name, and text or a number as its value")
    if isinstance(worth, Decimal):
        worth = float(worth)
    if isinstance(worth, str):
        worth = _printable(worth, "attributes")
    elif not isinstance(worth, int | float) or not math.isfinite(worth) or abs(worth) >= 2**53:
        raise RowError("attributes", "each needs a name, and text or a number as its value")
    return {"trait_type": _printable(trait, "attributes"), "value": worth}

"""Items, packs, cards and pulls as the contract's JSON (sections 4 and 5), keys in its order.

``base`` is the server's own address, such as ``https://api.example.com``. Pictures that we serve
are stored as paths, and partners need absolute URLs.
"""

from __future__ import annotations

from typing import Any

from config.foundation.clock import iso, iso_or_none
from config.foundation.money import to_json
from inventory.models import Card, Item, Pack, PackActivity, Tier
from inventory.packs.figures import Chased
from inventory.pricing import price


def picture(base: str, address: str | None) -> str | None:
    """The absolute address of a picture; ``base`` is put in front of a path."""
    return f"{base}{address}" if address and address.startswith("/") else address or None


def _metadata(card: Card, base: str) -> dict[str, Any]:
    return {
        "name": card.name,
        "image": picture(base, card.image),
        "back_image": picture(base, card.back_image),
        "attributes": card.attributes,
    }


def purchased_item(item: Item, base: str, *, links: bool = True) -> dict[str, Any]:
    """An item as a purchase shows it. Needs ``card`` and ``purchase`` loaded."""
    card = item.card
    metadata = _metadata(card, base)
    content: dict[str, Any] = {"metadata": metadata}
    if links:
        content["links"] = {"image": metadata["image"], "back_image": metadata["back_image"]}
    return {
        "id": item.public_id,
        "type": card.source_type,
        "buyback_price": to_json(price(item).amount),
        "mint_address": card.identity(live=item.mode == "live")[1],
        "collection_address": card.collection_address,
        "token_standard": card.token_standard,
        "content": content,
    }


def pull(item: Item, base: str) -> dict[str, Any]:
    """A recent pull, without user and partner. Needs ``card`` and ``pack`` loaded."""
    return {
        "id": item.public_id,
        "claw_id": item.pack.public_id,
        "claw_slug": item.pack.slug,
        "value": to_json(item.fmv),
        "buyback_price": to_json(item.buyback_price),
        "created_at": iso(item.purchased_at),
        "metadata": _metadata(item.card, base),
    }


def chase_card(card: Card | Chased, base: str, *, live: bool) -> dict[str, Any]:
    """One of a pack's most valuable cards."""
    return {
        "id": card.identity(live=live)[0],
        "name": card.name,
        "image": picture(base, card.image),
        "back_image": picture(base, card.back_image),
        "fmv": to_json(card.fmv),
    }


def card_page(card: Card, base: str, *, live: bool) -> dict[str, Any]:
    """The page of one card."""
    return chase_card(card, base, live=live) | {"metadata": _metadata(card, base)}


def _tier(number: int, tier: Tier) -> dict[str, Any]:
    return {
        "id": number,
        "name": tier.name,
        "color": tier.color,
        "lower": to_json(tier.lower),
        "upper": to_json(tier.upper),
        "weight": float(tier.weight),
    }


def pack(
    pack: Pack,
    base: str,
    *,
    in_stock: bool,
    activity: PackActivity | None,
    chase: list[Chased],
    live: bool,
) -> dict[str, Any]:
    """A pack as ``/vm/available`` lists it. Needs ``tiers`` loaded."""
    return {
        "id": pack.public_id,
        "slug": pack.slug,
        "platform": pack.platform,
        "name": pack.name,
        "enable": pack.enable,
        "description": pack.description,
        "mint_price": to_json(pack.mint_price),
        "max_per_mint": pack.max_per_mint,
        "in_stock": in_stock,
        "categories": pack.categories,
        "ev": None if pack.ev is None else to_json(pack.ev),
        "min_ev": None if pack.min_ev is None else to_json(pack.min_ev),
        "max_ev": None if pack.max_ev is None else to_json(pack.max_ev),
        "ev_updated_at": iso_or_none(pack.ev_updated_at),
        "buyback_percent": float(pack.buyback_percent),
        "claw_image_url": picture(base, pack.image),
        "rarity_distribution": [
            _tier(number, tier) for number, tier in enumerate(pack.tiers.all())
        ],
        "type": pack.type,
        "num_pulls_7d": activity.pulls_7d if activity else 0,
        "last_pull": iso_or_none(activity.last_pull if activity else None),
        "chase": [chase_card(card, base, live=live) for card in chase],
    }

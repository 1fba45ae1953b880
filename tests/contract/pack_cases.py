"""Section 5's rows: packs, most valuable cards, recent pulls, one card (see ``cases.py``)."""

from __future__ import annotations

from tests.contract.cases import METADATA, Row
from tests.contract.shapes import (
    ADDRESS,
    FLAG,
    NUMBER,
    STRING,
    TEXT,
    TIME,
    USD,
    WHOLE,
    nullable,
    one_of,
    text_like,
)

CHASE = {"id": TEXT, "name": TEXT, "image": ADDRESS, "back_image": nullable(ADDRESS), "fmv": USD}
TIER = {
    "id": WHOLE,
    "name": TEXT,
    "color": text_like("#[0-9a-fA-F]{6}"),
    "lower": USD,
    "upper": USD,
    "weight": NUMBER,
}
PACK = {
    "id": text_like("[1-9A-HJ-NP-Za-km-z]{32,44}"),
    "slug": TEXT,
    "platform": "mainnet",
    "name": TEXT,
    "enable": True,
    "description": STRING,
    "mint_price": USD,
    "max_per_mint": WHOLE,
    "in_stock": FLAG,
    "categories": [TEXT],
    "ev": nullable(USD),
    "min_ev": nullable(USD),
    "max_ev": nullable(USD),
    "ev_updated_at": nullable(TIME),
    "buyback_percent": 0.85,
    "claw_image_url": nullable(ADDRESS),
    "rarity_distribution": [TIER],
    "type": one_of("CORE", "EBAY"),
    "num_pulls_7d": WHOLE,
    "last_pull": nullable(TIME),
    "chase": [CHASE],
}
PULL = {
    "id": TEXT,
    "claw_id": TEXT,
    "claw_slug": nullable(TEXT),
    "value": USD,
    "buyback_price": USD,
    "created_at": TIME,
    "metadata": METADATA,
}
CARD = {
    "id": TEXT,
    "name": TEXT,
    "image": ADDRESS,
    "back_image": nullable(ADDRESS),
    "fmv": USD,
    "metadata": METADATA,
}

PACKS = [
    Row("all", "GET /vm/available", None, 200, [PACK]),
    Row("of a platform", "GET /vm/available?platform=mainnet", None, 200, [PACK]),
    Row("of an unknown platform", "GET /vm/available?platform=moon", None, 200, []),
    Row("of an impossible platform", "GET /vm/available?platform=moon%00", None, 200, []),
    Row("the best cards", "GET /vm/chase/tidewater-box", None, 200, [CHASE]),
    Row("the best cards of an unknown pack", "GET /vm/chase/nothing", None, 404, "VM not found"),
    Row("the best cards of an impossible pack", "GET /vm/chase/%00", None, 404, "VM not found"),
    Row("pulls", "GET /vm/recent-pulls", None, 200, [PULL]),
    Row("pulls of unknown packs", "GET /vm/recent-pulls?claw_ids=A&claw_ids=B", None, 200, []),
    Row("pulls of an impossible pack", "GET /vm/recent-pulls?claw_ids=%00", None, 200, []),
    Row("a card", "GET /card/<held>", None, 200, CARD),
    Row("a card by an id with pipes", "GET /card/<piped>", None, 200, CARD),
    Row("an unknown card", "GET /card/nothing", None, 404, "Card not found"),
    Row("an impossible card", "GET /card/%00", None, 404, "Card not found"),
    Row("a card in broken UTF-8", "GET /card/%ff", None, 404, "Card not found"),
]
# ?limit= → the number of pulls returned, of 130.
LIMITS = {
    "1": 1, "20": 20, "100": 100, "101": 100, "9999": 100, "0": 1, "-5": 1, "": 20, "abc": 20,
    "1.5": 20, "1e2": 20,
    "9" * 5000: 20, "%00": 20, "5%00": 20,
}  # fmt: skip

"""The scene for the contract's rows: one partner's users and items in one environment, with names.

Times are real time, because requests use it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from buyback.sellback.sell_back import sell_back
from config.foundation import clock
from config.foundation.clock import iso
from inventory.models import Card, Item, Pack
from partners.models import Environment, Mode, Partner
from partners.records.actor import SYSTEM
from tests.contract.ship_scene import add_shipping
from tests.world import (
    NOW,
    World,
    make_buyback,
    make_card,
    make_collector,
    make_company,
    make_item,
    make_key,
    make_pack,
    make_purchase,
    make_tier,
    make_world,
)

ODD_USER = "a/b|c d?é#%41"


@dataclass
class Scene:
    """One environment of the world. ``names``: the values of ``<name>`` in cases."""

    world: World
    mode: str
    environment: Environment
    key: str
    now: datetime
    names: dict[str, str] = field(default_factory=dict)
    keys: dict[str, str | None] = field(default_factory=dict)
    port: int = 0  # of its server

    @property
    def base(self) -> str:
        """The base URL of this environment's API."""
        return "/api/v1" if self.mode == Mode.LIVE else "/_/api/v1"

    def fill(self, value: Any) -> Any:
        """``value`` with every ``<name>`` replaced."""
        if isinstance(value, str):
            for name, meaning in self.names.items():
                value = value.replace(f"<{name}>", meaning)
        elif isinstance(value, bytes):
            value = self.fill(value.decode("latin-1")).encode("latin-1")
        elif isinstance(value, list):
            value = [self.fill(inner) for inner in value]
        elif type(value) is tuple:
            value = tuple(self.fill(inner) for inner in value)
        elif isinstance(value, dict):
            value = {key: self.fill(inner) for key, inner in value.items()}
        return value


def make_scenes() -> dict[str, Scene]:
    """A scene for each mode, in one world."""
    world, now = make_world(), clock.now()
    box = make_pack(
        slug="box", public_id="CaseBox1111111111111111111111111111111111111", buyback_window=None
    )
    scenes = {}
    for mode in Mode.values:
        scene = Scene(
            world, mode, world.northwind.environment(mode), world.northwind.key(mode), now
        )
        scene.names = {"pack": world.pack.public_id, "box": box.public_id, "odd user": ODD_USER}
        scene.names["tomorrow"] = iso(now + timedelta(days=1))
        add_adas_items(scene, box)
        add_other_users(scene, box)
        add_purchases(scene, box)
        add_shipping(scene)
        add_keys(scene)
        scenes[mode] = scene
    add_packs(scenes)
    cross(scenes, "item of the other", "in the other environment")
    cross(scenes, "session", "session of the other")
    cross(scenes, "own user", "user of the other")
    cross(scenes, "quote", "quote of the other")
    cross(scenes, "order", "order of the other")
    return scenes


def add_adas_items(scene: Scene, box: Pack) -> None:
    """User ada's items, each in the state of its name."""
    ada = make_collector(scene.environment, "ada")

    def held(
        name: str, *, card: dict[str, Any] | None = None, voucher: bool = False, **fields: Any
    ) -> Item:
        item = make_item(
            scene.environment,
            now=scene.now - timedelta(hours=1),
            collector=ada,
            pack=box,
            card=make_card(**card or {}),
            voucher=voucher,
            **fields,
        )
        scene.names[name] = item.public_id
        return item

    held("held")
    scene.names["held, lower case"] = scene.names["held"].lower()
    held(
        "piped",
        card={
            "source_type": "ebay",
            "listing_id": f"v1|11{scene.environment.pk}|0",
            "fmv": Decimal(60),
        },
    )
    held("closing", card={"fmv": Decimal("115.88")}, expires_at=scene.now + timedelta(hours=1))
    held("risen", card={"fmv": Decimal(200)}, fmv=Decimal(100))
    held("fallen", card={"fmv": Decimal(1)}, fmv=Decimal(100))
    held("voucher", card={"fmv": Decimal(10)}, voucher=True)
    held("good voucher", card={"fmv": Decimal(100)}, voucher=True)
    held("expired", expires_at=scene.now - timedelta(milliseconds=1))
    held("swept", expires_at=scene.now - timedelta(days=1), expired_at=scene.now)
    held("shipping", state=Item.State.SHIPPING)
    held("shipped", state=Item.State.SHIPPED)
    sold = held("sold")
    sell_back(environment=scene.environment, item_id=sold.public_id, by=SYSTEM)
    if scene.mode == Mode.LIVE:
        make_buyback(
            held("selling", state=Item.State.SELLING), state="claimed", created_at=scene.now
        )


def add_other_users(scene: Scene, box: Pack) -> None:
    """Bob has sold everything, carol holds one item pulled at a fixed time, zoe is elsewhere."""
    bobs = make_item(
        scene.environment, collector=make_collector(scene.environment, "bob"), now=scene.now
    )
    sell_back(environment=scene.environment, item_id=bobs.public_id, by=SYSTEM)
    card = Card.objects.filter(mint_address="MintOfCarol").first() or make_card(
        source_type="ebay",
        listing_id="v1|carol|0",
        mint_address="MintOfCarol",
        collection_address="Collection1",
        token_standard="ProgrammableNonFungible",
        name="Carol's Card",
        image="https://cards.example.test/front.svg",
    )
    carol = make_collector(scene.environment, "carol")
    make_item(
        scene.environment, collector=carol, card=card, pack=box, now=NOW + timedelta(milliseconds=7)
    )
    make_collector(scene.environment, ODD_USER)
    scene.names["own user"] = make_collector(scene.environment, f"{scene.mode} only").user_id
    scene.names["item of the other"] = make_item(scene.environment, now=scene.now).public_id
    stranger = make_collector(scene.world.juniper.environment(scene.mode), "zoe")
    theirs = make_item(stranger.environment, collector=stranger, now=scene.now)
    scene.names["another partner's"] = theirs.public_id
    scene.names["another partner's session"] = str(theirs.purchase_id)
    scene.names["card in the pack"] = scene.world.cards[0].public_id


def add_purchases(scene: Scene, box: Pack) -> None:
    """Ada's purchases in each state."""
    ada = scene.environment.collectors.get(user_id="ada")
    held = Item.objects.get(environment=scene.environment, public_id=scene.names["held"])
    scene.names["session"] = str(held.purchase_id)
    for state in ("pending", "failed"):
        purchase = make_purchase(ada, pack=box, state=state, fulfilled_at=None, tx_hash=None)
        scene.names[f"{state} session"] = str(purchase.pk)


def add_packs(scenes: dict[str, Scene]) -> None:
    """Packs that cannot be bought, or only in small amounts."""
    disabled, empty, nearly = (
        make_pack(max_per_mint=5, enable=enable) for enable in (False, True, True)
    )
    for pack, cards in ((disabled, 9), (empty, 0), (nearly, 2)):
        make_tier(pack)
        for _ in range(cards):
            make_card(pack=pack)
    for scene in scenes.values():
        scene.names |= {
            "disabled": disabled.public_id,
            "empty": empty.public_id,
            "nearly empty": nearly.public_id,
        }


def add_keys(scene: Scene) -> None:
    """Every kind of invalid X-API-Key. None: the header is not sent."""
    past = clock.now() - timedelta(seconds=1)
    suspended = make_company("Gone & Co", f"gone-{scene.mode}")
    Partner.objects.filter(pk=suspended.partner.pk).update(status=Partner.Status.SUSPENDED)
    others = Mode.SANDBOX if scene.mode == Mode.LIVE else Mode.LIVE
    start, _, secret = scene.key.partition("_")
    scene.keys = {
        "missing": None,
        "empty": "",
        "unknown": f"{scene.mode}-{'A' * 12}_{'B' * 43}",
        "garbage": "' OR 1=1 --",
        "other secret": f"{start}_{secret[:-1]}x",
        "upper case": scene.key.upper(),
        "revoked": make_key(scene.environment, revoked_at=past)[1],
        "expired": make_key(scene.environment, expires_at=past)[1],
        "of the other environment": scene.world.northwind.key(others),
        "of a suspended partner": suspended.key(scene.mode),
        "the key id alone": start,
        "not ASCII": f"{scene.key}é",
    }


def cross(scenes: dict[str, Scene], own: str, others: str) -> None:
    """Add the other scene's ``own`` names to each scene as ``others``."""
    swap: Callable[[str], str] = lambda mode: Mode.SANDBOX if mode == Mode.LIVE else Mode.LIVE  # noqa: E731
    for mode, scene in scenes.items():
        scene.names[others] = scenes[swap(mode)].names[own]

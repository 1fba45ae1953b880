"""Creating the demo data through the regular actions, with given times."""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count
from random import Random
from typing import Any

from django.db import connection

from buyback.demo.catalogue import Row, generate
from buyback.demo.packs import PACKS, PackPlan
from buyback.demo.plan import PARTNERS, Visit
from buyback.sellback.sell_back import sell_back
from config.foundation.money import round_usd
from inventory.models import Pack, Tier
from inventory.packs.figures import count_pulls
from inventory.packs.purchases import OutOfStock, buy_pulls
from inventory.vault.importing import import_cards
from inventory.windows.sweep import close_windows
from partners.models import Environment, Partner
from partners.records.actor import SYSTEM, Actor
from partners.tenants.onboarding import create_partner

REPRICED = timedelta(
    days=2
)  # before now: prices changed then, so live prices differ from those at the pull
Advance = Callable[[], Any]


@dataclass(frozen=True)
class Size:
    """The size of the demo: cards, users over all partners and environments, days of history."""

    cards: int
    users: int
    days: int


def is_made() -> bool:
    """Whether the demo is in this database. One transaction creates all of it."""
    return Partner.objects.filter(slug__in=[plan.slug for plan in PARTNERS]).exists()


def make_partners() -> None:
    """The two companies, with their environments."""
    for plan in PARTNERS:
        create_partner(name=plan.name, slug=plan.slug, by=SYSTEM)


def make_packs() -> None:
    """The six packs with their tiers; an existing pack with the same slug stays unchanged."""
    for plan in PACKS:
        pack, created = Pack.objects.get_or_create(slug=plan.slug, defaults=_pack(plan))
        if created:
            Tier.objects.bulk_create(
                Tier(
                    pack=pack,
                    position=position,
                    name=tier.name,
                    color=tier.color,
                    lower=tier.lower,
                    upper=tier.upper,
                    weight=tier.weight,
                )
                for position, tier in enumerate(plan.tiers)
            )


def _pack(plan: PackPlan) -> dict[str, Any]:
    return {
        "public_id": plan.id,
        "type": plan.type,
        "name": plan.name,
        "description": plan.description,
        "image": "/faces/back.svg",
        "categories": list(plan.categories),
        "mint_price": plan.mint_price,
        "max_per_mint": plan.max_per_mint,
        "buyback_percent": plan.buyback_percent,
        "buyback_window": plan.buyback_window,
    }


def play(visits: list[Visit], *, seed: int, size: Size, now: datetime, advance: Advance) -> None:
    """Stock the vault, then run every purchase and sellback in chronological order.

    `advance` is called for each visit. Windows are swept once a simulated day.
    """
    stock = list(generate(seed, size.cards))
    import_cards(enumerate(stock, 1), now=visits[0].at - timedelta(days=1))
    story = _Story(visits, now)
    story.at(
        now - REPRICED,
        lambda moment: import_cards(enumerate(_repriced(stock, seed), 1), now=moment),
    )
    for day in range(size.days + 1):
        story.at(now - timedelta(days=day), _sweep)
    for _ in story.play():
        advance()
    count_pulls(now=now)


def _sweep(now: datetime) -> None:
    close_windows(now=now)
    with connection.cursor() as cursor:
        # Autovacuum does not see this open transaction, so without ANALYZE the planner knows of no
        # items.
        cursor.execute("ANALYZE inventory_item, inventory_purchase")


class _Story:
    """Events in chronological order, from a heap; a purchase adds its sellbacks to it."""

    def __init__(self, visits: list[Visit], now: datetime) -> None:
        self.now = now
        self.order = count()  # events at the same time keep their order
        self.heap: list[tuple[datetime, int, Callable[[datetime], Any]]] = []
        self.environments = {
            (row.partner.slug, row.mode): row
            for row in Environment.objects.select_related("partner")
        }
        self.visits = visits

    def at(self, moment: datetime, happens: Callable[[datetime], Any]) -> None:
        """Schedule an event; events after the present are dropped."""
        if moment <= self.now:
            heapq.heappush(self.heap, (moment, next(self.order), happens))

    def play(self) -> Iterator[None]:
        """Run all events; yields after each visit."""
        for visit in self.visits:
            self._until(visit.at)
            self._buy(visit)
            yield
        self._until(self.now)

    def _until(self, moment: datetime) -> None:
        while self.heap and self.heap[0][0] <= moment:
            at, _, happens = heapq.heappop(self.heap)
            happens(at)

    def _buy(self, visit: Visit) -> None:
        environment = self.environments[visit.partner, visit.mode]
        by = Actor("key", f"{visit.partner}-server")
        try:
            purchase = buy_pulls(
                environment=environment,
                pack_id=visit.pack.id,
                amount=len(visit.keeps),
                user_id=visit.user_id,
                voucher=visit.voucher,
                by=by,
                now=visit.at,
            )
        except OutOfStock:
            return  # a small demo's vault may be empty
        items = purchase.items.order_by("pk").values_list("public_id", flat=True)
        for item_id, kept in zip(items, visit.keeps, strict=True):
            if kept is not None:
                self.at(visit.at + kept, _Sale(environment, item_id, by))


@dataclass(frozen=True)
class _Sale:
    """A future sellback."""

    environment: Environment
    item_id: str
    by: Actor

    def __call__(self, now: datetime) -> None:
        sell_back(environment=self.environment, item_id=self.item_id, by=self.by, now=now)


def _repriced(stock: list[Row], seed: int) -> Iterator[Row]:
    """The catalogue with changed prices: each by some percent, within its tier."""
    draw = Random(seed + 1)  # noqa: S311 - an invented market, not a secret
    tiers = {plan.slug: plan.tiers for plan in PACKS}
    for row in stock:
        before = Decimal(str(row["fmv"]))
        tier = next(tier for tier in tiers[str(row["pack"])] if tier.lower <= before < tier.upper)
        after = round_usd(before * Decimal(math.exp(draw.gauss(0.01, 0.07))))
        yield row | {"fmv": str(min(max(after, tier.lower), tier.upper - Decimal("0.01")))}

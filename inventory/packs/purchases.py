"""Buying pulls: cards are drawn, reserved and given to the user, all or nothing."""

from __future__ import annotations

import math
import secrets
import string
from collections import Counter
from datetime import datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.db import transaction

from config.foundation.codes import Code
from config.foundation.errors import RateLimited, Refusal
from config.foundation.money import round_usd
from config.postgres.base import join_by_index
from inventory.models import Card, Collector, Item, Pack, Purchase, Tier
from inventory.packs.odds import draw_tiers
from partners.models import Environment, Event
from partners.records import events, spending
from partners.records.actor import Actor

BASE62 = string.digits + string.ascii_letters


class PackNotFound(Refusal):
    """No pack has this id."""

    code = Code.PACK_NOT_FOUND
    sentence = "VM not found"


class TooFewPulls(Refusal):
    """The amount is less than one."""

    code = Code.TOO_FEW_PULLS
    sentence = "Amount must be greater than 0"


class TooManyPulls(Refusal):
    """The amount is more than the pack sells in one purchase."""

    code = Code.TOO_MANY_PULLS

    def __init__(self, most: int) -> None:
        super().__init__(f"Amount must be less than or equal to {most}")


class OutOfStock(Refusal):
    """The pack is paused, or has fewer cards left than requested."""

    code = Code.OUT_OF_STOCK
    sentence = "Claw machine is out of stock"


def buy_pulls(
    *,
    environment: Environment,
    pack_id: str,
    amount: int,
    user_id: str,
    by: Actor,
    voucher: bool = False,
    now: datetime | None = None,
) -> Purchase:
    """Sell ``amount`` pulls of a pack to the partner's user. Returns the fulfilled purchase.

    Tiers are drawn by weight, then cards uniformly within a tier. A card is reserved by a row lock,
    so two purchases never get the same one. A live window is the pack's, a sandbox window 7 days.
    ``now`` defaults to the environment's clock. Raises PackNotFound, TooFewPulls, TooManyPulls,
    OutOfStock, and RateLimited above ``BUY_CAP_PER_PARTNER_HOUR``, in this order; then nothing was
    pulled.
    """
    pack = Pack.objects.filter(public_id=pack_id.replace("\0", "/")).first()
    if pack is None:
        raise PackNotFound
    if amount < 1:
        raise TooFewPulls
    if amount > pack.max_per_mint:
        raise TooManyPulls(pack.max_per_mint)
    if not pack.enable:
        raise OutOfStock
    with transaction.atomic():
        # for a nearly sold-out pack, a plan could read every item of the pool, more than once
        join_by_index()
        cards = _reserve(environment, pack, amount)
        moment = now or environment.database_now()
        collector, _ = Collector.objects.get_or_create(
            environment=environment, user_id=user_id, defaults={"created_at": moment}
        )
        purchase = Purchase.objects.create(
            environment=environment,
            collector=collector,
            pack=pack,
            amount=amount,
            mint_price=pack.mint_price,
            voucher=voucher,
            public_id="_" + "".join(secrets.choice(BASE62) for _ in range(8)),
            tx_hash=f"{environment.mode}_{secrets.token_urlsafe(32)}",
            state=Purchase.State.FULFILLED,
            created_at=moment,
            fulfilled_at=moment,
        )
        items = Item.objects.bulk_create([_pulled(card, purchase, moment) for card in cards])
        events.record(
            environment=environment,
            kind=Event.Type.ITEM_PULLED,
            data=[
                item.as_event() | {"session_id": str(purchase.id), "by": str(by)} for item in items
            ],
            now=moment,
        )
        if environment.is_live and settings.BUY_CAP_PER_PARTNER_HOUR:
            # what the pulls cost, or would sell back for: a low price must not avoid the cap
            worth = sum((item.buyback_price for item in items), Decimal(0))
            _count(environment, max(amount * pack.mint_price, worth), moment)
    return purchase


def _count(environment: Environment, amount: Decimal, now: datetime) -> None:
    """Count an amount (USD) in the partner's hour, as the last lock. Raises RateLimited."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    cap = Decimal(settings.BUY_CAP_PER_PARTNER_HOUR)
    try:
        spending.count(f"buys:{environment.partner_id}", hour, cap, amount)
    except spending.CapReached:
        rest = hour + timedelta(hours=1) - now
        raise RateLimited(math.ceil(rest.total_seconds())) from None


def _pulled(card: Card, purchase: Purchase, now: datetime) -> Item:
    """The item for a drawn card, priced as the pack promises."""
    environment, pack = purchase.environment, purchase.pack
    return Item(
        environment=environment,
        mode=environment.mode,
        public_id=card.identity(live=environment.is_live)[0],
        card=card,
        collector=purchase.collector,
        pack=pack,
        purchase=purchase,
        fmv=card.fmv,
        buyback_percent=pack.buyback_percent,
        buyback_price=round_usd(card.fmv * pack.buyback_percent),
        purchased_at=now,
        expires_at=pack.window_closes(now, live=environment.is_live),
    )


def _reserve(environment: Environment, pack: Pack, amount: int) -> list[Card]:
    """``amount`` available cards, drawn by the pack's odds and locked for the transaction.

    The first try does not wait: cards locked by another purchase are skipped. Only if too few are
    left, all available cards of the pack are locked, in pk order so that two such purchases cannot
    deadlock, and drawn from.
    """
    tiers = list(pack.tiers.all())
    try:
        with transaction.atomic():
            return _draw(environment, tiers, amount)
    except OutOfStock:
        available = Card.objects.available(environment).filter(pack=pack)
        locked = available.select_for_update(no_key=True).order_by("pk").values_list("pk")
        if len(locked) < amount:
            raise
    try:
        with transaction.atomic():
            return _draw(environment, tiers, amount)
    except OutOfStock:  # a card that became available may be taken again, so check once more
        return _draw(environment, tiers, amount)


def _draw(environment: Environment, tiers: list[Tier], amount: int) -> list[Card]:
    """One draw by the odds from available, unlocked cards. Raises OutOfStock."""
    # A draw of 3 does not depend on whether a tier has 3 cards or 3 million, so counting stops
    # early. It is unordered: in id order, PostgreSQL would read all cards of all packs to find the
    # few of one pack.
    available = Card.objects.available(environment).order_by()
    stock = {tier.pk: available.in_tier(tier)[:amount].count() for tier in tiers}
    if sum(stock.values()) < amount:
        raise OutOfStock
    drawn: Counter[int] = draw_tiers({tier.pk: tier.weight for tier in tiers}, stock, amount)
    cards: list[Card] = []
    for tier in tiers:
        if drawn[tier.pk]:
            cards += Card.objects.available(environment).in_tier(tier).lock_random(drawn[tier.pk])
    # A purchase that committed between our count and our locks may have taken some. Check again
    # now that they are locked.
    taken = Item.objects.open().in_pool_of(environment).filter(card__in=cards).exists()
    if taken or len(cards) < amount:
        raise OutOfStock
    return cards

"""A model of the contract without a database: users, items, prices and windows."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

PERCENT = Decimal("0.85")
NOT_FOUND, EXPIRED, FAILED = "Item not found", "Item has expired", "Transaction failed"
OPEN, BELOW = "Item already has an active buyback session", "Price below min_amount"
FAULT = "An unexpected error occurred"


class Money(float):
    """A USD number that JSON shows with no more digits than needed."""

    def __repr__(self) -> str:
        return f"{Decimal(super().__repr__()).normalize():f}"


def rendered(data: Any) -> bytes:
    """The exact bytes of a response."""

    def plain(value: Any) -> Any:
        if isinstance(value, Decimal):
            return int(value) if value == int(value) else Money(value)
        if isinstance(value, dict):
            return {key: plain(inner) for key, inner in value.items()}
        return [plain(inner) for inner in value] if isinstance(value, list) else value

    return json.dumps(plain(data), separators=(",", ":"), ensure_ascii=False).encode()


def share(fmv: Decimal) -> Decimal:
    """The sellback price for this value."""
    return (fmv * PERCENT).quantize(Decimal("0.01"), ROUND_HALF_UP)


def iso(moment: datetime | None) -> str | None:
    return (
        None if moment is None else f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"
    )


@dataclass
class Card:
    """One card of the pack. ``fresh``: its price was set recently."""

    source: str
    listing: str | None
    mint: str | None
    name: str
    image: str
    attributes: list[dict[str, str]]
    fmv: Decimal
    asked: Decimal  # the oracle's price
    fresh: bool = False

    def names(self, where: str) -> tuple[str, str | None]:
        """The item's id and mint address in an environment."""
        mint = None if "sandbox" in where and self.source == "ebay" else self.mint
        return mint or self.listing or "", mint


@dataclass
class Pull:
    """A card that a user holds."""

    where: str
    user: str
    card: Card
    frozen: Decimal
    bought: datetime
    closes: datetime | None
    state: str = "held"  # held, open, sold
    closed: bool = False
    swept: bool = False
    amount: Decimal = Decimal(0)  # of an open sellback

    @property
    def item_id(self) -> str:
        return self.card.names(self.where)[0]

    @property
    def fmv(self) -> Decimal:
        return self.frozen if "sandbox" in self.where else self.card.fmv


@dataclass
class Answer:
    """A status and a body's data."""

    status: int
    data: Any
    replayed: bool = False


@dataclass
class Kept:
    """A used Idempotency-Key and its current response; ``pull`` while its sellback is open."""

    route: str
    body: Any
    answer: Answer
    pull: Pull | None = None


def refused(sentence: str, status: int = 400) -> Answer:
    return Answer(status, {"error": sentence})


@dataclass
class Model:
    """``remote``: live sellbacks call an oracle and a treasury, with one of ``fates`` each."""

    remote: bool
    cards: dict[str, Card] = field(default_factory=dict)
    pulls: list[Pull] = field(default_factory=list)
    last: dict[tuple[str, str], tuple[str, Decimal | None]] = field(default_factory=dict)
    keys: dict[tuple[str, str], Kept] = field(default_factory=dict)
    fate: str = ""
    paid: dict[str, Decimal] = field(default_factory=dict)

    def find(self, where: str, item_id: str) -> Pull | None:
        """The unsold item with this id."""
        found = [
            one
            for one in self.pulls
            if (one.where, one.item_id) == (where, item_id) and one.state != "sold"
        ]
        return found[0] if found else None

    def of(self, where: str, user: str) -> list[Pull]:
        """A user's items, newest first."""
        return [one for one in reversed(self.pulls) if (one.where, one.user) == (where, user)]

    def available(self, where: str) -> int:
        """The number of available cards: in a tier, and not held in the pool."""
        pool = [
            one
            for one in self.pulls
            if one.state != "sold" and ("sandbox" in one.where) == ("sandbox" in where)
        ]
        out = [one.card.name for one in pool]
        return sum(5 <= card.fmv < 1000 for card in self.cards.values() if card.name not in out)

    def sell(self, where: str, item_id: str, floor: Decimal | None) -> Answer:
        """A sellback and its response. Section 2 of the contract, row by row."""
        pull = self.find(where, item_id)
        if pull is None:
            return refused(NOT_FOUND)
        if pull.state == "open":
            return refused(OPEN)
        if pull.closed:
            return refused(EXPIRED)
        outside = self.remote and "live" in where
        price = pull.card.asked if outside else pull.fmv
        fate, self.fate = (self.fate, "") if outside else ("", self.fate)
        amount = share(price)
        moved = not price <= 3 * pull.card.fmv or not pull.card.fmv <= 3 * price
        if outside and (fate == "no price" or moved):
            self.fate = "" if fate == "no price" else fate  # the treasury was not called
            self.last[where, item_id] = ("failed", None)
            return refused(FAILED)
        if outside:
            pull.card.fmv, pull.card.fresh = price, True
        if floor is not None and amount < floor:
            if outside:
                self.fate = fate
                self.last[where, item_id] = ("failed", None)
            return refused(BELOW)
        return self._pay(pull, amount, fate)

    def _pay(self, pull: Pull, amount: Decimal, fate: str) -> Answer:
        if fate == "decline":
            self.last[pull.where, pull.item_id] = ("failed", amount)
            return refused(FAILED)
        if fate:
            pull.state, pull.amount = "open", amount
            self.last[pull.where, pull.item_id] = ("pending", amount)
            return refused(FAULT, 500)
        return self.settle(pull, amount)

    def settle(self, pull: Pull, amount: Decimal) -> Answer:
        """The item is sold back."""
        pull.state = "sold"
        self.last[pull.where, pull.item_id] = ("completed", amount)
        self.paid[pull.where] = self.paid.get(pull.where, Decimal(0)) + amount
        return Answer(200, {"success": True, "amount": amount})

    def settle_open(self) -> int:
        """The treasury responds again: every open sellback was paid."""
        ended = [one for one in self.pulls if one.state == "open"]
        for pull in ended:
            answer = self.settle(pull, pull.amount)
            for kept in self.keys.values():
                if kept.pull is pull:
                    kept.answer, kept.pull = answer, None
        return len(ended)

    def quote(self, where: str, item_id: str) -> dict[str, Any]:
        """The quote of an item."""
        pull = self.find(where, item_id)
        names = ("amount", "fmv", "buyback_percent", "expires_at")
        if pull is None:
            return {
                "item_id": item_id,
                "eligible": False,
                **dict.fromkeys(names),
                "reason": "not_found",
            }
        figures: list[Any] = [share(pull.fmv), pull.fmv, PERCENT, iso(pull.closes)]
        reason = "in_progress" if pull.state == "open" else "expired" if pull.closed else None
        if reason is None and self.remote and "live" in where and not pull.card.fresh:
            reason, figures[:2] = "price_unavailable", [None, None]
        eligible = reason is None
        return {
            "item_id": item_id,
            "eligible": eligible,
            **dict(zip(names, figures, strict=True)),
            "reason": reason,
        }

    def shown(self, pull: Pull, *, full: bool) -> dict[str, Any]:
        """An item as in the inventory, or, not ``full``, as in its purchase."""
        card, (item_id, mint) = pull.card, pull.card.names(pull.where)
        metadata = {
            "name": card.name,
            "image": card.image,
            "back_image": None,
            "attributes": card.attributes,
        }
        content = {"metadata": metadata, "links": {"image": card.image, "back_image": None}}
        item = {
            "id": item_id,
            "type": card.source,
            "buyback_price": share(pull.fmv),
            "mint_address": mint,
            "collection_address": None,
            "token_standard": None,
            "content": content if full else {"metadata": metadata},
        }
        if not full:
            return item
        pack = {
            "claw_id": "TidewaterBox11111111111111111111111111111111",
            "claw_slug": "tidewater-box",
        }
        return (
            item | pack | {"purchased_at": iso(pull.bought), "buyback_expires_at": iso(pull.closes)}
        )

"""Buying, selling, sweeping and waiting in any order, compared with a small model."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from buyback.ledger.invariants import balance
from buyback.models import Transfer
from buyback.outcomes import ItemExpired, ItemNotFound
from buyback.sellback.sell_back import sell_back
from config.foundation.money import round_usd
from inventory.models import Card, Item
from inventory.packs.purchases import OutOfStock, buy_pulls
from inventory.windows.sweep import close_windows
from partners.models import Environment
from partners.records.actor import SYSTEM
from tests.books import broken_rules
from tests.world import NOW, make_world

LIVE_WINDOW, SANDBOX_WINDOW = timedelta(days=3), timedelta(days=7)
WHERE = st.sampled_from(["northwind live", "juniper live", "northwind sandbox"])


@dataclass
class Held:
    """The model's state of one pull."""

    where: str
    item_id: str
    card: int
    frozen: Decimal
    closes: datetime
    sold: bool = False
    swept: bool = False

    @property
    def pool(self) -> str:
        return "live" if "live" in self.where else self.where


class Trade(RuleBasedStateMachine):
    """The real actions on the real database; each example is rolled back."""

    items = Bundle("items")

    def __init__(self) -> None:
        super().__init__()
        self.undo = transaction.atomic()
        self.undo.__enter__()
        self.world, self.now = make_world(), NOW
        self.world.pack.buyback_window = LIVE_WINDOW
        self.world.pack.save()
        self.pulls: list[Held] = []
        self.paid: dict[str, Decimal] = {}

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.undo.__exit__(None, None, None)

    def environment(self, where: str) -> Environment:
        company, mode = where.split()
        found: Environment = getattr(getattr(self.world, company), mode)
        return found

    @rule(target=items, where=WHERE, amount=st.integers(1, 5))
    def buy(self, where: str, amount: int) -> Any:
        pool = "live" if "live" in where else where
        out = {held.card for held in self.pulls if held.pool == pool and not held.sold}
        asked: dict[str, Any] = {
            "environment": self.environment(where),
            "pack_id": self.world.pack.public_id,
        }
        asked |= {"amount": amount, "user_id": "ada", "by": SYSTEM, "now": self.now}
        if len(self.world.cards) - len(out) < amount:
            with pytest.raises(OutOfStock):
                buy_pulls(**asked)
            return multiple()
        window = LIVE_WINDOW if "live" in where else SANDBOX_WINDOW
        items = buy_pulls(**asked).items.all()
        assert len(items) == amount
        assert out.isdisjoint(item.card_id for item in items)
        new = [
            Held(where, i.public_id, i.card_id, i.buyback_price, self.now + window) for i in items
        ]
        self.pulls += new
        return multiple(*new)

    @rule(held=items, wrong=st.booleans())
    def sell(self, held: Held, wrong: bool) -> None:
        where = "juniper sandbox" if wrong else held.where
        asked: dict[str, Any] = {"environment": self.environment(where), "item_id": held.item_id}
        asked |= {"by": SYSTEM, "now": self.now}
        again = any(
            o is not held and not o.sold and (o.where, o.item_id) == (where, held.item_id)
            for o in self.pulls
        )
        if again:
            return  # the same card was pulled again; that pull is tested separately
        if held.sold or wrong:
            with pytest.raises(ItemNotFound):
                sell_back(**asked)
        elif self.now > held.closes:
            with pytest.raises(ItemExpired):
                sell_back(**asked)
        else:
            worth = round_usd(Card.objects.get(pk=held.card).fmv * Decimal("0.85"))
            amount = sell_back(**asked).amount
            assert amount == (worth if held.pool == "live" else held.frozen)
            held.sold = True
            self.paid[where] = self.paid.get(where, Decimal(0)) + amount

    @rule()
    def sweep(self) -> None:
        due = [
            held
            for held in self.pulls
            if not held.sold and not held.swept and held.closes < self.now
        ]
        assert close_windows(now=self.now, batch=3) == len(due)
        for held in due:
            held.swept = True

    @rule(hours=st.sampled_from([1, 24, 72, 168]))
    def wait(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @rule(number=st.integers(0, 11), cents=st.integers(1, 99))
    def reprice(self, number: int, cents: int) -> None:
        """A new market value within the card's tier."""
        card = self.world.cards[number]
        base = Decimal(int(card.fmv) - (1 if card.fmv == int(card.fmv) + Decimal("0.99") else 0))
        Card.objects.filter(pk=card.pk).update(fmv=base + Decimal(cents) / 100, priced_at=self.now)

    @invariant()
    def it_holds_every_rule_of_the_ledger(self) -> None:
        assert broken_rules() == []

    @invariant()
    def it_agrees_with_the_model(self) -> None:
        states = Item.objects.values_list("state", "expired_at")
        assert len(states) == len(self.pulls)
        assert sum(state == "sold" for state, _ in states) == sum(held.sold for held in self.pulls)
        assert sum(swept is not None for _, swept in states) == sum(
            held.swept for held in self.pulls
        )
        for where in ("northwind live", "juniper live", "northwind sandbox", "juniper sandbox"):
            held = balance(self.environment(where), Transfer.Account.PAID_OUT)
            assert held == self.paid.get(where, 0)


@pytest.mark.django_db
def test_it_trades_in_any_order() -> None:
    quick = settings(
        max_examples=15,
        stateful_step_count=25,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(Trade, settings=quick)

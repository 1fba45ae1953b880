"""What a live sale asks of the outside world: a price of the oracle, money of the treasury.

Either may be configured without the other: without ``ORACLE_URL`` the catalogue's price holds,
without ``TREASURY_URL`` the settlement is internal and always pays. The sandbox never asks. Only
the treasury that a sale was submitted to can tell what became of it, so no other is asked, whatever
the settings say by now. No transaction may be open while anybody is asked: a slow peer must not
hold a lock, and an answer must never be lost with a rollback.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.db import connection

from buyback.guards import alerts
from buyback.live import breakers, oracle, treasury
from buyback.live.oracle import PriceUnavailable, Reason
from buyback.live.steps import Attempt
from config.foundation import outbound
from config.foundation.breaker import Breaker
from inventory.models import Item
from inventory.pricing import Price, basis
from inventory.pricing import price as catalogue_price
from partners.models import Environment

__all__ = [
    "PriceUnavailable",
    "Reason",
    "ask",
    "is_asked",
    "is_resting",
    "may_ask",
    "pay",
    "price",
    "price_shown",
    "refuse_in_transaction",
]


class TransactionOpen(RuntimeError):
    """A programming error: somebody outside would be asked while a transaction is open."""


def is_asked(environment: Environment) -> bool:
    """Whether this environment's sales ask anybody."""
    return environment.is_live and bool(settings.ORACLE_URL or settings.TREASURY_URL)


def is_resting(environment: Environment) -> bool:
    """Whether a sale of this environment would ask somebody who has not been answering."""
    return is_asked(environment) and breakers.is_open()


def refuse_in_transaction() -> None:
    """Raises TransactionOpen while one is."""
    if connection.in_atomic_block:
        raise TransactionOpen


def price(item: Item, now: datetime) -> Price:
    """The item's price at the oracle, or the catalogue's. Raises PriceUnavailable; takes 2 seconds
    at most.
    """
    if not settings.ORACLE_URL:
        return catalogue_price(item)
    refuse_in_transaction()
    try:
        quoted = oracle.fetch(item_id=item.public_id, last_fmv=item.card.fmv, now=now)
    except PriceUnavailable as problem:
        # "Not found" is an answer, and about one card only.
        _count("oracle", breakers.ORACLE, answered=not problem.passing)
        raise
    _count("oracle", breakers.ORACLE, answered=True)
    purchase = item.purchase
    found = basis(
        quoted.fmv,
        item.buyback_percent,
        purchase.mint_price,
        voucher=purchase.voucher,
        priced_at=quoted.priced_at,
    )
    if found.amount <= 0:  # a share of a cent is nothing that could be paid
        raise PriceUnavailable(Reason.NOT_POSITIVE)
    return found


def price_shown(item: Item, now: datetime) -> Price:
    """``price`` for whoever only looks: no oracle is waited for that has not been answering, nor by
    every web thread.

    Raises PriceUnavailable, then as well.
    """
    if not settings.ORACLE_URL:
        return catalogue_price(item)
    if breakers.ORACLE.is_open():
        raise PriceUnavailable(Reason.RESTING)
    with outbound.one_of_few() as place:
        if not place:
            raise PriceUnavailable(Reason.BUSY)
        return price(item, now)


def pay(attempt: Attempt, amount: Decimal) -> treasury.Outcome:
    """Ask the treasury to pay ``amount`` USD under the attempt's reference; 5 seconds at most. Safe
    to ask again.
    """
    if not attempt.treasury:
        return treasury.Paid()
    if attempt.treasury != treasury.name():
        return treasury.Unknown(treasury.Why.SENT_ELSEWHERE)
    refuse_in_transaction()
    outcome = treasury.pay(reference=attempt.reference, amount=amount, recipient=attempt.recipient)
    _count("treasury", breakers.TREASURY, answered=not isinstance(outcome, treasury.Unknown))
    return outcome


@contextmanager
def may_ask() -> Iterator[bool]:
    """Whether the treasury may be asked meanwhile what became of a sale: not while it has not been
    answering, and not by every web thread at once. Whoever may not has the stored state for an
    answer; the clock's run asks.
    """
    with outbound.one_of_few() as place:
        yield place and not breakers.QUESTIONS.is_open()


def ask(attempt: Attempt, amount: Decimal) -> treasury.Outcome:
    """Ask the treasury what became of the attempt's reference; 5 seconds at most."""
    if not attempt.treasury:
        return treasury.Paid()
    if attempt.treasury != treasury.name():
        return treasury.Unknown(treasury.Why.SENT_ELSEWHERE)
    refuse_in_transaction()
    outcome = treasury.ask(reference=attempt.reference, amount=amount)
    _count("treasury", breakers.QUESTIONS, answered=not isinstance(outcome, treasury.Unknown))
    return outcome


def _count(peer: str, own: Breaker, *, answered: bool) -> None:
    """Remember how a call went; the admins are told of a breaker that is open now."""
    if own.count(answered=answered):
        alerts.breaker_opened(peer)

"""Calls to oracle and treasury: prices and payments for live sellbacks.

Each can be configured without the other: without ``ORACLE_URL`` the catalogue's price counts,
without ``TREASURY_URL`` the settlement is internal and always pays. The sandbox calls neither. Only
the treasury that a sellback was submitted to knows its outcome, so no other is asked, even if
settings have changed. No transaction may be open during a call: a slow peer must not hold a lock,
and a response must not be lost with a rollback.
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
from config.peers import outbound
from config.peers.breaker import Breaker
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
    """A peer would be called while a transaction is open. This is a defect."""


def is_asked(environment: Environment) -> bool:
    """Whether sellbacks of this environment call a peer."""
    return environment.is_live and bool(settings.ORACLE_URL or settings.TREASURY_URL)


def is_resting(environment: Environment) -> bool:
    """Whether a sellback of this environment would call a peer with an open breaker."""
    return is_asked(environment) and breakers.is_open()


def refuse_in_transaction() -> None:
    """Raises TransactionOpen inside a transaction."""
    if connection.in_atomic_block:
        raise TransactionOpen


def price(item: Item, now: datetime) -> Price:
    """The oracle's price of the item, or the catalogue's. Takes at most 2 seconds.

    Raises PriceUnavailable.
    """
    if not settings.ORACLE_URL:
        return catalogue_price(item)
    refuse_in_transaction()
    try:
        quoted = oracle.fetch(item_id=item.public_id, last_fmv=item.card.fmv, now=now)
    except PriceUnavailable as problem:
        # "Not found" is a response, about one card only.
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
    if found.amount <= 0:  # less than a cent cannot be paid
        raise PriceUnavailable(Reason.NOT_POSITIVE)
    return found


def price_shown(item: Item, now: datetime) -> Price:
    """``price`` for display: fails fast if the breaker is open or too many threads wait.

    Raises PriceUnavailable.
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
    """Ask the treasury to pay ``amount`` USD under the attempt's reference. At most 5 seconds.

    Repeatable.
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
    """Whether the treasury may be asked about an outcome.

    Not while its breaker is open, and not by all web threads at a time. Others get the stored
    state; the periodic reconciler asks.
    """
    with outbound.one_of_few() as place:
        yield place and not breakers.QUESTIONS.is_open()


def ask(attempt: Attempt, amount: Decimal) -> treasury.Outcome:
    """Ask the treasury for the outcome of the attempt's reference. At most 5 seconds."""
    if not attempt.treasury:
        return treasury.Paid()
    if attempt.treasury != treasury.name():
        return treasury.Unknown(treasury.Why.SENT_ELSEWHERE)
    refuse_in_transaction()
    outcome = treasury.ask(reference=attempt.reference, amount=amount)
    _count("treasury", breakers.QUESTIONS, answered=not isinstance(outcome, treasury.Unknown))
    return outcome


def _count(peer: str, own: Breaker, *, answered: bool) -> None:
    """Count the outcome of a call; an open breaker raises an alert."""
    if own.count(answered=answered):
        alerts.breaker_opened(peer)

"""Counting spending against the cap of a span, which parallel calls cannot exceed.

The statement that spends calls the SQL function ``partners_count_spend`` once for each span, in the
order of the scopes, after all its other locks. Usually the function adds the amount to one slot:
the connection's own, or the next one with room. If none has room for it, or the cap has changed,
the statement fails whole and ``counting`` repeats it with ``spread``: then the function locks all
slots in their order, divides the cap again if it has changed, and fills one slot after the other.
All who count lock in the same order (scope, slot), so they cannot deadlock.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TypeVar

from django.db import IntegrityError, connection, transaction

from partners.models import Spend

T = TypeVar("T")
ONE_SLOT, CAP = "partners_spendslot_within_share", "partners_spend_within_cap"
KEPT = timedelta(days=7)  # a span is only read until its last sellback has ended


class CapReached(Exception):
    """The amount is more than the span's cap leaves. Nothing was counted."""

    def __init__(self, scope: str) -> None:
        self.scope = scope
        super().__init__(scope)


def counting(statement: Callable[[bool], T]) -> T:
    """Run ``statement(spread)``, which counts spending; with ``spread`` if one slot lacks room.

    The statement must undo all its changes when it raises. Raises CapReached.
    """
    try:
        return statement(False)
    except IntegrityError as error:
        if _broken(error) != ONE_SLOT:
            raise
    try:
        return statement(True)
    except IntegrityError as error:
        if _broken(error) != CAP:
            raise
        raise CapReached(_scope(error)) from None


def count(scope: str, starts_at: datetime, cap: Decimal, amount: Decimal) -> None:
    """Count ``amount`` USD in one span, at the end of the open transaction. Raises CapReached."""

    def statement(spread: bool) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT partners_count_spend(%s, %s, %s, %s, %s)",
                [scope, starts_at, cap, amount, spread],
            )

    counting(statement)


def give_back(scope: str, starts_at: datetime, amount: Decimal) -> None:
    """Take ``amount`` USD off a span that has counted it. The caller goes in order of scopes."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT partners_give_back_spend(%s, %s, %s)", [scope, starts_at, amount])


def forget_old(now: datetime) -> int:
    """Delete spans that nobody reads any more; returns how many."""
    old = Spend.objects.filter(starts_at__lt=now - KEPT)
    return old.delete()[1].get("partners.Spend", 0)


def _broken(error: IntegrityError) -> str | None:
    """The constraint that the statement violated."""
    diagnosis = getattr(error.__cause__, "diag", None)
    return None if diagnosis is None else diagnosis.constraint_name


def _scope(error: IntegrityError) -> str:
    """The scope that the function names as detail."""
    return str(getattr(error.__cause__, "diag").message_detail)  # noqa: B009

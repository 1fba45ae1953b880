"""A sale under an idempotency key: one effect and one answer, whichever door the key came through.

At once, the answer is written in the transaction of the sale. Step by step, a sale takes several
transactions, so its key is bound to its row, and what became of that is the answer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson

from buyback.live import gateway, leases
from buyback.outcomes import Sale
from buyback.sellback import status
from config.foundation import clock, errors
from config.foundation.errors import Refusal
from config.foundation.money import to_json
from partners.models import Environment
from partners.records import idempotency
from partners.records.idempotency import Answer

# Sells under a key's row (step by step), or under none (at once).
Sell = Callable[[int | None], Sale]


def sale_body(sale: Sale) -> dict[str, Any]:
    """A sale as ``POST /vm/buyback`` answers it."""
    return {"success": True, "amount": to_json(sale.amount)}


def sell_once(
    *, environment: Environment, key: str, fingerprint: bytes, sell: Sell, wait: bool = True
) -> Answer:
    """The one answer to every request with ``key``, however it sells by now and did when the key
    came first.

    ``wait``: at once, a second request waits for the first. Raises what is not kept
    (OutcomeUnknown, SaleInFlight), and InvalidKey, KeyReused, KeyInProgress.
    """
    if gateway.is_asked(environment):
        return _in_steps(environment, key, fingerprint, sell)
    try:
        return idempotency.once(
            environment=environment,
            key=key,
            fingerprint=fingerprint,
            answer=lambda: _at_once(sell),
            wait=wait,
        )
    except idempotency.Bound as bound:
        return status.answer_for(bound.subject)


def _at_once(sell: Sell) -> Answer:
    """By the time a sale is refused, it has undone what was to be undone."""
    try:
        return Answer(200, orjson.dumps(sale_body(sell(None))))
    except Refusal as refusal:
        return _refused(refusal)


def _in_steps(environment: Environment, key: str, fingerprint: bytes, sell: Sell) -> Answer:
    """The answer of a step-by-step sale: kept, or told by what became of the sale that the key
    made.
    """
    row = idempotency.begin(
        environment=environment,
        key=key,
        fingerprint=fingerprint,
        now=clock.now(),
        lease=leases.key(),
    )
    if row.status is not None:
        return idempotency.kept_answer(row)
    if row.subject is not None:
        return status.answer_for(row.subject)
    try:
        return Answer(200, orjson.dumps(sale_body(sell(row.pk))))
    except Refusal as refusal:
        if not refusal.kept:
            idempotency.forget(row)
            raise
        answer = _refused(refusal)
        idempotency.keep(row, answer)
        return answer


def _refused(refusal: Refusal) -> Answer:
    """What is kept of a refusal. Raises one that is not."""
    if not refusal.kept:
        raise refusal
    return Answer(refusal.status, orjson.dumps(errors.body(refusal.sentence)), refusal.code)

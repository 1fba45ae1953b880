"""A sellback under an idempotency key: one effect and one response, from any interface.

An instant sellback writes the response in its transaction. A step-by-step sellback takes several
transactions, so the key is bound to its row, whose outcome is the response.
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

# Sells under a key's row (step by step), or without one (instant).
Sell = Callable[[int | None], Sale]


def sale_body(sale: Sale) -> dict[str, Any]:
    """A sale as the response of ``POST /vm/buyback``."""
    return {"success": True, "amount": to_json(sale.amount)}


def sell_once(
    *, environment: Environment, key: str, fingerprint: bytes, sell: Sell, wait: bool = True
) -> Answer:
    """The one response to every request with ``key``, however the sellback is made now or was then.

    ``wait``: an instant second request waits for the first. Raises refusals that are not stored
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
    """The response of an instant sellback. A refused one has undone its own work."""
    try:
        return Answer(200, orjson.dumps(sale_body(sell(None))))
    except Refusal as refusal:
        return _refused(refusal)


def _in_steps(environment: Environment, key: str, fingerprint: bytes, sell: Sell) -> Answer:
    """The response of a step-by-step sellback: stored, or from the outcome of the key's buyback."""
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
    """The stored form of a refusal. Raises a refusal that is not stored."""
    if not refusal.kept:
        raise refusal
    return Answer(refusal.status, orjson.dumps(errors.body(refusal.sentence)))

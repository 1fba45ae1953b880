"""The client of the pricing oracle: a card's current value in USD, or why there is none.

Protocol (ours; implemented by `tests/peers/oracle.py`):

    GET {ORACLE_URL}/v1/prices/{item_id, percent-encoded}
    200 {"item_id": "v1|110586049456|0", "currency": "USD", "fmv": "115.88",
         "priced_at": "2026-04-18T19:05:14.000Z"}

`fmv` is a string or a JSON number; more than two decimals are rounded half up. Anything but a 200
of this form is not a price. There is one retry, after a lost connection, a timeout or a 5xx, if
time is left. With `ORACLE_KEY`, both sides sign (`config/peers/signing.py`).
"""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Any
from urllib.parse import quote

import stamina
from django.conf import settings

from config.foundation.money import LIMIT, round_usd
from config.peers import outbound, signing

AHEAD = timedelta(seconds=60)  # how far the oracle's clock may be ahead of ours
FIRST_TRY = 0.6  # share of the total time, so that a hanging connection leaves time for a retry
PASSING = (outbound.Fault.TIMEOUT, outbound.Fault.UNREACHABLE)  # another try may help
NUMBER = re.compile(r"[+-]?[0-9]{1,30}(\.[0-9]{1,30})?", re.ASCII)
RETRY = stamina.RetryingCaller(
    attempts=2, timeout=None, wait_initial=0.02, wait_max=0.1, wait_jitter=0.03
)


class Reason(StrEnum):
    """Why there is no reliable price."""

    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    BAD_STATUS = "bad_status"
    MALFORMED = "malformed"
    NOT_SIGNED = "not_signed"
    WRONG_ITEM = "wrong_item"
    WRONG_CURRENCY = "wrong_currency"
    STALE = "stale"
    FROM_FUTURE = "from_future"
    NOT_POSITIVE = "not_positive"
    OUT_OF_BOUNDS = "out_of_bounds"
    MOVED_TOO_FAR = "moved_too_far"
    RESTING = "resting"  # the breaker is open, so it was not called
    BUSY = "busy"  # too many threads are already waiting for peers


class PriceUnavailable(Exception):
    """There is no price: `reason` says why. `passing`: another try may help."""

    def __init__(self, reason: Reason, *, passing: bool = False) -> None:
        super().__init__(str(reason))
        self.reason = reason
        self.passing = passing


@dataclass(frozen=True, slots=True)
class OraclePrice:
    """A checked price: `fmv` in USD, whole cents; `priced_at` by the oracle, UTC."""

    fmv: Decimal
    priced_at: datetime


class Oracle:
    """A client of the oracle at `url`.

    With `keys`, both sides sign. `seconds` limits a whole fetch, including the retry. A price may
    be at most `max_age` old, and differ from the last known one by at most the factor `max_move`.
    """

    def __init__(
        self,
        url: str,
        *,
        seconds: float = 2.0,
        max_age: timedelta = timedelta(hours=1),
        max_move: Decimal = Decimal(3),
        keys: Sequence[str] = (),
    ) -> None:
        self._client = outbound.Client(url, keys)
        self._seconds = seconds
        self._max_age = max_age
        self._max_move = max_move

    def fetch(self, *, item_id: str, last_fmv: Decimal, now: datetime) -> OraclePrice:
        """The price of `item_id`, last known as `last_fmv`. Raises PriceUnavailable."""
        deadline = time.monotonic() + self._seconds
        answer = RETRY(
            lambda error: _worth_another_try(error, deadline),
            self._ask,
            item_id=item_id,
            deadline=deadline,
        )
        if answer.get("item_id") != item_id:
            raise PriceUnavailable(Reason.WRONG_ITEM)
        if answer.get("currency") != "USD":
            raise PriceUnavailable(Reason.WRONG_CURRENCY)
        priced_at = self._moment(answer.get("priced_at"), now)
        return OraclePrice(self._fmv(answer.get("fmv"), last_fmv), priced_at)

    def close(self) -> None:
        """Close idle connections."""
        self._client.close()

    def _ask(self, *, item_id: str, deadline: float) -> dict[str, Any]:
        seconds = min(deadline - time.monotonic(), self._seconds * FIRST_TRY)
        try:
            answer = self._client.call(
                "GET", f"/v1/prices/{quote(item_id, safe='')}", seconds=seconds
            )
            if answer.status != 200:
                raise PriceUnavailable(Reason.BAD_STATUS, passing=answer.status >= 500)
            return answer.json()
        except outbound.CallFailed as error:
            passing = error.fault in PASSING
            raise PriceUnavailable(Reason(error.fault.value), passing=passing) from error

    def _moment(self, text: object, now: datetime) -> datetime:
        try:
            moment = datetime.fromisoformat(text if isinstance(text, str) else "")
            age = now - moment
        except (ValueError, TypeError) as error:  # TypeError: without a time zone
            raise PriceUnavailable(Reason.MALFORMED) from error
        if age > self._max_age:
            raise PriceUnavailable(Reason.STALE)
        if age < -AHEAD:
            raise PriceUnavailable(Reason.FROM_FUTURE)
        return moment.astimezone(UTC)

    def _fmv(self, value: object, last_fmv: Decimal) -> Decimal:
        if isinstance(value, str) and NUMBER.fullmatch(value):
            value = Decimal(value)
        if not isinstance(value, Decimal) or not value.is_finite():
            raise PriceUnavailable(Reason.MALFORMED)
        if value <= 0:
            raise PriceUnavailable(Reason.NOT_POSITIVE)
        if value >= LIMIT:
            raise PriceUnavailable(Reason.OUT_OF_BOUNDS)
        fmv = round_usd(value)
        if fmv <= 0:
            raise PriceUnavailable(Reason.NOT_POSITIVE)
        if fmv >= LIMIT:
            raise PriceUnavailable(Reason.OUT_OF_BOUNDS)
        if not last_fmv <= fmv * self._max_move or not fmv <= last_fmv * self._max_move:
            raise PriceUnavailable(Reason.MOVED_TOO_FAR)
        return fmv


def fetch(*, item_id: str, last_fmv: Decimal, now: datetime) -> OraclePrice:
    """`Oracle.fetch` of the configured oracle. Raises PriceUnavailable."""
    oracle = _oracle(
        settings.ORACLE_URL,
        settings.ORACLE_TIMEOUT,
        settings.ORACLE_MAX_AGE,
        settings.ORACLE_MAX_MOVE,
        signing.split(settings.ORACLE_KEY),
    )
    return oracle.fetch(item_id=item_id, last_fmv=last_fmv, now=now)


@lru_cache(maxsize=1)
def _oracle(url: str, seconds: float, max_age: int, max_move: int, keys: tuple[str, ...]) -> Oracle:
    """One client for each process; changed settings give a new one."""
    age = timedelta(seconds=max_age)
    return Oracle(url, seconds=seconds, max_age=age, max_move=Decimal(max_move), keys=keys)


def _worth_another_try(error: Exception, deadline: float) -> bool:
    return isinstance(error, PriceUnavailable) and error.passing and time.monotonic() < deadline

"""The client of the carrier, which prices live parcels. A sandbox never calls it.

Protocol (ours; ``tests/peers/carrier.py`` speaks it):

    POST {CARRIER_URL}/v1/rates
         {"quote": "quote_01…", "destination": {"city": "Mountain View", "state": "CA",
         "postal_code": "94043",
          "country": "US"}, "items": 2, "grams": 300, "value": "182.50", "currency": "USD"}
    200  {"quote": "quote_01…", "currency": "USD", "rates": [{"key": "ground", "carrier": "Parcel
    Co",
          "service": "Ground", "amount": "7.40", "estimated_days_min": 2, "estimated_days_max": 5,
          "insured": false}]}

``amount`` is a string or a JSON number of whole cents. Anything but a 200 of this form, for the
same quote, counts as no response; one invalid rate invalidates all. Asking changes nothing at the
carrier. With ``CARRIER_KEY``, both sides sign (``config/peers/signing.py``).
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Any

import structlog
from django.conf import settings

from config.foundation.money import round_usd
from config.peers import outbound, signing
from config.peers.breaker import Breaker
from inventory.shipping.addresses import country_of
from inventory.shipping.rates import GRAMS_EACH, Rate
from partners.models import Environment

CURRENCY = "USD"
ASKED = ("city", "state", "postal_code", "country")  # of an address: a rate needs no name
KEY = re.compile(r"[0-9a-z-]{1,32}", re.ASCII)
AMOUNT = re.compile(r"[0-9]{1,12}(\.[0-9]{1,2})?", re.ASCII)
MOST_RATES = 20
LONGEST = 60  # characters of a carrier's or service's name
MOST_DAYS = 365
BREAKER = Breaker()

log = structlog.get_logger(__name__)


class Reason(StrEnum):
    """Why there are no rates."""

    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    BAD_STATUS = "bad_status"
    MALFORMED = "malformed"
    NOT_SIGNED = "not_signed"
    WRONG_QUOTE = "wrong_quote"
    WRONG_CURRENCY = "wrong_currency"
    OUT_OF_BOUNDS = "out_of_bounds"
    RESTING = "resting"  # the breaker is open, so it was not called
    BUSY = "busy"  # too many threads are already waiting for peers


SILENT = (Reason.TIMEOUT, Reason.UNREACHABLE)
NOT_ASKED = (Reason.RESTING, Reason.BUSY)


class RatesUnavailable(Exception):
    """There are no rates; ``reason`` says why."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(str(reason))
        self.reason = reason


class Carrier:
    """A client of the carrier at ``url``, without retries.

    With ``keys``, both sides sign. ``seconds`` limits a whole call. Rates above ``most`` USD are
    rejected.
    """

    def __init__(
        self,
        url: str,
        *,
        seconds: float = 4.0,
        most: Decimal = Decimal(1000),
        keys: Sequence[str] = (),
    ) -> None:
        self._client = outbound.Client(url, keys)
        self._seconds = seconds
        self._most = most

    def rates(
        self, *, quote: str, destination: dict[str, Any], items: int, value: Decimal
    ) -> list[Rate]:
        """The rates for a number of items worth ``value`` USD together. Raises RatesUnavailable."""
        body = {
            "quote": quote,
            "destination": {field: destination.get(field) for field in ASKED}
            | {"country": country_of(destination)},
            "items": items,
            "grams": items * GRAMS_EACH,
            "value": f"{value:.2f}",
            "currency": CURRENCY,
        }
        answer = self._ask(json.dumps(body).encode())
        if answer.get("quote") != quote:
            raise RatesUnavailable(Reason.WRONG_QUOTE)
        if answer.get("currency") != CURRENCY:
            raise RatesUnavailable(Reason.WRONG_CURRENCY)
        listed = answer.get("rates")
        if not isinstance(listed, list) or not 1 <= len(listed) <= MOST_RATES:
            raise RatesUnavailable(Reason.MALFORMED)
        found = [self._rate(one) for one in listed]
        if len({rate.key for rate in found}) != len(found):
            raise RatesUnavailable(Reason.MALFORMED)
        return found

    def close(self) -> None:
        """Close idle connections."""
        self._client.close()

    def _ask(self, body: bytes) -> dict[str, Any]:
        try:
            answer = self._client.call(
                "POST",
                "/v1/rates",
                seconds=self._seconds,
                headers={"Content-Type": "application/json"},
                body=body,
            )
            if answer.status != 200:
                raise RatesUnavailable(Reason.BAD_STATUS)
            return answer.json()
        except outbound.CallFailed as error:
            raise RatesUnavailable(Reason(error.fault.value)) from error

    def _rate(self, said: object) -> Rate:
        if not isinstance(said, dict):
            raise RatesUnavailable(Reason.MALFORMED)
        key, insured = said.get("key"), said.get("insured")
        if not isinstance(key, str) or not KEY.fullmatch(key) or not isinstance(insured, bool):
            raise RatesUnavailable(Reason.MALFORMED)
        low, high = (_days(said.get(name)) for name in ("estimated_days_min", "estimated_days_max"))
        if low > high:
            raise RatesUnavailable(Reason.MALFORMED)
        carrier, service = (_name(said.get(name)) for name in ("carrier", "service"))
        return Rate(key, carrier, service, self._amount(said.get("amount")), (low, high), insured)

    def _amount(self, said: object) -> Decimal:
        if isinstance(said, str) and AMOUNT.fullmatch(said):
            said = Decimal(said)
        if not isinstance(said, Decimal) or not said.is_finite():
            raise RatesUnavailable(Reason.MALFORMED)
        if not 0 < said <= self._most:
            raise RatesUnavailable(Reason.OUT_OF_BOUNDS)
        if said != round_usd(said):
            raise RatesUnavailable(Reason.MALFORMED)
        return round_usd(said)


def _days(said: object) -> int:
    """A whole number of days; JSON numbers arrive as Decimal."""
    if not isinstance(said, Decimal) or not 0 <= said <= MOST_DAYS or said != int(said):
        raise RatesUnavailable(Reason.MALFORMED)
    return int(said)


def _name(said: object) -> str:
    if (
        not isinstance(said, str)
        or not said.strip()
        or len(said) > LONGEST
        or not said.isprintable()
    ):
        raise RatesUnavailable(Reason.MALFORMED)
    return said.strip()


def is_asked(environment: Environment) -> bool:
    """Whether quotes of this environment call a carrier."""
    return environment.is_live and bool(settings.CARRIER_URL)


def rates(*, quote: str, destination: dict[str, Any], items: int, value: Decimal) -> list[Rate]:
    """``Carrier.rates`` of the configured carrier, with its circuit breaker.

    Raises RatesUnavailable.
    """
    carrier = _carrier(
        settings.CARRIER_URL,
        settings.CARRIER_TIMEOUT,
        settings.CARRIER_MAX_AMOUNT,
        signing.split(settings.CARRIER_KEY),
    )
    try:
        if BREAKER.is_open():
            raise RatesUnavailable(Reason.RESTING)
        with outbound.one_of_few() as place:
            if not place:
                raise RatesUnavailable(Reason.BUSY)
            found = carrier.rates(quote=quote, destination=destination, items=items, value=value)
    except RatesUnavailable as problem:
        log.warning("carrier_has_no_rates", reason=str(problem.reason), quote=quote)
        if problem.reason not in NOT_ASKED:
            BREAKER.count(answered=problem.reason not in SILENT)
        raise
    BREAKER.count(answered=True)
    return found


@lru_cache(maxsize=1)
def _carrier(url: str, seconds: float, most: int, keys: tuple[str, ...]) -> Carrier:
    """One client for each process; changed settings give a new one."""
    return Carrier(url, seconds=seconds, most=Decimal(most), keys=keys)

"""The client of the treasury: pays a user under our reference, and reports the outcome later.

Protocol (ours; implemented by `tests/peers/treasury.py`). A reference is paid at most once, for
ever: a repeated payment returns the first outcome. "declined" is final.

    POST {TREASURY_URL}/v1/payouts
         {"reference": "bb_01…", "amount": "98.50", "currency": "USD", "recipient": "user-1"}
         and the header Idempotency-Key: <reference>
    GET  {TREASURY_URL}/v1/payouts/{reference}
    200  {"reference": "bb_01…", "status": "paid" | "declined", "amount": "98.50",
          "currency": "USD", "reason": "…"}
    404  {"error": "not_found", "reference": "bb_01…"}     (GET only)

Both sides sign with TREASURY_KEY (`config/peers/signing.py`). An unsigned response counts as none:
whatever its status, the outcome is unknown.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from django.conf import settings

from config.foundation.money import LIMIT, round_usd
from config.peers import outbound, signing

CURRENCY = "USD"
REFERENCE = re.compile(r"[A-Za-z0-9_-]{1,128}", re.ASCII)
AMOUNT = re.compile(r"[0-9]{1,12}(\.[0-9]{1,2})?", re.ASCII)
REASON_LENGTH = 200


class Why(StrEnum):
    """Why an outcome is unknown."""

    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    BAD_STATUS = "bad_status"
    MALFORMED = "malformed"
    NOT_SIGNED = "not_signed"
    SENT_ELSEWHERE = "it was submitted to another treasury than TREASURY_URL names now"


class Differs(StrEnum):
    """How a response differs from our request."""

    REFERENCE = "reference"
    AMOUNT = "amount"
    CURRENCY = "currency"


@dataclass(frozen=True, slots=True)
class Paid:
    """The treasury has paid exactly what we requested, under this reference."""


@dataclass(frozen=True, slots=True)
class Declined:
    """The treasury will never pay this reference. `reason`: its text, at most 200 characters."""

    reason: str


@dataclass(frozen=True, slots=True)
class NotFound:
    """The treasury does not know the reference yet; a request may still arrive."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """It may have paid or not. Ask again by reference."""

    reason: Why


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A signed response with another reference, amount or currency. A person must decide."""

    reason: Differs
    said: str


Outcome: TypeAlias = Paid | Declined | NotFound | Unknown | Mismatch


class Treasury:
    """A client of the treasury at `url`, signing with `key` (or several), without retries.

    `seconds` limits a whole call.
    """

    def __init__(self, url: str, *, key: str, seconds: float = 5.0) -> None:
        self._client = outbound.Client(url)
        self._signer = signing.Signer(signing.split(key))
        self._seconds = seconds

    def pay(self, *, reference: str, amount: Decimal, recipient: str) -> Outcome:
        """Pay `amount` USD to `recipient` under `reference`. Never NotFound. Repeatable.

        Raises ValueError, before anything is sent, for an invalid amount or reference.
        """
        _check(reference, amount)
        body = {
            "reference": reference,
            "amount": f"{amount:.2f}",
            "currency": CURRENCY,
            "recipient": recipient,
        }
        answer = self._call("POST", "/v1/payouts", json.dumps(body).encode(), reference)
        return (
            answer
            if isinstance(answer, Unknown)
            else _judge(answer, reference, amount, may_miss=False)
        )

    def ask(self, *, reference: str, amount: Decimal) -> Outcome:
        """The outcome of `reference`, for `amount` USD. Raises ValueError as `pay` does."""
        _check(reference, amount)
        answer = self._call("GET", f"/v1/payouts/{reference}", b"", reference)
        return (
            answer
            if isinstance(answer, Unknown)
            else _judge(answer, reference, amount, may_miss=True)
        )

    def close(self) -> None:
        """Close idle connections."""
        self._client.close()

    def _call(
        self, method: str, path: str, body: bytes, reference: str
    ) -> outbound.Answer | Unknown:
        """A signed response with status 200 or 404, or why there is none."""
        target = self._client.target(path)
        headers, nonce = self._signer.request(method, target, body)
        if method == "POST":
            headers |= {"Content-Type": "application/json", "Idempotency-Key": reference}
        try:
            answer = self._client.call(
                method, path, seconds=self._seconds, headers=headers, body=body or None
            )
        except outbound.CallFailed as error:
            return Unknown(Why(error.fault.value))
        if answer.status not in (200, 404):
            return Unknown(Why.BAD_STATUS)
        signed = self._signer.is_answer(
            answer.headers.get("x-signature", ""),
            nonce=nonce,
            method=method,
            target=target,
            status=answer.status,
            body=answer.body,
        )
        return answer if signed else Unknown(Why.NOT_SIGNED)


def _judge(answer: outbound.Answer, reference: str, amount: Decimal, *, may_miss: bool) -> Outcome:
    """The outcome of `reference` in a signed response."""
    try:
        said = answer.json()
    except outbound.CallFailed:
        return Unknown(Why.MALFORMED)
    if not isinstance(said.get("reference"), str):
        return Unknown(Why.MALFORMED)
    if said["reference"] != reference:
        return Mismatch(Differs.REFERENCE, said["reference"][:REASON_LENGTH])
    if answer.status == 404:
        missing = may_miss and said.get("error") == "not_found"
        return NotFound() if missing else Unknown(Why.BAD_STATUS)
    return _differs(said, amount) or _status(said)


def _differs(said: dict[str, Any], amount: Decimal) -> Outcome | None:
    """The outcome if the response's amount or currency is not ours, else None."""
    currency, figure = said.get("currency"), said.get("amount")
    if isinstance(figure, str) and AMOUNT.fullmatch(figure):
        figure = Decimal(figure)
    if not isinstance(currency, str) or not isinstance(figure, Decimal):
        return Unknown(Why.MALFORMED)
    if currency != CURRENCY:
        return Mismatch(Differs.CURRENCY, currency[:REASON_LENGTH])
    if figure != amount:
        return Mismatch(Differs.AMOUNT, str(figure)[:REASON_LENGTH])
    return None


def _status(said: dict[str, Any]) -> Outcome:
    if said.get("status") == "paid":
        return Paid()
    if said.get("status") != "declined":
        return Unknown(Why.MALFORMED)
    reason = said.get("reason")
    text = reason if isinstance(reason, str) else ""
    # Shown to people and stored: no control characters, no lone surrogates.
    return Declined("".join(letter for letter in text if letter.isprintable())[:REASON_LENGTH])


def _check(reference: str, amount: Decimal) -> None:
    if not REFERENCE.fullmatch(reference):
        raise ValueError(f"{reference!r} is not a settlement reference")
    if not amount.is_finite() or not 0 < amount < LIMIT or amount != round_usd(amount):
        raise ValueError(f"{amount} is not an amount in whole cents above 0 and below {LIMIT}")


def pay(*, reference: str, amount: Decimal, recipient: str) -> Outcome:
    """`Treasury.pay` of the configured treasury."""
    return _configured().pay(reference=reference, amount=amount, recipient=recipient)


def ask(*, reference: str, amount: Decimal) -> Outcome:
    """`Treasury.ask` of the configured treasury."""
    return _configured().ask(reference=reference, amount=amount)


def name() -> str:
    """The configured treasury by host, port and path; "" if sellbacks are settled internally."""
    parts = urlsplit(settings.TREASURY_URL)
    return parts.netloc.lower() + parts.path


def _configured() -> Treasury:
    return _treasury(settings.TREASURY_URL, settings.TREASURY_KEY, settings.TREASURY_TIMEOUT)


@lru_cache(maxsize=1)
def _treasury(url: str, key: str, seconds: float) -> Treasury:
    """One client for each process; changed settings give a new one."""
    return Treasury(url, key=key, seconds=seconds)

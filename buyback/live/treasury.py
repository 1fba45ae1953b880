"""The client of the treasury: pays a user under our reference, and reports what was paid.

Protocol (ours; implemented by `tests/peers/treasury.py`). A reference is paid at most once, for
ever: a repeated payment returns the first outcome. "declined" is final.

    POST {TREASURY_URL}/v1/payouts
         {"reference": "bb_01…", "amount": "98.50", "currency": "USD", "recipient": "user-1"}
         and the header Idempotency-Key: <reference>
    GET  {TREASURY_URL}/v1/payouts/{reference}
    200  {"reference": "bb_01…", "status": "paid" | "declined", "amount": "98.50",
          "currency": "USD", "reason": "…"}
    404  {"error": "not_found", "reference": "bb_01…"}     (GET only)

    GET  {TREASURY_URL}/v1/balance
    200  {"balance": "123456.78", "currency": "USD"}       (below zero: overdrawn)
    404  {"error": "not_reported"}                         (it reports no balance)

    GET  {TREASURY_URL}/v1/payouts?since=2026-11-30T00:00:00Z&limit=500[&after=<cursor>]
    200  {"payouts": [{"reference": "bb_01…", "amount": "98.50", "currency": "USD",
          "status": "paid"}, …], "next": "<cursor>" | null}
    404  {"error": "not_found"}                            (no such cursor, or no list at all)

The list has every payment made at or after `since`, oldest first, each once, at most `limit` on a
page. New payments come at its end, so a cursor stays valid. `next` is null on the last page. A
cursor has at most 200 of the characters A-Z a-z 0-9 . _ ~ -.

Both sides sign with TREASURY_KEY (`config/peers/signing.py`). An unsigned response counts as none:
whatever its status, the outcome is unknown.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
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
BALANCE = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,2})?", re.ASCII)
CODE = re.compile(r"[A-Z]{3}", re.ASCII)  # of a currency
CURSOR = re.compile(r"[A-Za-z0-9._~-]{1,200}", re.ASCII)
REASON_LENGTH = 200
PAGE = 500  # payments on a page of the list
MAX_PAGE = 256 * 1024  # bytes of a page: room for PAGE of the longest references


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


@dataclass(frozen=True, slots=True)
class Balance:
    """What the treasury holds, in USD. None: it reports no balance."""

    amount: Decimal | None


@dataclass(frozen=True, slots=True)
class Payment:
    """One payment in the treasury's list."""

    reference: str
    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the list. ``after``: the cursor of the next page, None on the last one."""

    payments: tuple[Payment, ...]
    after: str | None


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

    def balance(self) -> Balance | Unknown:
        """What the treasury holds."""
        answer = self._call("GET", "/v1/balance")
        return answer if isinstance(answer, Unknown) else _balance(answer)

    def payouts(self, *, since: datetime, after: str = "") -> Page | NotFound | Unknown:
        """A page of the payments since a time: the first one, or the one at the cursor ``after``.

        NotFound: the treasury no longer knows the cursor, or has no list.
        """
        path = f"/v1/payouts?since={since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}&limit={PAGE}"
        answer = self._call("GET", f"{path}&after={after}" if after else path, most=MAX_PAGE)
        return answer if isinstance(answer, Unknown) else _page(answer, after)

    def close(self) -> None:
        """Close idle connections."""
        self._client.close()

    def _call(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        reference: str = "",
        most: int = outbound.MAX_BODY,
    ) -> outbound.Answer | Unknown:
        """A signed response with status 200 or 404, or why there is none."""
        target = self._client.target(path)
        headers, nonce = self._signer.request(method, target, body)
        if method == "POST":
            headers |= {"Content-Type": "application/json", "Idempotency-Key": reference}
        try:
            answer = self._client.call(
                method, path, seconds=self._seconds, headers=headers, body=body or None, most=most
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


def _balance(answer: outbound.Answer) -> Balance | Unknown:
    """The balance in a signed response."""
    try:
        said = answer.json()
    except outbound.CallFailed:
        return Unknown(Why.MALFORMED)
    if answer.status == 404:
        missing = said.get("error") == "not_reported"
        return Balance(None) if missing else Unknown(Why.BAD_STATUS)
    amount = said.get("balance")
    if not isinstance(amount, str) or not BALANCE.fullmatch(amount):
        return Unknown(Why.MALFORMED)
    return Balance(Decimal(amount)) if said.get("currency") == CURRENCY else Unknown(Why.MALFORMED)


def _page(answer: outbound.Answer, after: str) -> Page | NotFound | Unknown:
    """The page at the cursor ``after`` in a signed response. One bad row spoils all of it."""
    try:
        said = answer.json()
    except outbound.CallFailed:
        return Unknown(Why.MALFORMED)
    if answer.status == 404:
        return NotFound() if said.get("error") == "not_found" else Unknown(Why.BAD_STATUS)
    rows, following = said.get("payouts"), said.get("next")
    if not isinstance(rows, list) or len(rows) > PAGE:
        return Unknown(Why.MALFORMED)
    payments = [_payment(row) for row in rows]
    # Each page leads further, so that a list has an end.
    leads = isinstance(following, str) and CURSOR.fullmatch(following) and following != after
    if None in payments or not (following is None or (leads and rows)):
        return Unknown(Why.MALFORMED)
    return Page(tuple(payment for payment in payments if payment), following)


def _payment(row: Any) -> Payment | None:
    """A row of the list; None if it is not one."""
    if not isinstance(row, dict) or row.get("status") != "paid":
        return None
    patterns = {"reference": REFERENCE, "amount": AMOUNT, "currency": CODE}
    for name, pattern in patterns.items():
        if not isinstance(row.get(name), str) or not pattern.fullmatch(row[name]):
            return None
    return Payment(row["reference"], Decimal(row["amount"]), row["currency"])


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


def balance() -> Balance | Unknown:
    """`Treasury.balance` of the configured treasury."""
    return _configured().balance()


def payouts(*, since: datetime, after: str = "") -> Page | NotFound | Unknown:
    """`Treasury.payouts` of the configured treasury."""
    return _configured().payouts(since=since, after=after)


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

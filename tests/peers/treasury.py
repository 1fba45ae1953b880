"""A treasury: `TREASURY_KEY=… python -m tests.peers.treasury --port 9001`.

Protocol: `buyback/live/treasury.py`. A reference is paid at most once, whatever the faults. The
payments really made are in `paid()` and in the control route; `payments` has every movement of
money, so that a second one for a reference would show. After `retention` it forgets references, as
real treasuries do: a forgotten one is not found, and is paid again. The list of payments is
`payments`, whole: a cursor is the number of payments before the page.
"""

from __future__ import annotations

import argparse
import hashlib
import hmac
import json
import os
import re
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.peers.server import FAULTS, Peer, Request, serve

# Faults around the payment. With `late` the connection is closed, and the payment happens `seconds`
# later.
MOMENTS = (
    "hang_before",
    "hang_after",
    "drop_before",
    "drop_after",
    "500_before",
    "500_after",
    "slow_before",
    "late",
)
# Signed responses with wrong content.
LIES: dict[str, dict[str, Any]] = {
    "wrong_amount": {"amount": "98.51"},
    "wrong_reference": {"reference": "another"},
    "wrong_currency": {"currency": "EUR"},
    "odd_status": {"status": "pending"},
    "amount_nan": {"amount": "NaN"},
    "amount_missing": {"amount": None},
    "says_paid": {"status": "paid"},
    "says_declined": {"status": "declined", "reason": "closed account"},
}
# Signed pages of the list with wrong content: all of it, or the first payment.
LISTS: dict[str, dict[str, Any]] = {
    "list_missing": {"payouts": None},
    "list_no_object": {"payouts": [["bb_1"]]},
    "list_too_long": {"payouts": [{"reference": "x", "amount": "1.00"}] * 501},
    "next_a_number": {"next": 1},
    "next_not_printable": {"next": "a\nb"},
    "next_of_nothing": {"payouts": [], "next": "9"},
}
ROWS: dict[str, dict[str, Any]] = {
    "row_pending": {"status": "pending"},
    "row_number": {"amount": 98.5},
    "row_mills": {"amount": "98.501"},
    "row_minus": {"amount": "-98.50"},
    "row_currency": {"currency": "usd"},
    "row_reference": {"reference": "a b"},
}
# Signed balances with wrong content.
BALANCES: dict[str, dict[str, Any]] = {
    "balance_nan": {"balance": "NaN"},
    "balance_number": {"balance": 12},
    "balance_missing": {"balance": None},
    "balance_in_euro": {"currency": "EUR"},
}
# The payment happens, and the signed response says that the reference is unknown.
DENIAL = "denies"
# True responses without a valid signature.
FORGERIES = ("unsigned", "bad_signature", "replayed", "echoed")
SIGNATURE = re.compile(r"t=([0-9]+),n=([0-9a-f]{32}),v1=([0-9a-f]{64})")


@dataclass(frozen=True)
class Payment:
    """One movement of money, or one refusal."""

    reference: str
    amount: Decimal
    recipient: str
    status: str
    reason: str | None
    at: datetime
    currency: str = "USD"


class TreasuryPeer(Peer):
    """`now` is the clock for its retention."""

    faults = ("decline", *MOMENTS, *LIES, *LISTS, *ROWS, *BALANCES, DENIAL, *FORGERIES)

    def __init__(self, *, key: str, port: int = 0, retention: timedelta | None = None) -> None:
        super().__init__(port=port)
        self.key = key.encode()
        self.retention = retention
        self.payments: list[Payment] = []
        self.balance: str | None = None  # USD; None: not reported
        self.page: int | None = None  # payments on a page of the list; None: as many as asked for
        self.has_list = True
        self.lists: dict[str, Any] = {}  # what every page of the list says instead
        self.now: Callable[[], datetime] = lambda: datetime.now(UTC)
        self._known: dict[str, Payment] = {}
        self._last_answer = ("", b"")

    def paid(self) -> dict[str, Decimal]:
        """Money paid by reference in USD: the sum of all payments."""
        totals: dict[str, Decimal] = {}
        for payment in list(self.payments):
            totals[payment.reference] = totals.get(payment.reference, Decimal(0)) + payment.amount
        return totals

    def state(self) -> dict[str, Any]:
        return {**super().state(), "paid": self.paid(), "payments": self.payments}

    def respond(self, request: Request) -> None:
        nonce = self._checked(request)
        if nonce is None:
            request.answer(401, {"error": "bad signature"})
            return
        name, seconds = self.take_fault()
        if request.command == "POST":
            self._respond_to_payment(request, nonce, name, seconds)
            return
        target = urlsplit(request.path)
        if target.path == "/v1/balance":
            found = self._balance(name)
        elif target.path == "/v1/payouts":
            found = self._list(name, dict(parse_qsl(target.query)))
        else:
            found = self._outcome(name, self._look(request.path.rpartition("/")[2]))
        self._reply(request, nonce, name, seconds, found)

    def _balance(self, name: str) -> tuple[int, dict[str, Any]]:
        if self.balance is None:
            return 404, {"error": "not_reported"}
        return 200, {"balance": self.balance, "currency": "USD", **BALANCES.get(name, {})}

    def _list(self, name: str, asked: dict[str, str]) -> tuple[int, dict[str, Any]]:
        """One page. Earlier payments count for the cursor, so that it means the same for ever."""
        since, start = datetime.fromisoformat(asked["since"]), int(asked.get("after", "0"))
        with self.lock:
            payments = list(self.payments)
        if not self.has_list or start > len(payments):
            return 404, {"error": "not_found"}
        recent = [number for number in range(start, len(payments)) if payments[number].at >= since]
        shown = recent[: self.page or int(asked["limit"])]
        rows = [_content(payments[number]) for number in shown]
        if rows and name in ROWS:
            rows[0] |= ROWS[name]
        following = str(shown[-1] + 1) if shown != recent else None
        return 200, {"payouts": rows, "next": following, **LISTS.get(name, {}), **self.lists}

    def _respond_to_payment(self, request: Request, nonce: str, name: str, seconds: float) -> None:
        wanted = json.loads(request.body)
        if (
            request.headers.get("Idempotency-Key") != wanted["reference"]
            or wanted["currency"] != "USD"
        ):
            request.answer(400, {"error": "bad request"})
            return
        if name == "late":
            self.later(seconds, lambda: self._apply(wanted, decline=False))
            name = "drop"
        elif name == "slow_before":
            self.stopping.wait(seconds)
            name = ""
        elif name.endswith("_before"):
            name = name.removesuffix("_before")
        else:
            payment = self._apply(wanted, decline=name == "decline")
            name = name.removesuffix("_after")
            self._reply(request, nonce, name, seconds, self._outcome(name, payment))
            return
        if name:
            request.misbehave(name)
        else:
            found = self._outcome("", self._apply(wanted, decline=False))
            self._reply(request, nonce, "", 0.0, found)

    def _apply(self, wanted: dict[str, Any], *, decline: bool) -> Payment:
        """Pay or decline, unless this reference already has an outcome."""
        with self.lock:
            self._forget()
            reference = wanted["reference"]
            if reference not in self._known:
                status, reason = ("declined", "insufficient funds") if decline else ("paid", None)
                payment = Payment(
                    reference,
                    Decimal(wanted["amount"]),
                    wanted["recipient"],
                    status,
                    reason,
                    self.now(),
                )
                self._known[reference] = payment
                if status == "paid":
                    self.payments.append(payment)
            return self._known[reference]

    def _look(self, reference: str) -> Payment | str:
        with self.lock:
            self._forget()
            return self._known.get(reference, reference)

    def _forget(self) -> None:
        if self.retention is not None:
            oldest = self.now() - self.retention
            self._known = {
                name: payment for name, payment in self._known.items() if payment.at >= oldest
            }

    def _outcome(self, name: str, found: Payment | str) -> tuple[int, dict[str, Any]]:
        """The outcome of one reference, or what the fault makes of it."""
        if name == DENIAL and isinstance(found, Payment):
            found = found.reference
        if isinstance(found, str):
            status, content = 404, {"error": "not_found", "reference": found}
        else:
            status, content = 200, _content(found)
        return status, {**content, **LIES.get(name, {})}

    def _reply(
        self,
        request: Request,
        nonce: str,
        name: str,
        seconds: float,
        found: tuple[int, dict[str, Any]],
    ) -> None:
        status, body = found[0], json.dumps(found[1]).encode()
        if name == "slow":
            self.stopping.wait(seconds)
        elif name in FAULTS:
            request.misbehave(name, body)
            return
        lines = ("answer", nonce, request.command, request.path, str(status))
        signature, body = self._forged(name, request, f"v1={self._sign(*lines, body=body)}", body)
        request.answer(status, body, **({"X_Signature": signature} if signature else {}))

    def _forged(
        self, name: str, request: Request, signature: str, body: bytes
    ) -> tuple[str, bytes]:
        last, self._last_answer = self._last_answer, (signature, body)
        if name == "unsigned":
            return "", body
        if name == "bad_signature":
            return "v1=" + "0" * 64, body
        if name == "replayed":  # the previous request's response
            return last
        if name == "echoed":  # the request's own signature
            return "v1=" + request.headers["X-Signature"].rpartition("v1=")[2], body
        return signature, body

    def _checked(self, request: Request) -> str | None:
        """The nonce of a request that is signed and not older than five minutes."""
        match = SIGNATURE.fullmatch(request.headers.get("X-Signature", ""))
        if match is None or abs(time.time() - int(match[1])) > 300:
            return None
        expected = self._sign(
            "request", match[1], match[2], request.command, request.path, body=request.body
        )
        return match[2] if hmac.compare_digest(expected, match[3]) else None

    def _sign(self, *lines: str, body: bytes) -> str:
        return hmac.new(
            self.key, "\n".join([*lines, ""]).encode() + body, hashlib.sha256
        ).hexdigest()


def _content(payment: Payment) -> dict[str, Any]:
    content = {
        "reference": payment.reference,
        "status": payment.status,
        "amount": str(payment.amount),
        "currency": payment.currency,
    }
    return {**content, **({"reason": payment.reason} if payment.reason else {})}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description="A treasury that can misbehave. The key comes from TREASURY_KEY."
    )
    parser.add_argument("--port", type=int, default=9001)
    parser.add_argument(
        "--retention", type=float, metavar="SECONDS", help="how long references are known"
    )
    parser.add_argument("--balance", metavar="USD", help="the balance that it reports")
    chosen = parser.parse_args()
    key = os.environ.get("TREASURY_KEY", "")
    if len(key) < 32:
        sys.exit("TREASURY_KEY must hold at least 32 characters.")
    kept = None if chosen.retention is None else timedelta(seconds=chosen.retention)
    peer = TreasuryPeer(key=key, port=chosen.port, retention=kept)
    peer.balance = chosen.balance
    serve(peer)

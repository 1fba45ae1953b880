"""A carrier: `python -m tests.peers.carrier --port 9003`.

Protocol: `inventory/shipping/carrier.py`. It asks 4.00 USD and 1.10 for each item, and for the
insured service twice that and a tenth of the value. Tests set other rates with `peer.rates =
[...]`, or over the control route, `{"rates": [...]}`.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from tests.peers.server import Lie, Peer, Request, serve

Rates = list[dict[str, Any]]


def rate(**changes: Any) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """A change in the first rate."""
    return lambda honest: {"rates": [honest["rates"][0] | changes, *honest["rates"][1:]]}


# The change of each lie; `number` is valid, only the other form of an amount.
LIES: dict[str, Lie] = {
    "wrong_quote": lambda honest: {"quote": honest["quote"] + "x"},
    "wrong_currency": lambda _: {"currency": "EUR"},
    "no_rates": lambda _: {"rates": []},
    "rates_missing": lambda _: {"rates": None},
    "too_many": lambda honest: {
        "rates": [honest["rates"][0] | {"key": f"k{place}"} for place in range(21)]
    },
    "one_twice": lambda honest: {"rates": honest["rates"][:1] * 2},
    "no_object": lambda _: {"rates": ["ground"]},
    "bad_key": rate(key="ground_rate_2"),
    "no_key": rate(key=None),
    "no_carrier": rate(carrier=" "),
    "long_service": rate(service="x" * 61),
    "odd_service": rate(service="Ground\n"),
    "free": rate(amount="0.00"),
    "negative": rate(amount="-1.00"),
    "nan_text": rate(amount="NaN"),
    "huge": rate(amount="1000.01"),
    "fraction": rate(amount=5.125),
    "boolean": rate(amount=True),
    "missing": rate(amount=None),
    "back_in_time": rate(estimated_days_min=6),
    "half_a_day": rate(estimated_days_min=0.5),
    "a_year_and_more": rate(estimated_days_max=366),
    "days_as_text": rate(estimated_days_max="5"),
    "insured_maybe": rate(insured="yes"),
    "number": rate(amount=5.1),
}


class CarrierPeer(Peer):
    """`asked` has the body of every request, in order."""

    faults = tuple(LIES)

    def __init__(self, *, port: int = 0, shared_key: str = "") -> None:
        super().__init__(port=port, shared_key=shared_key)
        self.rates: Rates | None = None
        self.asked: list[dict[str, Any]] = []

    def state(self) -> dict[str, Any]:
        return {**super().state(), "rates": self.rates, "asked": self.asked}

    def set(self, wanted: dict[str, Any]) -> None:
        super().set(wanted)
        self.rates = wanted.get("rates", self.rates)

    def respond(self, request: Request) -> None:
        if (request.command, request.path) != ("POST", "/v1/rates"):
            request.answer(404, {"error": "not_found"})
            return
        question = json.loads(request.body)
        with self.lock:
            self.asked.append(question)
        rates = _usual(question) if self.rates is None else self.rates
        honest: dict[str, Any] = {"quote": question["quote"], "currency": "USD", "rates": rates}
        self.reply(request, honest, LIES)


def _usual(question: dict[str, Any]) -> Rates:
    plain = Decimal("4.00") + Decimal("1.10") * question["items"]
    insured = plain * 2 + Decimal(question["value"]) / 10
    return [
        _rate("ground", "Ground", plain, insured=False),
        _rate("insured", "Ground, insured", insured, insured=True),
    ]


def _rate(key: str, service: str, amount: Decimal, *, insured: bool) -> dict[str, Any]:
    return {
        "key": key,
        "carrier": "Parcel Co",
        "service": service,
        "amount": f"{amount:.2f}",
        "estimated_days_min": 2,
        "estimated_days_max": 5,
        "insured": insured,
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="A carrier that can misbehave.")
    parser.add_argument("--port", type=int, default=9003)
    serve(CarrierPeer(port=parser.parse_args().port))

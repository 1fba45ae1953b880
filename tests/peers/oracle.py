"""A pricing oracle: `python -m tests.peers.oracle --port 9002 --any 100.00`.

Prices are set over the control route, `{"prices": {"item-1": "115.88"}}`, or in tests by
`peer.prices["item-1"] = "115.88"`. Other items cost `any`, or are a 404. Protocol:
`buyback/live/oracle.py`.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import unquote

from tests.peers.server import Lie, Peer, Request, serve

# The change of each lie; `number` is valid, only the other form of a price.
LIES: dict[str, Lie] = {
    "wrong_item": lambda honest: {"item_id": honest["item_id"] + "x"},
    "wrong_currency": lambda _: {"currency": "EUR"},
    "stale": lambda honest: {"priced_at": _shifted(honest, -timedelta(days=2))},
    "from_future": lambda honest: {"priced_at": _shifted(honest, timedelta(minutes=5))},
    "no_zone": lambda honest: {"priced_at": honest["priced_at"].removesuffix("Z")},
    "nan": lambda _: {"fmv": float("nan")},
    "nan_text": lambda _: {"fmv": "NaN"},
    "infinite": lambda _: {"fmv": float("inf")},
    "negative": lambda honest: {"fmv": "-" + honest["fmv"]},
    "zero": lambda _: {"fmv": "0.00"},
    "dust": lambda _: {"fmv": "0.0049"},
    "huge": lambda _: {"fmv": "1000000000"},
    "boolean": lambda _: {"fmv": True},
    "missing": lambda _: {"fmv": None},
    "moved": lambda honest: {"fmv": str(Decimal(honest["fmv"]) * 10)},
    "number": lambda honest: {"fmv": float(honest["fmv"])},
}


class OraclePeer(Peer):
    """`now` is the clock for its price times."""

    faults = tuple(LIES)

    def __init__(
        self, *, port: int = 0, any_price: str | None = None, shared_key: str = ""
    ) -> None:
        super().__init__(port=port, shared_key=shared_key)
        self.any_price = any_price
        self.prices: dict[str, str] = {}
        self.now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def state(self) -> dict[str, Any]:
        return {**super().state(), "prices": self.prices, "any": self.any_price}

    def set(self, wanted: dict[str, Any]) -> None:
        super().set(wanted)
        self.prices |= wanted.get("prices", {})

    def respond(self, request: Request) -> None:
        item_id = unquote(request.path.removeprefix("/v1/prices/"))
        fmv = self.prices.get(item_id, self.any_price)
        if fmv is None or request.command != "GET" or not request.path.startswith("/v1/prices/"):
            request.answer(404, {"error": "not_found"})
            return
        moment = (
            self.now().astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        )
        honest = {"item_id": item_id, "currency": "USD", "fmv": fmv, "priced_at": moment}
        self.reply(request, honest, LIES)


def _shifted(honest: dict[str, Any], by: timedelta) -> str:
    return (datetime.fromisoformat(honest["priced_at"]) + by).isoformat()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="A pricing oracle that can misbehave.")
    parser.add_argument("--port", type=int, default=9002)
    parser.add_argument(
        "--any", dest="any_price", metavar="USD", help="the price of every item that has none"
    )
    chosen = parser.parse_args()
    serve(OraclePeer(port=chosen.port, any_price=chosen.any_price))

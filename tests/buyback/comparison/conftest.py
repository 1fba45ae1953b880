"""The fixtures of live sellbacks: both peers on sockets, and a shop."""

from tests.buyback.live.conftest import _breakers_are_closed, oracle, shop, treasury

__all__ = ["_breakers_are_closed", "oracle", "shop", "treasury"]

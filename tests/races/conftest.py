"""Step-by-step sellbacks: an oracle and a treasury on sockets, in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from threading import Event

import pytest
from pytest_django.fixtures import Settings

from buyback.live import breakers
from buyback.models import Payout
from config.peers.breaker import Breaker
from tests.peers.oracle import OraclePeer
from tests.peers.server import Peer, Request
from tests.peers.treasury import TreasuryPeer
from tests.threads import as_processes

KEY = "the treasury's key in these tests alone"


@dataclass
class Gate:
    """Holds a peer's request: ``reached`` when it has arrived, released by setting ``open``."""

    reached: Event = field(default_factory=Event)
    open: Event = field(default_factory=Event)

    def before(self, act: Callable[[], object]) -> None:
        """Do ``act`` once the request has arrived, then release it."""
        assert self.reached.wait(timeout=30)
        try:
            act()
        finally:
            self.open.set()


@dataclass(frozen=True)
class Peers:
    """The peers of a live sellback."""

    oracle: OraclePeer
    treasury: TreasuryPeer

    def hold(self, peer: Peer, monkeypatch: pytest.MonkeyPatch) -> Gate:
        """Hold the next request to ``peer`` at a gate, before it has any effect."""
        respond, gates = peer.respond, [Gate()]
        gate = gates[0]

        def held(request: Request) -> None:
            if gates:
                gates.clear()
                gate.reached.set()
                gate.open.wait(timeout=30)
            respond(request)

        monkeypatch.setattr(peer, "respond", held)
        return gate

    def agree(self) -> bool:
        """Whether the treasury paid exactly what the ledger says, and each payment once."""
        payouts = Payout.objects.filter(environment__mode="live").select_related("buyback")
        assert len(self.treasury.payments) == len(payouts)
        return self.treasury.paid() == {
            payout.buyback.reference: payout.amount for payout in payouts
        }


@pytest.fixture
def peers(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Peers]:
    """Both without faults, with long timeouts for slow machines."""
    with OraclePeer(any_price="82.50") as oracle, TreasuryPeer(key=KEY) as treasury:
        settings.ORACLE_URL, settings.TREASURY_URL, settings.TREASURY_KEY = (
            oracle.url,
            treasury.url,
            KEY,
        )
        settings.ORACLE_TIMEOUT = settings.TREASURY_TIMEOUT = 60
        for name in ("ORACLE", "TREASURY", "QUESTIONS"):
            monkeypatch.setattr(breakers, name, Breaker())
        as_processes(monkeypatch)
        yield Peers(oracle, treasury)

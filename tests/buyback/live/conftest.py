"""Fixtures of live sellbacks: both peers, the settings for them, and a shop."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest
from pytest_django.fixtures import Settings

from buyback.live import breakers
from config.peers.breaker import Breaker
from tests.buyback.live.shop import PATIENT, Shop
from tests.peers.oracle import OraclePeer
from tests.peers.treasury import TreasuryPeer
from tests.world import World, make_treasury_control

KEY = "the treasury's key in these tests alone"


@pytest.fixture
def oracle(settings: Settings) -> Iterator[OraclePeer]:
    """An oracle where everything costs 82.50 USD, so an item sells for 70.13."""
    with OraclePeer(any_price="82.50") as peer:
        settings.ORACLE_URL, settings.ORACLE_TIMEOUT = peer.url, PATIENT
        yield peer


@pytest.fixture
def treasury(settings: Settings) -> Iterator[TreasuryPeer]:
    with TreasuryPeer(key=KEY) as peer:
        settings.TREASURY_URL, settings.TREASURY_KEY, settings.TREASURY_TIMEOUT = (
            peer.url,
            KEY,
            PATIENT,
        )
        yield peer


@pytest.fixture(autouse=True)
def _breakers_are_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test starts with closed breakers."""
    for name in ("ORACLE", "TREASURY", "QUESTIONS"):
        monkeypatch.setattr(breakers, name, Breaker())


@pytest.fixture
def shop(transactional_db: None, world: World, oracle: OraclePeer, treasury: TreasuryPeer) -> Shop:
    """Northwind's live API client, with both peers, and caps that count but never refuse."""
    make_treasury_control(cap_per_partner_day=Decimal(10_000), cap_per_hour=Decimal(20_000))
    return Shop(world, oracle, treasury)

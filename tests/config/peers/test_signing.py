"""Signed calls to oracle and carrier, with keys that change."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from buyback.live.oracle import Oracle, PriceUnavailable, Reason
from config.peers.signing import Signer, _sign, split
from inventory.shipping import carrier
from inventory.shipping.carrier import Carrier, RatesUnavailable
from tests.peers.carrier import CarrierPeer
from tests.peers.oracle import OraclePeer

NONCE = "1" * 32
OLD, NEW = "o" * 32, "n" * 32
TO = {"city": "Mountain View", "state": "CA", "postal_code": "94043", "country": "US"}


def price(peer: OraclePeer, *keys: str) -> str:
    """What a client with these keys gets."""
    client = Oracle(peer.url, keys=keys)
    try:
        found = client.fetch(item_id="a", last_fmv=Decimal(100), now=datetime.now(UTC))
    except PriceUnavailable as problem:
        return str(problem.reason)
    finally:
        client.close()
    return str(found.fmv)


@pytest.mark.parametrize(
    ("theirs", "ours", "found"),
    [
        (NEW, (NEW,), "100.00"),
        (NEW, (NEW, OLD), "100.00"),
        ("", (), "100.00"),
        (OLD, (NEW,), Reason.NOT_SIGNED),
        ("", (NEW,), Reason.NOT_SIGNED),
        (NEW, (), Reason.BAD_STATUS),
    ],
)
def test_the_oracles_price_counts_only_if_it_is_signed(
    theirs: str, ours: tuple[str, ...], found: str
) -> None:
    with OraclePeer(any_price="100.00", shared_key=theirs) as peer:
        assert price(peer, *ours) == found


def test_rates_count_only_if_they_are_signed() -> None:
    def rates(peer: CarrierPeer, *keys: str) -> int:
        client = Carrier(peer.url, keys=keys)
        try:
            return len(client.rates(quote="q", destination=TO, items=1, value=Decimal(9)))
        finally:
            client.close()

    with CarrierPeer(shared_key=NEW) as peer:
        assert rates(peer, NEW, OLD) == 2
        with pytest.raises(RatesUnavailable) as refused:
            rates(peer, OLD)
    assert refused.value.reason == carrier.Reason.NOT_SIGNED


def answer(key: str) -> tuple[str, dict[str, object]]:
    """A response's signature, and what it is said to sign."""
    signature = _sign(key.encode(), "answer", NONCE, "GET", "/x", "200", body=b"{}")
    said: dict[str, object] = {"nonce": NONCE, "method": "GET", "target": "/x", "status": 200}
    return f"v1={signature}", said | {"body": b"{}"}


@pytest.mark.parametrize("key", [NEW, OLD])
def test_a_response_may_be_signed_with_each_key(key: str) -> None:
    sent, said = answer(key)
    assert Signer([NEW, OLD]).is_answer(sent, **said)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "changes",
    [{"nonce": "2" * 32}, {"method": "POST"}, {"target": "/y"}, {"status": 404}, {"body": b"{ }"}],
)
def test_a_signature_is_valid_for_one_response_only(changes: dict[str, object]) -> None:
    sent, said = answer(NEW)
    assert not Signer([NEW]).is_answer(sent, **said | changes)  # type: ignore[arg-type]


@pytest.mark.parametrize("sent", ["", "v1=", "v1=" + "0" * 64, "v1=é", "€"])
def test_nonsense_signs_nothing(sent: str) -> None:
    _, said = answer(NEW)
    assert not Signer([NEW]).is_answer(sent, **said)  # type: ignore[arg-type]


def test_it_signs_with_the_newest_key_and_never_twice_alike() -> None:
    one, first = Signer([NEW, OLD]).request("GET", "/x", b"")
    two, second = Signer([NEW]).request("GET", "/x", b"")
    assert first != second
    assert one != two


def test_it_splits_the_keys_of_a_setting() -> None:
    assert (split(""), split(NEW), split(f" {NEW} , {OLD},")) == ((), (NEW,), (NEW, OLD))

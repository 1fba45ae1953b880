"""The addresses that a key may be used from: single addresses and networks, as CIDR text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from django.utils.translation import gettext_noop

from config.foundation.codes import Code
from config.foundation.errors import Refusal

MOST = 20  # of one key
LONGEST = 50  # characters of one entry
Network = IPv4Network | IPv6Network


class BadNetwork(Refusal):
    """Not a list of at most 20 addresses and networks."""

    code = Code.INVALID_NETWORK
    sentence = gettext_noop(
        "Enter at most 20 addresses or networks, such as 203.0.113.7 or 203.0.113.0/24"
    )


def clean_networks(entries: Sequence[str]) -> list[str]:
    """The entries in canonical form, sorted, each once. Raises BadNetwork.

    Bits behind the mask are an error, because one digit too many could open more than was meant.
    """
    if len(entries) > MOST or any(len(entry) > LONGEST for entry in entries):
        raise BadNetwork
    try:
        found = {str(ip_network(entry)) for entry in entries}
    except ValueError:
        raise BadNetwork from None
    return sorted(found)


def split(text: str) -> list[str]:
    """The entries of a form's field, separated by blanks, commas or line breaks."""
    return [entry for entry in re.split(r"[\s,]+", text) if entry]


def allows(networks: Sequence[str], address: str) -> bool:
    """Whether ``address`` is in one of them. Without networks every address is allowed."""
    if not networks:
        return True
    try:
        client = ip_address(address)
    except ValueError:  # a socket's client has none
        return False
    client = getattr(client, "ipv4_mapped", None) or client
    return any(client in network for network in _parsed(tuple(networks)))


@lru_cache(maxsize=1024)
def _parsed(networks: tuple[str, ...]) -> tuple[Network, ...]:
    return tuple(ip_network(network) for network in networks)

"""Redis as the broker: kombu's own transport, able to read on after a failed acknowledgement."""

from __future__ import annotations

from kombu.transport import redis

from config.postgres.broker import LetsGo


class Channel(LetsGo, redis.Channel):
    """The queue's channel."""


class Transport(redis.Transport):
    """`redis://` and `rediss://`."""

    Channel = Channel

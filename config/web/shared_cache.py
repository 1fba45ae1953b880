"""The cache in Redis, and in the database while Redis does not respond.

Login limits are counted here, so without the cache a login must neither pass unchecked nor always
be refused. A call that Redis does not answer in time goes to the table ``cache`` instead, and so do
all calls of this process for the next few seconds. Each store counts separately: if Redis fails
intermittently, an attacker has at most two allowances.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import structlog
from django.conf import settings
from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.core.cache.backends.db import DatabaseCache
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

log = structlog.get_logger(__name__)

PAUSE = 5.0  # seconds without Redis after it failed
TABLE = "cache"
MOST_ENTRIES = 100_000  # of the table; with Django's 300, an attacker could evict a counter


class SharedCache(BaseCache):
    """Redis at ``url``, or the database while Redis fails. ``CACHE_TIMEOUT`` limits each call."""

    def __init__(self, url: str, params: dict[str, Any]) -> None:
        super().__init__(params)
        seconds = settings.CACHE_TIMEOUT
        options = {"socket_timeout": seconds, "socket_connect_timeout": seconds}
        self._redis = RedisCache(url, params | {"OPTIONS": options})
        self._table = DatabaseCache(TABLE, params | {"OPTIONS": {"MAX_ENTRIES": MOST_ENTRIES}})

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        return self._call("get", key, default=default, version=version)

    def set(
        self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None
    ) -> None:
        self._call("set", key, value, timeout=timeout, version=version)

    def add(
        self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None
    ) -> bool:
        return bool(self._call("add", key, value, timeout=timeout, version=version))

    def touch(self, key: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        return bool(self._call("touch", key, timeout=timeout, version=version))

    def delete(self, key: Any, version: int | None = None) -> bool:
        return bool(self._call("delete", key, version=version))

    def has_key(self, key: Any, version: int | None = None) -> bool:
        return bool(self._call("has_key", key, version=version))

    def incr(self, key: Any, delta: int = 1, version: int | None = None) -> int:
        return int(self._call("incr", key, delta=delta, version=version))

    def clear(self) -> None:
        self._call("clear")

    def close(self, **kwargs: Any) -> None:
        self._table.close(**kwargs)

    def _call(self, name: str, *args: Any, **kwargs: Any) -> Any:
        if not RESTING.is_on():
            try:
                return getattr(self._redis, name)(*args, **kwargs)
            except (RedisError, OSError) as problem:
                RESTING.begin(problem)
        return getattr(self._table, name)(*args, **kwargs)


class Rest:
    """Whether this process pauses Redis. Shared, because Django creates one cache per thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._lock, self._until = clock, threading.Lock(), float("-inf")

    def is_on(self) -> bool:
        """Whether to use the table."""
        return self._clock() < self._until

    def begin(self, problem: Exception) -> None:
        """Pause Redis for PAUSE seconds, and log it once."""
        with self._lock:
            was_on, self._until = self.is_on(), self._clock() + PAUSE
        if not was_on:
            log.warning("cache_in_database", problem=type(problem).__name__)


RESTING = Rest()

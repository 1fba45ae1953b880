"""Requests that wait for an event without a thread or a database connection.

A view with nothing to return yet sets ``response.wait = Wait(...)`` on its response. The server
then keeps only the request's bytes, and calls the view again when the channel is woken or the time
is over. So a long-polling endpoint costs one coroutine for each waiting client.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Wait:
    """Call the view again when ``channel`` is woken, or after ``seconds`` at the latest."""

    channel: str
    seconds: float


class Waiting:
    """The waiting requests of this process, by channel, in the event loop."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._by_channel: defaultdict[str, set[asyncio.Future[None]]] = defaultdict(set)

    async def until(self, wait: Wait) -> None:
        """Return when the channel is woken or the time is over."""
        future = self._loop.create_future()
        waiting = self._by_channel[wait.channel]
        waiting.add(future)
        timer = self._loop.call_later(wait.seconds, _wake, future)
        try:
            await future
        finally:
            timer.cancel()
            waiting.discard(future)
            if not waiting:
                self._by_channel.pop(wait.channel, None)

    def wake(self, channel: str) -> None:
        """Wake all requests of ``channel``. Safe to call from any thread."""
        self._loop.call_soon_threadsafe(self._wake_all, channel)

    @classmethod
    def of_process(cls) -> Waiting:
        """This process's waiting requests, created by its event loop at the first request."""
        global _of_process  # noqa: PLW0603
        _of_process = _of_process or cls()
        return _of_process

    def __len__(self) -> int:
        return sum(map(len, self._by_channel.values()))

    def _wake_all(self, channel: str) -> None:
        for future in self._by_channel.get(channel, ()):
            _wake(future)


_of_process: Waiting | None = None


def wake(channel: str) -> None:
    """Wake this process's requests of ``channel``. Safe to call from any thread."""
    if _of_process is not None:
        _of_process.wake(channel)


def _wake(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)

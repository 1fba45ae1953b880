"""Thread pools for requests, one for each kind of work, so that no kind starves another.

The event loop admits a request to a lane when its body is complete. A lane has a fixed number of
threads. Further requests wait in the loop, and callers take turns, so a caller with many requests
delays mainly itself. A request that waits too long, or would make the queue too long, is refused.
"""

from __future__ import annotations

import asyncio
import threading
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any, NamedTuple, TypeVar

Result = TypeVar("Result")


class Overloaded(Exception):
    """The lane's queue is full, or the request waited too long. Nothing was run."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One lane: its threads, and how many of them one caller may use (0: all).

    ``prepare`` runs in each thread before its first request.
    """

    name: str
    threads: int
    share: int = 0
    prepare: Callable[[], None] | None = None


class Job(NamedTuple):
    """Work accepted by a lane."""

    caller: str
    work: Callable[[], Any]
    future: asyncio.Future[Any]
    refusable: bool


class Lane:
    """A pool of threads. All methods run in the event loop, except ``_serve`` in the threads."""

    def __init__(self, plan: Plan, *, longest_queue: int, longest_wait: float) -> None:
        self.plan = plan
        self._longest_queue, self._longest_wait = longest_queue, longest_wait
        self._loop = asyncio.get_running_loop()
        self._jobs: SimpleQueue[Job] = SimpleQueue()
        self._waiting: OrderedDict[str, deque[Job]] = OrderedDict()
        self._running: Counter[str] = Counter()
        self._idle, self.queued = plan.threads, 0
        for number in range(plan.threads):
            name = f"{plan.name}-{number}"
            threading.Thread(target=self._serve, name=name, daemon=True).start()

    async def run(self, caller: str, work: Callable[[], Result], *, again: bool = False) -> Result:
        """Run ``work`` in one of the lane's threads. Raises Overloaded.

        ``again``: the request was admitted before and has waited for an event. It is not refused,
        even if many are woken together.
        """
        job = Job(caller, work, self._loop.create_future(), refusable=not again)
        if self._idle and self._may_run(caller):
            self._start(job)
            result: Result = await job.future
            return result
        if self.queued >= self._longest_queue and not again:
            self._make_room(caller)
        self._waiting.setdefault(caller, deque()).append(job)
        self.queued += 1
        timer = None if again else self._loop.call_later(self._longest_wait, self._give_up, job)
        try:
            return await job.future  # type: ignore[no-any-return]
        except asyncio.CancelledError:
            self._give_up(job)  # its client is gone
            raise
        finally:
            if timer is not None:
                timer.cancel()

    @property
    def busy(self) -> int:
        """Busy threads."""
        return self.plan.threads - self._idle

    def _may_run(self, caller: str) -> bool:
        return not self.plan.share or self._running[caller] < self.plan.share

    def _start(self, job: Job) -> None:
        self._idle -= 1
        self._running[job.caller] += 1
        self._jobs.put(job)

    def _make_room(self, caller: str) -> None:
        """Refuse the newest request of the caller with the most, or this one if that is its caller.

        Raises Overloaded.
        """
        queue = max(self._waiting.values(), key=len)
        newest = next((job for job in reversed(queue) if job.refusable), None)
        if newest is None or len(queue) <= len(self._waiting.get(caller, ())) + 1:
            raise Overloaded
        self._give_up(newest)

    def _give_up(self, job: Job) -> None:
        queue = self._waiting.get(job.caller)
        if queue and job in queue:
            queue.remove(job)
            self.queued -= 1
            if not queue:
                del self._waiting[job.caller]
            if not job.future.done():
                job.future.set_exception(Overloaded())

    def _finish(self, job: Job, result: Any, error: BaseException | None) -> None:
        self._idle += 1
        self._running[job.caller] -= 1
        if not self._running[job.caller]:
            del self._running[job.caller]
        if not job.future.done():
            if error is None:
                job.future.set_result(result)
            else:
                job.future.set_exception(error)
        if self._waiting:
            self._start_next()

    def _start_next(self) -> None:
        """Start the longest waiting request of the caller whose turn it is."""
        for caller, queue in self._waiting.items():
            if self._may_run(caller):
                job = queue.popleft()
                self.queued -= 1
                if queue:
                    self._waiting.move_to_end(caller)
                else:
                    del self._waiting[caller]
                self._start(job)
                return

    def _serve(self) -> None:
        if self.plan.prepare is not None:
            self.plan.prepare()
        while True:
            job = self._jobs.get()
            result, error = None, None
            try:
                result = job.work()
            except BaseException as problem:  # noqa: BLE001  (the loop raises it again)
                error = problem
            self._loop.call_soon_threadsafe(self._finish, job, result, error)
            del job, result, error  # do not keep a request alive in an idle thread


class Lanes:
    """All lanes of this process, by name. Needs a running event loop."""

    def __init__(self, plans: Iterable[Plan], *, longest_queue: int, longest_wait: float) -> None:
        self._lanes = {
            plan.name: Lane(plan, longest_queue=longest_queue, longest_wait=longest_wait)
            for plan in plans
        }

    def __getitem__(self, name: str) -> Lane:
        return self._lanes[name]

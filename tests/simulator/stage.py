"""The scheduler: actors are threads, of which one runs at a time, chosen by the seed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from itertools import count
from queue import SimpleQueue
from random import Random

from django.db import connection


class Killed(BaseException):
    """The process dies here. Like SIGKILL, ``except Exception`` does not catch it."""


class Actor:
    """One actor's thread, reused for many runs to keep its database connection."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.turn = threading.Semaphore(0)
        self.work: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self.doomed = self.playing = False
        self.where = ""
        self.error: BaseException | None = None
        self.thread = threading.Thread(target=self._live, daemon=True)
        self.thread.start()

    def _live(self) -> None:
        while (play := self.work.get()) is not None:
            self.turn.acquire()
            self.stage.on = self
            try:
                self._check_doom()
                play()
            except Killed:
                pass
            except BaseException as error:  # noqa: BLE001  (raised again by the run)
                self.error = error
            self.playing = False
            self.stage.done.release()
        connection.close()

    def _check_doom(self) -> None:
        if self.doomed:
            raise Killed

    def pause(self, where: str) -> None:
        """Yield the turn; continue at the next one."""
        self.where = where
        self.stage.done.release()
        self.turn.acquire()
        self.stage.on = self
        self._check_doom()


class Stage:
    """Gives turns and kills by the seed."""

    def __init__(self, actors: int) -> None:
        self.done = threading.Semaphore(0)
        self.on: Actor | None = None
        self.actors = [Actor(self) for _ in range(actors)]

    def pause(self, where: str) -> None:
        """Called by running code at points where actors may switch."""
        if self.on is not None and threading.current_thread() is self.on.thread:
            self.on.pause(where)

    def run(
        self,
        plays: list[Callable[[], None]],
        *,
        random: Random,
        deaths: float,
        trace: list[str],
        between: Callable[[int], bool],
    ) -> None:
        """Run all actors, one step at a time. Raises the first error of an actor.

        ``between`` is called before each turn with its number, while no transaction is open. If it
        returns true, all actors die.
        """
        cast = self.actors[: len(plays)]
        for number, (actor, play) in enumerate(zip(cast, plays, strict=True)):
            actor.doomed, actor.playing, actor.error, actor.where = (
                False,
                True,
                None,
                f"start {number}",
            )
            actor.work.put(play)
        for turn in count():
            playing = [actor for actor in cast if actor.playing]
            if not playing:
                break
            deaths = 1.0 if between(turn) else deaths
            actor = random.choice(playing)
            actor.doomed = actor.doomed or random.random() < deaths
            trace.append(f"{cast.index(actor)} {actor.where}{' KILLED' if actor.doomed else ''}")
            actor.turn.release()
            self.done.acquire()
        for actor in cast:
            if actor.error is not None:
                raise actor.error

    def close(self) -> None:
        """End the threads and their connections."""
        for actor in self.actors:
            actor.work.put(None)
        for actor in self.actors:
            actor.thread.join()

"""The cost of the request log for a call: ``python -m benchmarks.request_log``.

CPU time of this process and of PostgreSQL, for the API's application called in a loop, alternating
with and without the log in one run. ``--quick`` only checks that it runs. The call is a sellback of
an item that no user holds: its statements run, and it can be repeated.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from io import BytesIO
from typing import Any

from benchmarks.cpu import postmaster, used_by
from benchmarks.run import prepare_settings

ROUNDS, CALLS, WARM = 8, 500, 100  # rounds of each kind; calls of a round; warm-up calls
QUICK = 2, 20
BODY = json.dumps({"item_id": "a-card-that-nobody-has"}).encode()


def quiet(*said: Any, **named: Any) -> None:
    """Do nothing, in place of the log."""


def caller(key: str) -> Callable[[], None]:
    """One call of the application, as a server makes it."""
    from django.core.wsgi import get_wsgi_application

    application: Any = get_wsgi_application()

    def call() -> None:
        environ = {
            "REQUEST_METHOD": "POST", "PATH_INFO": "/api/v1/vm/buyback", "QUERY_STRING": "",
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80", "HTTP_HOST": "localhost", "HTTP_X_API_KEY": key,
            "CONTENT_TYPE": "application/json",
            "CONTENT_LENGTH": str(len(BODY)), "wsgi.url_scheme": "http",
            "wsgi.input": BytesIO(BODY),
            "REMOTE_ADDR": "127.0.0.1",
        }  # fmt: skip
        answer: Any = application(environ, quiet)
        b"".join(answer)
        answer.close()

    return call


def new_key() -> str:
    """A key of a new partner for this run."""
    from partners.keys.api_keys import issue_key
    from partners.models import Environment, Mode, Partner
    from partners.records.actor import SYSTEM

    slug = f"log-{time.time_ns()}"
    environment = Environment.objects.create(
        partner=Partner.objects.create(name=slug, slug=slug), mode=Mode.LIVE
    )
    return issue_key(environment=environment, name="bench", by=SYSTEM)[1]


def spent(call: Callable[[], None], server: int, calls: int) -> tuple[float, float]:
    """Microseconds per call in Python and in PostgreSQL, including the writing of the log."""
    from partners.records import request_log

    ours, theirs = time.process_time(), used_by(server)
    for _ in range(calls):
        call()
    request_log.BUFFER.flush()
    micro = 1_000_000 / calls
    return (time.process_time() - ours) * micro, (used_by(server) - theirs) * micro


def main() -> None:
    """Alternating rounds; prints the median of each kind, and of the differences."""
    arguments = argparse.ArgumentParser(prog="python -m benchmarks.request_log")
    arguments.add_argument("--quick", action="store_true", help="only check that it runs")
    rounds, calls = QUICK if arguments.parse_args().quick else (ROUNDS, CALLS)
    folder = prepare_settings()
    from django.conf import settings
    from django.core.management import call_command

    settings.API_RATE_LIMIT = 100_000_000
    call_command("migrate", verbosity=0)
    from partners.records import request_log

    noted, server, call = request_log.note, postmaster(folder), caller(new_key())
    for _ in range(WARM):
        call()
    found: dict[str, list[tuple[float, float]]] = {"off": [], "on": []}
    for _ in range(rounds):
        for way, note in (("off", quiet), ("on", noted)):
            request_log.note = note
            found[way].append(spent(call, server, calls))
    for number, part in enumerate(("Python", "PostgreSQL")):
        off, on = ([one[number] for one in found[way]] for way in ("off", "on"))
        extra = [b - a for a, b in zip(off, on, strict=True)]
        print(
            f"{part}, µs a call: off {statistics.median(off):.0f}, on "
            f"{statistics.median(on):.0f}, difference"
            f" {statistics.median(extra):.0f} ({min(extra):.0f} to {max(extra):.0f}), {rounds} "
            f"rounds of {calls}"
        )


if __name__ == "__main__":
    main()

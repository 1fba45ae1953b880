"""One child process of `manage.py up`.

`python -m config.local.child web|worker|beat PIPE [PORT [HOST]]`. Children exit when the parent
process dies: PIPE is the reading end of a pipe whose other end only `up` holds. When `up` is gone,
even after `kill -9`, the pipe ends and the child asks itself to stop. Ten seconds later it leaves
the database and exits.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
import time
from contextlib import suppress

import psutil

GRACE_SECONDS = 10


def web(where: str = "8000", host: str = "127.0.0.1") -> None:
    """One web process, on a port or an inherited listening socket (``fd:7``)."""
    from config.web.server import listen, serve

    number = where.removeprefix("fd:")
    serve(socket.socket(fileno=int(number)) if number != where else listen(host, int(where)))


def worker() -> None:
    """The Celery worker for every queue."""
    from django.conf import settings

    from config.celery import app

    quiet = ("--without-gossip", "--without-mingle", "--without-heartbeat")
    app.worker_main(
        ["worker", "--concurrency", str(settings.TASK_PROCESSES), "--loglevel", "INFO", *quiet]
    )


def beat() -> None:
    """The scheduler, without a pid file: the lock of `up` already prevents a second one."""
    from config.celery import app

    app.start(["beat", "--loglevel", "INFO", "--pidfile", ""])


def _stop_with_parent(pipe: int) -> None:
    while os.read(pipe, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE_SECONDS)
    _give_the_database_up()
    os.killpg(0, signal.SIGKILL)


def _give_the_database_up() -> None:
    """Leave the database here and in forked processes first, because the last user stops it."""
    from django.conf import settings

    from config.postgres import embedded

    forked = psutil.Process().children(recursive=True)
    for one in forked:
        with suppress(psutil.NoSuchProcess):
            one.kill()
    psutil.wait_procs(forked, timeout=GRACE_SECONDS)
    embedded.leave(settings.DATA_DIR)


def _hold_the_database() -> None:
    """Join the embedded server until this process ends. The last process to leave stops it.

    Forked processes end without leaving in order. This process outlives them.
    """
    from django.conf import settings

    from config.postgres import embedded

    if settings.EMBEDDED:
        embedded.join(settings.DATA_DIR, fast=getattr(settings, "EMBEDDED_FAST", False))


def main(role: str, pipe: str, *arguments: str) -> None:
    """Run `role` until it is stopped."""
    # Before Celery or granian handle the signal, exit in order too: otherwise nothing stops the
    # database.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    threading.Thread(target=_stop_with_parent, args=(int(pipe),), daemon=True).start()
    run = {"web": web, "worker": worker, "beat": beat}[role]
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    _hold_the_database()
    try:
        run(*arguments)
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # do not interrupt this
        _give_the_database_up()


if __name__ == "__main__":
    main(*sys.argv[1:])

"""One web process: uvicorn on a socket that several processes may share."""

from __future__ import annotations

import resource
import socket
import sys
from types import FrameType

import structlog
from django.conf import settings
from uvicorn import Config, Server

from config.web import health
from config.web.application import Application
from config.web.protocol import BoundedProtocol

log = structlog.get_logger(__name__)

OTHER_FILES = 256  # database connections, logs, temporary files, imports


class WebServer(Server):
    """Stops in order: no new connections, then running requests finish, within DRAIN_SECONDS."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        health.DRAINING.set()
        super().handle_exit(sig, frame)


def listen(host: str, port: int) -> socket.socket:
    """A listening socket for all web processes. Raises OSError."""
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    listening = socket.socket(family, kind, protocol)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(address)
    listening.listen(settings.MAX_CONNECTIONS)
    return listening


def allow_files(needed: int) -> None:
    """Raise this process's limit of open files, as far as allowed.

    Without a free descriptor, a new connection is reset before an idle one can make room for it.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    if most < needed:
        log.warning("too_few_open_files", limit=most, needed=needed)


# Seconds after which a running thread yields to another. With Python's 5 ms the event loop waits
# behind each busy thread, several times for one request.
SWITCH_INTERVAL = 0.001


def serve(listening: socket.socket) -> None:
    """Serve until SIGTERM or SIGINT."""
    allow_files(settings.MAX_CONNECTIONS // settings.WEB_WORKERS + OTHER_FILES)
    sys.setswitchinterval(SWITCH_INTERVAL)
    listening.setblocking(False)
    config = Config(
        Application(),
        http=BoundedProtocol,
        loop="uvloop",
        ws="none",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        access_log=False,
        proxy_headers=False,  # config/web/middleware.py decides which proxies to trust
        server_header=False,
        backlog=settings.MAX_CONNECTIONS,
        timeout_keep_alive=settings.KEEP_ALIVE,
        timeout_graceful_shutdown=settings.DRAIN_SECONDS,
    )
    WebServer(config).run(sockets=[listening])

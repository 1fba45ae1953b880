"""The lane and the caller of a request, decided by path and method before any query.

| lane | requests |
| --- | --- |
| ``sell`` | live calls that change something, settled at once |
| ``peers`` | calls that may wait for the oracle, the treasury or the carrier |
| ``read`` | live calls that read |
| ``sandbox_write``, ``sandbox_read`` | the same for sandboxes; sellbacks may wait for a row |
| ``pages`` | the dashboard, static files, the API's description |
| ``admin`` | Django admin |
| ``passwords`` | forms that hash a password |
| ``health`` | ``/readyz`` and ``/healthz`` |
"""

from __future__ import annotations

import re
from typing import Any

from django.conf import settings

from config.foundation.shared_connections import share_connections
from config.web.lanes import Plan

HEALTH = ("/healthz", "/readyz")
LIVE, SANDBOX = "/api/v1/", "/_/api/v1/"
# Live calls that may call a peer, whatever their method.
SELLING = (f"{LIVE}vm/buyback",)
SHIPPING = (f"{LIVE}ship/quote",)
# Live pages that get a price, sell back, or quote a parcel.
ASKING = re.compile(r"/dashboard/live/(items|bulk|users|expiring|orders)/")
ACCOUNT = ("/login/", "/account/")


def plans() -> list[Plan]:
    """Every lane of a process. Each thread has a database connection; ``peers`` shares its own."""
    threads: int = settings.WEB_THREADS
    return [
        Plan("sell", threads),
        Plan("peers", settings.WEB_PEER_THREADS, prepare=share_connections),
        Plan("read", threads),
        # A sellback may wait for a locked row in its thread, so one caller never gets all threads.
        Plan("sandbox_write", threads, share=max(1, threads // 2)),
        Plan("sandbox_read", threads),
        Plan("pages", threads),
        Plan("admin", threads),
        Plan("passwords", max(1, threads - 1)),
        Plan("health", 1),
    ]


def lane_of(method: str, path: str) -> str:
    """The lane of a request."""
    reads = method in {"GET", "HEAD", "OPTIONS"}
    if path.startswith(LIVE):
        return _live(path, reads=reads)
    if path.startswith(SANDBOX):
        return "sandbox_read" if reads else "sandbox_write"
    if path in HEALTH:
        return "health"
    return _page(path, reads=reads)


def caller_of(scope: dict[str, Any]) -> str:
    """The caller for taking turns: an API key's visible part, a session, or an address."""
    cookie = b""
    for name, value in scope["headers"]:
        if name == b"x-api-key":
            return str(value[:24])  # mode and key id, never the secret
        if name == b"cookie":
            cookie = value
    if cookie:
        return str(hash(cookie))
    client = scope["client"]
    return client[0] if client else ""


def _live(path: str, *, reads: bool) -> str:
    if path.startswith(SELLING) and (settings.ORACLE_URL or settings.TREASURY_URL):
        return "peers"
    if path.startswith(SHIPPING) and settings.CARRIER_URL:
        return "peers"
    return "read" if reads else "sell"


def _page(path: str, *, reads: bool) -> str:
    admin = path.startswith(f"/{settings.ADMIN_PATH}")
    # Forms that hash a password wait for their turn together, including the admin's.
    if not reads and (path.startswith(ACCOUNT) or (admin and "password" in path)):
        return "passwords"
    if admin:
        return "admin"
    return "peers" if ASKING.match(path) and _asks_peers() else "pages"


def _asks_peers() -> bool:
    return bool(settings.ORACLE_URL or settings.TREASURY_URL or settings.CARRIER_URL)

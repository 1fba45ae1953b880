"""The peer: sellback and inventory in Starlette and asyncpg, written for speed only.

``BENCH_VARIANT=one`` uses the server's own statement, ``eight`` uses eight plain statements in a
transaction. Both look up the API key first, as the server does, and write the same rows. Started by
``benchmarks/contestants.py``.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from benchmarks.peers import eight
from benchmarks.peers.page import INVENTORY, shown

VARIANT = os.environ["BENCH_VARIANT"]
CONNECTIONS = int(os.environ["BENCH_CONNECTIONS"])  # of this process
SALE = Path(os.environ["BENCH_STATEMENT"]).read_text(encoding="utf-8")
KEY = """
SELECT key.key_id, key.digest, key.revoked_at IS NULL AND (key.expires_at IS NULL
OR key.expires_at > now()) AS active,
       environment.id AS environment_id, environment.mode, partner.status
  FROM partners_apikey key
  JOIN partners_environment environment ON environment.id = key.environment_id
  JOIN partners_partner partner ON partner.id = environment.partner_id
 WHERE key.key_id = $1
"""


class Json(Response):  # type: ignore[misc]  # its package has an environment of its own
    """A response rendered by orjson."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        return orjson.dumps(content)


@asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[None]:
    """One pool for each process; asyncpg prepares every statement once per connection."""
    host, _, database = os.environ["BENCH_DATABASE"].rpartition("/")
    app.state.pool = await asyncpg.create_pool(
        host=host, user="postgres", database=database, min_size=CONNECTIONS, max_size=CONNECTIONS
    )
    yield
    await app.state.pool.close()


async def authenticate(connection: Any, request: Request) -> Any:
    """The key's row, or None."""
    text = request.headers.get("x-api-key", "")
    mode, _, rest = text.partition("-")
    row = await connection.fetchrow(KEY, rest.partition("_")[0])
    if row is None or not hmac.compare_digest(
        row["digest"], hashlib.sha256(text.encode()).digest()
    ):
        return None
    return row if row["active"] and row["mode"] == mode and row["status"] == "active" else None


async def sell(request: Request) -> Json:
    """``POST /api/v1/vm/buyback``."""
    body = orjson.loads(await request.body())
    async with request.app.state.pool.acquire() as connection:
        key = await authenticate(connection, request)
        if key is None:
            return Json({"error": "Invalid API key"}, 401)
        by = f"key:{key['key_id']}"
        if VARIANT == "eight":
            answer, status = await eight.sell(
                connection, key["environment_id"], body.get("item_id"), by
            )
            return Json(answer, status)
        try:
            row = await connection.fetchrow(
                SALE, key["environment_id"], body.get("item_id"), by, None, None, None, None
            )
        except asyncpg.LockNotAvailableError:
            return Json(
                {"error": "A buyback request for this item is already being processed"}, 429
            )
    if row is None:
        return Json({"error": "Item not found"}, 400)
    if row[5] is None:
        return Json({"error": "Item has expired" if row[1] else "Item not found"}, 400)
    return Json({"success": True, "amount": eight.number(row[2])})


async def inventory(request: Request) -> Json:
    """``GET /api/v1/inventory/:user_id``: one query, rendered by hand."""
    user_id = request.path_params["user_id"]
    async with request.app.state.pool.acquire() as connection:
        key = await authenticate(connection, request)
        if key is None:
            return Json({"error": "Invalid API key"}, 401)
        rows = await connection.fetch(INVENTORY, key["environment_id"], user_id)
    if not rows:
        return Json({"error": "User not found"}, 404)
    base = str(request.base_url).rstrip("/")
    return Json(
        {
            "user_id": user_id,
            "items": [shown(row, base) for row in rows if row["public_id"] is not None],
        }
    )


app = Starlette(
    routes=[
        Route("/api/v1/vm/buyback", sell, methods=["POST"]),
        Route("/api/v1/inventory/{user_id:path}", inventory),
    ],
    lifespan=lifespan,
)

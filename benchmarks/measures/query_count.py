"""The number of statements of one sellback, counted in PostgreSQL's log."""

from __future__ import annotations

import re
from pathlib import Path

from benchmarks.contestants import Shipped
from benchmarks.measures.sales import Supply
from benchmarks.world import connect
from config.postgres import embedded

WARM, SALES = 100, 50
LOGGED = re.compile(r"LOG:  (?:statement|execute [^:]*):\s*(.*)")


def per_sale(server: Shipped, supply: Supply) -> tuple[float, list[str]]:
    """Statements per sellback over ``SALES``, and how each starts. Restarts the server."""
    log = server.folder / "postgres" / "log"
    server.stop()
    with connect(supply.database.sockets) as connection:
        connection.execute(f"ALTER DATABASE {embedded.DATABASE} SET log_statement = 'all'")
    server.start()
    try:
        # The first calls connect, and record the use of the key.
        server.sell(supply.take(WARM), 60)
        size = log.stat().st_size
        server.sell(supply.take(SALES), 60)
        said = _since(log, size)
    finally:
        with connect(supply.database.sockets) as connection:
            connection.execute(f"ALTER DATABASE {embedded.DATABASE} RESET log_statement")
        server.stop()
        server.start()
    found = [text.strip()[:60] for text in LOGGED.findall(said)]
    return len(found) / SALES, sorted(set(found))


def _since(log: Path, size: int) -> str:
    with log.open("rb") as file:
        file.seek(size)
        return file.read().decode(errors="replace")

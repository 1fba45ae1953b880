"""The benchmark's database: N items of one live environment, built once, copied before every run.

Sellbacks, ledger and events cannot be undone, so the finished database is a template, named after
its size and schema, and each run starts from a fresh copy.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from config.postgres import embedded

ROOT = Path(__file__).resolve().parent.parent
CHUNK = 100_000  # items a step; a multiple of 100: no collector is split
PACKS = 50
# Differences from the embedded server's defaults, except for durability: enough memory for the
# working set, and no checkpoint or vacuum of one contestant's rows during another's turn.
POSTGRES = {
    "shared_buffers": "2GB",
    "max_wal_size": "16GB",
    "checkpoint_timeout": "1h",
    "autovacuum": "off",
}
STATED = (*POSTGRES, "fsync", "synchronous_commit", "full_page_writes", "server_version")

CAP = 999_999_999  # USD
# A cent in each span, as pgbench and the peers count in one slot only, which must exist.
SPANS = """
SELECT count(partners_count_spend(scope, starts_at, %(cap)s, 0.01, true))
  FROM (SELECT 'platform', hour FROM generate_series(0, 47) n,
               LATERAL (SELECT date_trunc('hour', now(), 'UTC') + n * interval '1 hour' AS hour)
         UNION ALL
        SELECT 'partner:' || id, date_trunc('day', now(), 'UTC') + n * interval '1 day'
          FROM partners_partner, generate_series(0, 2) n) span (scope, starts_at)
"""

# Names and values by number, the same in the world, pgbench's function and the load generator.
FUNCTIONS = """
CREATE SCHEMA bench;
CREATE TABLE bench.fact (name text PRIMARY KEY, value text NOT NULL);
CREATE FUNCTION bench.item_name(n bigint) RETURNS text IMMUTABLE LANGUAGE sql
    RETURN 'bench' || lpad(n::text, 9, '0');
CREATE FUNCTION bench.as_uuid(kind int, n bigint) RETURNS uuid IMMUTABLE LANGUAGE sql
    RETURN ('01900000-000' || kind || '-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid;
CREATE FUNCTION bench.value_of(n bigint) RETURNS numeric IMMUTABLE LANGUAGE sql
    RETURN 5 + (n * 7919 % 50000) / 100.0::numeric(12, 2);
CREATE FUNCTION bench.bought(n bigint) RETURNS timestamptz STABLE LANGUAGE sql
    RETURN date_trunc('day', now()) - interval '300 days' + n * interval '5 seconds';
"""


@dataclass(frozen=True, slots=True)
class World:
    """The size of the world: the first of ``items`` stay, the next were sold, the rest sell."""

    items: int

    @property
    def shelf_users(self) -> int:
        """Users whose hundred items are never sold, for inventory pages."""
        return max(2, min(100, self.items // 20_000))

    @property
    def shelf(self) -> int:
        """The first item that was already sold."""
        return self.shelf_users * 100

    @property
    def history(self) -> int:
        """The first item that can be sold."""
        return self.shelf + self.items // 10

    def template(self) -> str:
        """The name of the finished database, with size and schema."""
        digest = hashlib.sha256(FUNCTIONS.encode())
        for path in (
            *sorted(ROOT.glob("*/migrations/0*.py")),
            Path(__file__).with_name("world.sql"),
        ):
            digest.update(path.read_bytes())
        return f"bench_{self.items}_{digest.hexdigest()[:10]}"


@dataclass(frozen=True, slots=True)
class Database:
    """A fresh copy of the world. ``sockets``: the folder of the server's socket."""

    sockets: str
    world: World
    environment: int
    key: str

    def connect(self) -> psycopg.Connection[Any]:
        """A connection of the harness in autocommit mode."""
        return connect(self.sockets, embedded.DATABASE)


def connect(sockets: str, name: str = "postgres") -> psycopg.Connection[Any]:
    """A connection in autocommit mode."""
    return psycopg.connect(host=sockets, user=embedded.SUPERUSER, dbname=name, autocommit=True)


def start_server(folder: Path, *, tuned: bool) -> str:
    """Start this folder's embedded server with ``POSTGRES`` settings; returns its socket folder."""
    sockets = embedded.join(folder)
    if not tuned:
        return sockets
    with connect(sockets) as connection:
        set_now = dict(
            connection.execute("SELECT name, current_setting(name) FROM pg_settings").fetchall()
        )
        if all(set_now[name] == value for name, value in POSTGRES.items()):
            return sockets
        for name, value in POSTGRES.items():
            connection.execute(
                sql.SQL("ALTER SYSTEM SET {} = {}").format(sql.Identifier(name), sql.Literal(value))
            )
    embedded.leave(folder)
    return embedded.join(folder)


def fresh_copy(sockets: str, world: World) -> Database:
    """A fresh copy of the finished database, which is built if missing."""
    template = world.template()
    with connect(sockets) as connection:
        known = {row[0] for row in connection.execute("SELECT datname FROM pg_database").fetchall()}
        if template not in known:
            _build(sockets, world, template)
        name = sql.Identifier(embedded.DATABASE)
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy").format(
                name, sql.Identifier(template)
            )
        )
        connection.execute("CHECKPOINT")
    with connect(sockets, embedded.DATABASE) as connection:
        facts = dict(connection.execute("SELECT name, value FROM bench.fact").fetchall())
        cap(connection)
    return Database(sockets, world, int(facts["environment"]), facts["key"])


def cap(connection: psycopg.Connection[Any], *, on: bool = True) -> None:
    """Caps that count and are never reached, or none. Their spans exist for the next two days."""
    connection.execute(
        "UPDATE buyback_treasurycontrol SET cap_per_sale = %(cap)s,"
        " cap_per_partner_day = %(cap)s, cap_per_hour = %(cap)s",
        {"cap": CAP if on else None},
    )
    if on:
        connection.execute(SPANS, {"cap": CAP})


def without_workers(database: Database) -> None:
    """Disable parallel workers in this copy, so that a query's cost is in its own connection."""
    with database.connect() as connection:
        connection.execute(
            f"ALTER DATABASE {embedded.DATABASE} SET max_parallel_workers_per_gather = 0"
        )


def _build(sockets: str, world: World, template: str) -> None:
    name = sql.Identifier(embedded.DATABASE)
    with connect(sockets) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
        connection.execute(sql.SQL("CREATE DATABASE {}").format(name))
    subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), "migrate", "--verbosity", "0"],
        check=True,
        cwd=ROOT,
    )
    with connect(sockets, embedded.DATABASE) as connection:
        connection.execute(FUNCTIONS)
        environment, key = _partner()
        connection.execute(
            "INSERT INTO bench.fact VALUES ('environment', %s), ('key', %s)",
            [str(environment), key],
        )
        _packs(connection)
        _fill(connection, world, environment)
        for table in ("collector", "card", "item", "pack"):
            sequence = f"pg_get_serial_sequence('inventory_{table}', 'id')"
            newest = f"SELECT max(id) FROM inventory_{table}"  # noqa: S608  (the names are ours)
            connection.execute(f"SELECT setval({sequence}, ({newest}))")
        connection.execute("VACUUM (ANALYZE, FREEZE)")
    with connect(sockets) as connection:
        connection.execute(
            sql.SQL("ALTER DATABASE {} RENAME TO {}").format(name, sql.Identifier(template))
        )


def _partner() -> tuple[int, str]:
    """The live environment that owns everything, and a key, created by the regular actions."""
    from django.db import connection

    from partners.keys.api_keys import issue_key
    from partners.models import Environment, Mode
    from partners.records.actor import SYSTEM
    from partners.tenants.onboarding import create_partner

    partner = create_partner(name="Bench", slug="bench", by=SYSTEM)
    environment = Environment.objects.get(partner=partner, mode=Mode.LIVE)
    _, text = issue_key(environment=environment, name="bench", by=SYSTEM)
    connection.close()
    return environment.pk, text


def _packs(connection: psycopg.Connection[Any]) -> None:
    connection.execute(
        """
        INSERT INTO inventory_pack (id, public_id, slug, type, platform, name, description, image,
        categories, enable,
                                    mint_price, max_per_mint, buyback_percent)
        SELECT n, 'BenchPack' || n, 'bench-pack-' || n, 'CORE', 'mainnet', 'Bench pack ' || n, '',
        '', '{}', true,
               25, 10, 0.85
          FROM generate_series(1, %s) n
        """,
        [PACKS],
    )


def _fill(connection: psycopg.Connection[Any], world: World, environment: int) -> None:
    statements = [part for part in _world_sql().split(";\n") if part.strip()]
    begun = time.monotonic()
    for low in range(0, world.items, CHUNK):
        values = {
            "low": low,
            "high": min(low + CHUNK, world.items),
            "shelf": world.shelf,
            "history": world.history,
            "environment": environment,
            "packs": PACKS,
        }
        with connection.transaction():
            for statement in statements:
                psycopg.ClientCursor(connection).execute(statement, values)
        sys.stderr.write(
            f"\rbuilding: {values['high']:,} of {world.items:,} items, "
            f"{time.monotonic() - begun:.0f} s"
        )
        sys.stderr.flush()
    sys.stderr.write("\n")


def _world_sql() -> str:
    """``world.sql`` without comments, because they contain semicolons and percent signs."""
    lines = Path(__file__).with_name("world.sql").read_text(encoding="utf-8").splitlines()
    return "\n".join(line for line in lines if not line.startswith("--")) + "\n"


def stated_settings(database: Database) -> dict[str, str]:
    """The PostgreSQL settings for the report."""
    with database.connect() as connection:
        rows = connection.execute(
            "SELECT name, current_setting(name) FROM pg_settings WHERE name = ANY(%s)",
            [list(STATED)],
        )
        return dict(rows.fetchall())

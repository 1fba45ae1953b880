"""The chains of ledger and audit log: extended, exported, checked (``partners/records/chain.py``).

Who can change rows can change links. So the ends of all chains leave the database: into the log,
and into a file of JSON lines (``CHAIN_HEADS_FILE``). A chain that was computed again differs from
an end that was exported before.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import structlog
from django.conf import settings
from django.db import connection

from buyback.models import TransferLink
from config.foundation import clock
from partners.records.chain import AUDIT, BATCH, SLACK, Chain, Head

log = structlog.get_logger(__name__)

LONGEST = 120.0  # seconds of one run; the rest is the next run's
LEDGER = Chain(
    name="ledger",
    links=TransferLink,
    scope="environment_id",
    columns=(
        "line.id, line.environment_id, line.buyback_id, line.debit, line.credit, line.amount,"
        " line.created_at AT TIME ZONE 'UTC'"
    ),
)
CHAINS = (AUDIT, LEDGER)


def rules() -> Iterator[tuple[str, str]]:
    """``(rule, query)`` for each chain, like ``invariants.rules``."""
    yield "audit entries are as they were when they were linked", AUDIT.query().strip()
    yield "transfers are as they were when they were linked", LEDGER.query().strip()


def extend_chains(*, slack: timedelta = SLACK) -> int:
    """Link what was committed since the last run, and export the new ends; returns how many rows.

    Raises OSError if the file cannot be written. The next ends are exported by a later run.
    """
    until, count = time.monotonic() + LONGEST, 0
    heads: dict[str, Head] = {}
    for chain in CHAINS:
        made = BATCH
        while made == BATCH and time.monotonic() < until:
            made, ends = chain.extend(slack=slack)
            heads |= {chain.label(head): head for head in ends}
            count += made
    if heads:
        _export(heads)
    return count


def _export(heads: dict[str, Head]) -> None:
    at = clock.now().isoformat()
    lines = [
        {"at": at, "chain": name, "position": head.position, "digest": head.digest.hex()}
        for name, head in heads.items()
    ]
    for line in lines:
        log.info("chain_head", **line)
    path = Path(settings.CHAIN_HEADS_FILE)
    path.parent.mkdir(parents=True, exist_ok=True)
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640)
    try:
        os.write(file, "".join(f"{json.dumps(line)}\n" for line in lines).encode())
        os.fsync(file)
    finally:
        os.close(file)


def differing_heads(path: Path) -> Iterator[str]:
    """Each exported end that the database does not have any more. Raises OSError, ValueError."""
    with path.open(encoding="utf-8") as file:
        while lines := list(islice(file, 1000)):
            yield from _differing([json.loads(line) for line in lines])


def _differing(lines: list[dict[str, Any]]) -> Iterator[str]:
    for chain in CHAINS:
        own = [line for line in lines if line["chain"].partition(":")[0] == chain.name]
        scope = f"link.{chain.scope}" if chain.scope else "0"
        with connection.cursor() as cursor:
            cursor.execute(
                f"""
                SELECT exported.chain, exported.position
                  FROM unnest(%s::text[], %s::bigint[], %s::bigint[], %s::text[])
                       WITH ORDINALITY exported (chain, scope, position, digest, place)
                  LEFT JOIN {chain.links._meta.db_table} link
                         ON link.position = exported.position AND {scope} = exported.scope
                 WHERE link.digest IS DISTINCT FROM decode(exported.digest, 'hex')
                 ORDER BY place
                """,  # noqa: S608  (names of our own)
                [
                    [line["chain"] for line in own],
                    [int(line["chain"].partition(":")[2] or 0) for line in own],
                    [line["position"] for line in own],
                    [line["digest"] for line in own],
                ],
            )
            for name, position in cursor.fetchall():
                yield f"{name} at {position}"

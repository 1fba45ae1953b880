"""Importing a catalogue: every card of a file, or none of them.

Rows are checked while they are streamed into a temporary table. One UPDATE and one INSERT then
change the cards. A card is recognised by its listing (source and listing id), else by its mint
address. Cards that the file does not contain stay unchanged.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass, field, fields
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from config.foundation import clock
from config.postgres import time_limits
from inventory.models import Pack
from inventory.packs.figures import refresh_values
from inventory.vault import waiting
from inventory.vault.bounds import OUT_OF_BOUNDS, limits
from inventory.vault.files import FileError, Numbered
from inventory.vault.rows import CardRow, RowError, check
from partners.records.actor import Actor

MOST_ERRORS = 20
MOST_SHOWN = 10  # rows of a preview
FIELDS = tuple(one.name for one in fields(CardRow))
COLUMNS = ", ".join(FIELDS)
NEW = ", ".join(f"incoming.{name}" for name in FIELDS)
OLD = ", ".join(f"card.{name}" for name in FIELDS)

# One import at a time: two files with the same new card would otherwise both insert it.
TAKE_TURNS = "SELECT pg_advisory_xact_lock(hashtext('inventory.importing'))"
PREPARE = f"""
CREATE TEMPORARY TABLE incoming AS
SELECT 0 AS line, id AS card_id, {COLUMNS} FROM inventory_card WITH NO DATA
"""  # noqa: S608 - the names of our own columns, here and below
COPY = f"COPY incoming (line, {COLUMNS}) FROM STDIN"
RECOGNISE = """
ANALYZE incoming;
UPDATE incoming SET card_id = card.id FROM inventory_card card
 WHERE card.source_type = incoming.source_type AND card.listing_id = incoming.listing_id;
UPDATE incoming SET card_id = card.id FROM inventory_card card
 WHERE incoming.card_id IS NULL AND card.mint_address = incoming.mint_address
"""
# Rows that would take an id from another card, or whose two ids belong to two cards.
CLASHES = """
SELECT line, 'its id belongs to another card' FROM incoming JOIN inventory_card card
    ON card.public_id = coalesce(incoming.mint_address, incoming.listing_id)
 WHERE card.id IS DISTINCT FROM incoming.card_id
UNION
SELECT line, 'its mint_address belongs to another card'
  FROM incoming JOIN inventory_card card USING (mint_address)
 WHERE card.id IS DISTINCT FROM incoming.card_id
UNION
SELECT line, 'its listing_id belongs to another card'
  FROM incoming JOIN inventory_card card USING (listing_id)
 WHERE card.id IS DISTINCT FROM incoming.card_id
UNION
SELECT max(line), 'the same listing_id as line ' || min(line) FROM incoming
 WHERE listing_id IS NOT NULL GROUP BY listing_id HAVING count(DISTINCT source_type) > 1
UNION
SELECT max(line), 'the same card as line ' || min(line) FROM incoming
 WHERE card_id IS NOT NULL GROUP BY card_id HAVING count(*) > 1
ORDER BY 1 LIMIT %s
"""
# In pk order, as in a pull that locks a whole pack, so that they cannot deadlock.
LOCK = """
SELECT count(*) FROM (
    SELECT FROM inventory_card WHERE id IN (SELECT card_id FROM incoming) ORDER BY id
    FOR NO KEY UPDATE) cards
"""
UPDATE = f"""
UPDATE inventory_card card SET ({COLUMNS}) = ({NEW})
  FROM incoming WHERE card.id = incoming.card_id
   AND ({OLD}) IS DISTINCT FROM ({NEW})
"""  # noqa: S608
INSERT = f"""
INSERT INTO inventory_card ({COLUMNS})
SELECT {COLUMNS} FROM incoming WHERE card_id IS NULL ORDER BY line
"""  # noqa: S608

# Rows whose price needs a second person. They leave the import as ``waiting.row`` reads them.
WAITING = f"""
DELETE FROM incoming USING incoming asked
  LEFT JOIN inventory_card card ON card.id = asked.card_id
  LEFT JOIN inventory_pack pack ON pack.id = asked.pack_id
 WHERE asked.line = incoming.line AND ({OUT_OF_BOUNDS.format(fmv="asked.fmv")})
RETURNING card.id, card.fmv, {waiting.WRITTEN}
"""  # noqa: S608
MANY_WAITING = f"""
SELECT count(*) FROM incoming asked LEFT JOIN inventory_card card ON card.id = asked.card_id
 WHERE {OUT_OF_BOUNDS.format(fmv="asked.fmv")}
"""  # noqa: S608

AS_IT_STANDS = f"""
  FROM incoming LEFT JOIN inventory_card card ON card.id = incoming.card_id
  LEFT JOIN inventory_pack pack ON pack.id = incoming.pack_id
 CROSS JOIN LATERAL (SELECT CASE WHEN card.id IS NULL THEN 'new'
       WHEN ({OLD}) IS DISTINCT FROM ({NEW}) THEN 'changed' ELSE 'unchanged' END) AS will(become)
"""  # noqa: S608
TALLY = f"SELECT will.become, count(*) {AS_IT_STANDS} GROUP BY 1"
FIRST = f"""
SELECT line, will.become, coalesce(incoming.mint_address, incoming.listing_id), incoming.name,
pack.name, card.fmv,
       incoming.fmv {AS_IT_STANDS} ORDER BY line LIMIT %s
"""


class ImportRefusedError(Exception):
    """Nothing was imported. `errors`: up to 20 sentences with lines; `more`: maybe others."""

    def __init__(self, errors: list[str], *, more: bool = False) -> None:
        super().__init__("; ".join(errors))
        self.errors, self.more = errors, more


@dataclass(frozen=True, slots=True)
class Imported:
    """The result of an import, as numbers of cards."""

    created: int
    updated: int
    unchanged: int
    waiting: int = 0  # for a second person, because of their prices


class PreviewRow(NamedTuple):
    """One row of a file and its effect: new, changed or unchanged. Values are in USD."""

    line: int
    becomes: str
    public_id: str
    name: str
    pack: str | None
    before: Decimal | None
    fmv: Decimal


@dataclass(frozen=True, slots=True)
class Preview:
    """The effect of an import, and its first rows."""

    done: Imported
    first: list[PreviewRow]


@dataclass(slots=True)
class _Checked:
    """The checked rows of one import, and their errors."""

    packs: dict[str, int]
    now: datetime
    count: int = 0
    errors: list[str] = field(default_factory=list)
    lines: dict[str, int] = field(default_factory=dict)

    def rows(self, numbered: Iterable[Numbered]) -> Iterator[tuple[int, CardRow]]:
        """Valid rows, up to the first invalid one; the rest is read only for errors."""
        try:
            for line, raw in numbered:
                if len(self.errors) > MOST_ERRORS:
                    return
                row = self._row(line, raw)
                if row and not self.errors:
                    self.count += 1
                    yield line, row
        except FileError as error:
            self.errors.append(str(error))

    def _row(self, line: int, raw: Any) -> CardRow | None:
        try:
            row = check(raw, packs=self.packs, now=self.now)
        except RowError as error:
            self.errors.append(f"line {line}: {error}")
            return None
        names = [row.public_id]
        if row.listing_id and row.listing_id != row.public_id:
            names.append(f"{row.source_type}\0{row.listing_id}")
        earlier = [self.lines.setdefault(name, line) for name in names]
        if min(earlier) < line:
            self.errors.append(f"line {line}: the same card as line {min(earlier)}")
        return row


def import_cards(
    numbered: Iterable[Numbered],
    *,
    now: datetime | None = None,
    by: Actor | None = None,
    source: str = "",
) -> Imported:
    """Create or update a card for every `(line, row)` in one transaction, and refresh the packs.

    `now` (UTC) is the price time of cards without `priced_at`. Rows of a person, `by`, whose prices
    are out of bounds become one proposal with the name `source` (`inventory.vault.bounds`). Without
    `by` all are imported: for commands, and for rows that a second person has confirmed. Raises
    ImportRefusedError; then nothing changed.
    """
    moment = now or clock.now()
    with (
        transaction.atomic(),
        time_limits.statements_of_any_length(),
        connection.cursor() as cursor,
    ):
        cursor.execute(TAKE_TURNS)
        count = _stage(cursor, numbered, moment)
        cursor.execute(LOCK)
        held = 0 if by is None else _hold(cursor, source, by)
        created, updated = _merge(cursor)
        refresh_values(now=moment)
    return Imported(created, updated, count - held - created - updated, held)


def _hold(cursor: CursorWrapper, source: str, by: Actor) -> int:
    """Take rows that need a second person out of the import; propose them. Returns how many."""
    cursor.execute(WAITING, limits())
    rows = [waiting.row(*found) for found in cursor.fetchall()]
    if rows:
        waiting.propose(rows=rows, source=source, by=by)
    return len(rows)


def preview_cards(numbered: Iterable[Numbered], *, now: datetime | None = None) -> Preview:
    """The effect that ``import_cards`` would have, by the same rules. Changes and locks nothing.

    Raises ImportRefusedError as the import would.
    """
    with (
        transaction.atomic(),
        time_limits.statements_of_any_length(),
        connection.cursor() as cursor,
    ):
        _stage(cursor, numbered, now or clock.now())
        cursor.execute(TALLY)
        tally = dict(cursor.fetchall())
        cursor.execute(FIRST, [MOST_SHOWN])
        first = [PreviewRow(*row) for row in cursor.fetchall()]
        cursor.execute(MANY_WAITING, limits())
        held = cursor.fetchone()[0]
        cursor.execute("DROP TABLE incoming")
    created, updated, unchanged = (tally.get(word, 0) for word in ("new", "changed", "unchanged"))
    return Preview(Imported(created, updated, unchanged, held), first)


def _stage(cursor: CursorWrapper, numbered: Iterable[Numbered], now: datetime) -> int:
    """Check the rows and copy them to the temporary table, each with its card; returns how many.

    Raises ImportRefusedError.
    """
    checked = _Checked(dict(Pack.objects.values_list("slug", "pk")), now)
    cursor.execute(PREPARE)
    with cursor.copy(COPY) as copy:
        for line, row in checked.rows(numbered):
            copy.write_row((line, *astuple(row)))
    if checked.errors:
        raise ImportRefusedError(
            checked.errors[:MOST_ERRORS], more=len(checked.errors) > MOST_ERRORS
        )
    for statement in RECOGNISE.split(";"):
        cursor.execute(statement)
    cursor.execute(CLASHES, [MOST_ERRORS])
    if clashes := cursor.fetchall():
        raise ImportRefusedError(
            [f"line {line}: {reason}" for line, reason in clashes], more=len(clashes) == MOST_ERRORS
        )
    return checked.count


def _merge(cursor: CursorWrapper) -> tuple[int, int]:
    """Merge the temporary table into the cards; returns how many were created and changed."""
    cursor.execute(UPDATE)
    updated = cursor.rowcount
    cursor.execute(INSERT)
    created = cursor.rowcount
    # The planner must know of thousands of new cards before the next pull, not only after the next
    # autovacuum.
    cursor.execute("ANALYZE inventory_card")
    cursor.execute("DROP TABLE incoming")
    return created, updated

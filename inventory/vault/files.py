"""Reading catalogue files line by line: CSV with a header, or JSON lines; always UTF-8.

A reader yields `(line, row)` and never has more than one row in memory. Unreadable input raises
FileError with the line. Readable but invalid rows are checked by `inventory.vault.rows`.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any, BinaryIO

from inventory.vault.rows import COLUMNS, REQUIRED

Numbered = tuple[int, Mapping[str, Any]]
FORMATS = {".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl"}  # by file extension
LONGEST_LINE = 1 << 20  # bytes
LONGEST_FIELD = 1 << 17  # characters; the csv module's default, which we document


class FileError(Exception):
    """The file does not have the stated format; `line` is where that was found."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(f"line {line}: {reason}")


def read_csv(stream: BinaryIO) -> Iterator[Numbered]:
    """Rows of a CSV file by its header; a multi-line row has its first line's number.

    Raises FileError.
    """
    reader = csv.reader(_lines(stream), strict=True)
    line = 1
    try:
        header = [column.strip() for column in next(reader, [])]
        _require_columns(header)
        line = reader.line_num + 1
        for fields in reader:
            if fields:
                if len(fields) != len(header):
                    raise FileError(
                        line, f"has {len(fields)} fields where the header has {len(header)}"
                    )
                yield line, dict(zip(header, fields, strict=True))
            line = reader.line_num + 1
    except csv.Error as error:
        raise FileError(line, f"is not CSV ({error})") from None


def read_json_lines(stream: BinaryIO) -> Iterator[Numbered]:
    """Rows of a file with one JSON object per line; empty lines are skipped. Raises FileError."""
    for line, text in enumerate(_lines(stream), 1):
        if not text.strip():
            continue
        try:
            row = json.loads(
                text,
                parse_float=Decimal,
                parse_constant=_no_constant,
                object_pairs_hook=_no_duplicates,
            )
        except (ValueError, RecursionError) as error:
            raise FileError(line, f"is not JSON ({str(error).split(':')[0]})") from None
        if not isinstance(row, dict):
            raise FileError(line, "is not a JSON object")
        yield line, row


READERS: Mapping[str, Callable[[BinaryIO], Iterator[Numbered]]] = {
    "csv": read_csv,
    "jsonl": read_json_lines,
}


def _lines(stream: BinaryIO) -> Iterator[str]:
    """Lines, decoded one by one, so that an error names the right line."""
    number = 0
    while raw := stream.readline(LONGEST_LINE + 1):
        number += 1
        if number == 1:
            if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
                raise FileError(1, "is UTF-16; save the file as UTF-8")
            raw = raw.removeprefix(b"\xef\xbb\xbf")
        if len(raw) > LONGEST_LINE:
            raise FileError(number, f"is longer than {LONGEST_LINE:,} bytes")
        try:
            yield raw.decode()
        except UnicodeDecodeError as error:
            raise FileError(number, f"is not UTF-8 (byte {error.start + 1})") from None


def _require_columns(header: list[str]) -> None:
    missing = [column for column in REQUIRED if column not in header]
    if missing:
        raise FileError(
            1, f"the header lacks {', '.join(missing)}; the columns are {', '.join(COLUMNS)}"
        )
    for column in header:
        if column not in COLUMNS:
            raise FileError(1, f"the header has {column!r}, which is not a column of a card")
        if header.count(column) > 1:
            raise FileError(1, f"the header names {column} twice")


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not a number")


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key occurs twice in one object")
    return found

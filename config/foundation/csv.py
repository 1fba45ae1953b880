"""CSV as a download: RFC 4180, UTF-8, written while it is read, and harmless to whoever opens it in
a spreadsheet.

A cell that a spreadsheet would run as a formula gets an apostrophe in front: user ids and card
names are other people's words. Money is written with its cents (``70.10``), times as the API writes
them (UTC, milliseconds), nothing as nothing. The rows may be a generator
(``config.foundation.keyset.walk``), of which only a block is ever in memory.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import chain, islice

from django.http import StreamingHttpResponse
from django.utils.http import content_disposition_header

from config.foundation.clock import iso

BLOCK = 500  # rows written at once
# What makes Excel, LibreOffice or Google Sheets run a cell; the wide forms do where text is Chinese
# or Japanese.
FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
BREAKS = ("\t", "\r", "\n")


def download(
    filename: str, columns: Sequence[str], rows: Iterable[Sequence[object]]
) -> StreamingHttpResponse:
    """The answer: ``rows`` under a line of ``columns``, as a file of that name."""
    response = StreamingHttpResponse(
        lines(columns, rows), content_type="text/csv; charset=utf-8; header=present"
    )
    response["Content-Disposition"] = content_disposition_header(
        as_attachment=True, filename=filename
    )
    return response


def lines(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """The file's text, a block of rows at a time."""
    whole = chain([columns], rows)
    while block := [[cell(value) for value in row] for row in islice(whole, BLOCK)]:
        text = io.StringIO(newline="")
        csv.writer(text).writerows(block)
        yield text.getvalue()


def cell(value: object) -> str:
    """One value as it stands in the file."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, Decimal | int):
        return f"{value:f}" if isinstance(value, Decimal) else str(value)
    text = str(value)
    runs = text.startswith(BREAKS) or text.lstrip().startswith(FORMULA)
    return f"'{text}" if runs else text

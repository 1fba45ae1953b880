"""CSV downloads: RFC 4180, UTF-8, streamed, and safe to open in a spreadsheet.

A cell that a spreadsheet would run as a formula gets an apostrophe in front, because user ids and
card names are not ours. Money has two decimals (``70.10``), times are as in the API (UTC,
milliseconds), None is an empty cell. Rows may come from a generator
(``config.foundation.keyset.walk``), of which only a block is in memory.
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

BLOCK = 500  # rows written together
# Characters that make Excel, LibreOffice or Google Sheets run a cell as a formula. The wide forms
# do so in Chinese and Japanese locales.
FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
BREAKS = ("\t", "\r", "\n")


def download(
    filename: str, columns: Sequence[str], rows: Iterable[Sequence[object]]
) -> StreamingHttpResponse:
    """The response: ``rows`` under a header of ``columns``, as a file with that name."""
    response = StreamingHttpResponse(
        lines(columns, rows), content_type="text/csv; charset=utf-8; header=present"
    )
    response["Content-Disposition"] = content_disposition_header(
        as_attachment=True, filename=filename
    )
    return response


def lines(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """The text of the file, one block of rows at a time."""
    whole = chain([columns], rows)
    while block := [[cell(value) for value in row] for row in islice(whole, BLOCK)]:
        text = io.StringIO(newline="")
        csv.writer(text).writerows(block)
        yield text.getvalue()


def cell(value: object) -> str:
    """The cell's text for a value."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, Decimal | int):
        return f"{value:f}" if isinstance(value, Decimal) else str(value)
    text = str(value)
    runs = text.startswith(BREAKS) or text.lstrip().startswith(FORMULA)
    return f"'{text}" if runs else text

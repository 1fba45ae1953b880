"""CSV files contain exactly the given values, and no spreadsheet runs them."""

from __future__ import annotations

import csv
import io
import tracemalloc
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.foundation.csv import BLOCK, cell, download, lines

# User ids that a partner might use, and worse.
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


def read(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline=""), strict=True))


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        " =1",
        "＝1",
        "＋1",
        "－1",
        "＠x",
        '=HYPERLINK("http://x")',
    ],
)
def test_it_lets_no_spreadsheet_run_a_cell(text: str) -> None:
    assert cell(text) == f"'{text}"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        ("", ""),
        ("a=b", "a=b"),
        (7, "7"),
        (-7, "-7"),
        (Decimal("70.10"), "70.10"),
        (Decimal("1E+3"), "1000"),
        (Decimal("-0.50"), "-0.50"),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (
            datetime(2026, 4, 18, 21, 5, 14, 1500, tzinfo=timezone(timedelta(hours=2))),
            "2026-04-18T19:05:14.001Z",
        ),
    ],
)
def test_it_writes_each_kind_of_value_one_way(value: object, text: str) -> None:
    assert cell(value) == text


def test_it_quotes_as_rfc_4180_says() -> None:
    text = "".join(lines(["id", "name"], [[1, 'a "b", c'], [2, "two\r\nlines"]]))
    assert text == 'id,name\r\n1,"a ""b"", c"\r\n2,"two\r\nlines"\r\n'


@given(rows=st.lists(st.tuples(TEXTS, TEXTS, st.integers()), max_size=20))
def test_it_loses_nothing_but_the_formulas(rows: list[tuple[str, str, int]]) -> None:
    found = read("".join(lines(["a", "b", "c"], rows)))
    assert found == [["a", "b", "c"], *([cell(value) for value in row] for row in rows)]
    words = [word for row in found[1:] for word in row[:2]]
    assert [word for word in words if word[:1] in set("=+-@\t\r\n＝＋－＠") and word] == []


def test_it_is_a_download_with_its_name() -> None:
    answer = download("payouts 2026.csv", ["id"], [[1]])
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8; header=present"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="payouts 2026.csv"'
    assert b"".join(answer) == b"id\r\n1\r\n"


def test_it_keeps_a_block_of_a_long_file_in_memory() -> None:
    """200,000 rows; the peak is that of one block, whatever the length."""
    assert peak(200_000) < 2 * peak(2 * BLOCK)


def peak(size: int) -> int:
    """The peak memory in bytes while ``size`` rows are written and discarded."""

    def rows() -> Iterator[list[object]]:
        for number in range(size):
            yield [number, f"user-{number}", Decimal("70.13")]

    tracemalloc.start()
    written = sum(text.count("\r\n") for text in lines(["id", "user", "amount"], rows()))
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert written == size + 1
    return most

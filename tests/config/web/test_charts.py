"""Positions in a chart."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from config.web.charts import Bar, columns, line, share

START = datetime(2026, 4, 18, tzinfo=UTC)


def bars(*values: int) -> list[Bar]:
    return [Bar(f"b{number}", Decimal(value), str(value)) for number, value in enumerate(values)]


def test_it_makes_the_highest_column_as_high_as_the_drawing() -> None:
    placed = columns(bars(10, 5, 0))
    assert [(column.height, column.y) for column in placed] == [
        (114.0, 16.0),
        (57.0, 73.0),
        (0.0, 130.0),
    ]
    assert [column.middle for column in placed] == [62.7, 180.1, 297.4]


def test_it_draws_nothing_high_where_there_is_nothing() -> None:
    assert [column.height for column in columns(bars(0, 0))] == [0.0, 0.0]
    assert columns([]) == []


def test_it_labels_at_most_eight_columns() -> None:
    shown = [column.shown for column in columns(bars(*range(24)))]
    assert [label for label in shown if label] == [f"b{number}" for number in range(0, 24, 3)]


def test_it_holds_a_value_until_the_next() -> None:
    course = line([(START, Decimal(10)), (START + timedelta(days=1), Decimal(20))])
    assert course is not None
    assert (course.path, course.low, course.high) == ("M4 130H356V16H356", Decimal(10), Decimal(20))


def test_it_draws_a_single_value_in_the_middle() -> None:
    course = line([(START, Decimal(10))])
    assert course is not None
    assert course.path == "M4 73H356"
    assert line([]) is None


def test_it_fills_a_track_to_its_end_and_no_further() -> None:
    figures = [
        (Decimal(1), Decimal(3)),
        (Decimal(5), Decimal(3)),
        (Decimal(-1), Decimal(3)),
        (Decimal(1), Decimal(0)),
    ]
    assert [share(value, most) for value, most in figures] == [33.3, 100.0, 0.0, 0.0]

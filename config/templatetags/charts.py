"""Charts for templates: columns, lines, steps, and progress tracks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django import template

from config.web import charts

register = template.Library()


@register.inclusion_tag("charts/columns.html")
def columns(name: str, title: str, bars: Sequence[charts.Bar]) -> dict[str, Any]:
    """Columns, such as exposure by deadline. ``name`` keeps the ids of a page's charts unique."""
    return {
        "name": name,
        "title": title,
        "columns": charts.columns(bars),
        "bars": bars,
        "size": _size(),
    }


@register.inclusion_tag("charts/line.html")
def line(name: str, title: str, bars: Sequence[charts.Bar]) -> dict[str, Any]:
    """The same values as ``columns``, as a line."""
    found = charts.columns(bars)
    known = {"name": name, "title": title, "columns": found, "bars": bars, "size": _size()}
    return known | {"path": charts.joined(found)}


@register.inclusion_tag("charts/sparkline.html")
def sparkline(title: str, bars: Sequence[charts.Bar]) -> dict[str, Any]:
    """A small inline line chart, with a table for screen readers."""
    return {
        "title": title,
        "bars": bars,
        "size": _size(),
        "path": charts.joined(charts.columns(bars)),
    }


@register.inclusion_tag("charts/course.html")
def course(name: str, title: str, points: Sequence[tuple[datetime, Decimal]]) -> dict[str, Any]:
    """A value over time, as steps. The page has the table of its points."""
    return {"name": name, "title": title, "line": charts.line(points), "size": _size()}


@register.inclusion_tag("charts/track.html")
def track(value: Decimal, most: Decimal | None, tone: str = "") -> dict[str, Any]:
    """A progress bar next to its figure in a table; empty without a maximum."""
    return {"share": charts.share(value, most or Decimal(0)), "tone": tone}


def _size() -> dict[str, int]:
    floor = charts.HEIGHT - charts.BOTTOM
    return {
        "width": charts.WIDTH,
        "height": charts.HEIGHT,
        "left": charts.LEFT,
        "right": charts.WIDTH - charts.RIGHT,
        "floor": floor,
        "below": floor + 14,
    }

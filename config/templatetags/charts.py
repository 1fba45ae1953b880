"""Charts for templates: upright bars, a course through time, and a bar that fills a track."""

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
    """Upright bars, such as what is due when. ``name`` makes the ids of the page's charts
    differ.
    """
    return {
        "name": name,
        "title": title,
        "columns": charts.columns(bars),
        "bars": bars,
        "size": _size(),
    }


@register.inclusion_tag("charts/line.html")
def line(name: str, title: str, bars: Sequence[charts.Bar]) -> dict[str, Any]:
    """The same values as ``columns``, joined by a line."""
    found = charts.columns(bars)
    known = {"name": name, "title": title, "columns": found, "bars": bars, "size": _size()}
    return known | {"path": charts.joined(found)}


@register.inclusion_tag("charts/sparkline.html")
def sparkline(title: str, bars: Sequence[charts.Bar]) -> dict[str, Any]:
    """A line as small as a word; its table is there for screen readers."""
    return {
        "title": title,
        "bars": bars,
        "size": _size(),
        "path": charts.joined(charts.columns(bars)),
    }


@register.inclusion_tag("charts/course.html")
def course(name: str, title: str, points: Sequence[tuple[datetime, Decimal]]) -> dict[str, Any]:
    """A value through time, as steps. The page has the table of its points."""
    return {"name": name, "title": title, "line": charts.line(points), "size": _size()}


@register.inclusion_tag("charts/track.html")
def track(value: Decimal, most: Decimal | None, tone: str = "") -> dict[str, Any]:
    """A bar that fills a track, beside its figure in a table; empty when there is nothing to
    compare with.
    """
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

"""Filters and tags for money, times and people. Times are UTC; the browser shows local time."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import quote

from django import template
from django.template import RequestContext
from django.utils.dates import MONTHS_3
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from config.foundation import money
from partners.dashboard.saved_views import kept
from partners.dashboard.sections import url_in
from partners.models import SavedView

register = template.Library()

MOST_VIEWS = 30  # shown for one list


@register.simple_tag
def section_url(mode: str, section: str) -> str:
    """The address of a section in a mode, for the menu and the live/sandbox switch."""
    return url_in(mode, section)


@register.simple_tag(takes_context=True)
def without(context: RequestContext, *names: str) -> str:
    """This page's address without these parameters and on page 1, to remove a filter."""
    query = context["request"].GET.copy()
    for name in (*names, "after", "before"):
        query.pop(name, None)
    return f"{context['request'].path}?{query.urlencode()}"


@register.inclusion_tag("dashboard/views.html", takes_context=True)
def saved_views(context: RequestContext) -> dict[str, Any]:
    """This person's views of the current list, and a form to save its filters. One query."""
    request = context["request"]
    page = request.resolver_match.url_name
    mine = SavedView.objects.of(request.user, request.environment).filter(page=page)[:MOST_VIEWS]
    return {"request": request, "views": mine, "page": page, "query": kept(request.GET)}


register.filter(money.usd)
register.filter(money.percent)


@register.filter
def moment(when: datetime | None) -> SafeString | str:
    """A time as ``<time>``: UTC, replaced by local time in the browser; a dash for None."""
    if not when:
        return "–"
    utc = when.astimezone(UTC)
    return _time(when, f"{utc:%d} {short_month(utc)} {utc:%Y, %H:%M} UTC", "moment")


def short_month(day: date) -> str:
    """``Apr``, in the viewer's language."""
    return str(MONTHS_3[day.month]).title()


@register.filter
def countdown(when: datetime, now: datetime) -> SafeString:
    """The time from ``now`` until ``when``: ``3 h 12 min``. The browser keeps it running."""
    return _time(when, remaining((when - now).total_seconds()), "countdown")


def remaining(seconds: float) -> str:
    """A duration in its two largest units, as the browser's script writes it."""
    if seconds < 0:
        return gettext("closed")
    minutes, hours, days = int(seconds // 60), int(seconds // 3600), int(seconds // 86400)
    if days >= 1:
        return gettext("{} d {} h").format(days, hours % 24)
    if hours >= 1:
        return gettext("{} h {} min").format(hours, minutes % 60)
    return gettext("{} min {} s").format(minutes, int(seconds % 60))


@register.filter
def face(public_id: str) -> str:
    """The address of a card's picture. An id may contain pipes and slashes."""
    return f"/faces/{quote(public_id, safe='')}.svg"


@register.filter
def actor(name: str) -> str:
    """An actor for people: ``user:ops@x.test`` → ``ops@x.test``, ``key:ab`` → ``API key ab``."""
    kind, _, rest = name.partition(":")
    if kind == "user":
        return rest
    return gettext("API key %(id)s") % {"id": rest} if kind == "key" else gettext("the system")


@register.filter
def browser(agent: str) -> str:
    """A browser's name in a few words: ``Firefox on Windows``."""
    browsers = {
        "Edg": "Edge",
        "OPR": "Opera",
        "Firefox": "Firefox",
        "Chrome": "Chrome",
        "Safari": "Safari",
    }
    systems = {
        "Windows": "Windows",
        "Android": "Android",
        "iPhone": "iPhone",
        "iPad": "iPad",
        "Mac": "macOS",
    }
    name = next((name for mark, name in browsers.items() if mark in agent), "")
    system = next(
        (name for mark, name in (systems | {"Linux": "Linux"}).items() if mark in agent), ""
    )
    if name and system:
        return gettext("%(browser)s on %(system)s") % {"browser": name, "system": system}
    return name or system or agent[:40] or gettext("Unknown browser")


def _time(when: datetime, text: str, kind: str) -> SafeString:
    utc = when.astimezone(UTC)
    return format_html(
        '<time datetime="{}" title="{}" data-{}>{}</time>',
        f"{utc:%Y-%m-%dT%H:%M:%SZ}",
        f"{utc:%Y-%m-%d %H:%M:%S} UTC",
        kind,
        text,
    )

"""Filters of the lists of sellbacks and payouts. They are in the address, so views can be shared.

An index serves environment, dates, state, user and the member who requested. None serves amount,
pack and key, so a page searches a limited number of rows for them (``partners.dashboard.paging``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlencode

from django.db.models import Model, Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from buyback.models.buybacks import MoneyQuerySet
from config.foundation.money import usd
from inventory.models import Collector, Pack
from partners.dashboard.fields import amount, day, text
from partners.dashboard.permissions import MemberRequest
from partners.dashboard.rendering import Chip
from partners.models import ApiKey, Environment, Membership

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

M = TypeVar("M", bound=Model)

MEMBER = "user:"  # prefix of an actor who is a person
TODAY, YESTERDAY, WEEK = "today", "yesterday", "week"
WHEN = {TODAY: _("Today"), YESTERDAY: _("Yesterday"), WEEK: _("Last 7 days")}
SPANS = {TODAY: (0, 0), YESTERDAY: (1, 1), WEEK: (6, 0)}  # first and last day, in days before today


@dataclass(frozen=True)
class Kind:
    """One of the two lists: its states (label and condition by value), and its filter columns."""

    states: Mapping[str, tuple[StrOrPromise, Q]]
    user: str
    pack: str
    by: str


@dataclass(frozen=True)
class Filters:
    """The filters of one request. Invalid values are left out. Dates are UTC days, inclusive."""

    state: str
    when: str
    since: date | None
    until: date | None
    least: Decimal | None
    most: Decimal | None
    user: str
    pack: str
    by: str

    @property
    def query(self) -> str:
        """The filters as a query string, without cursor and empty values."""
        dates = {"when": self.when} if self.when else {"from": self.since, "to": self.until}
        known = {
            "state": self.state,
            **dates,
            "min": self.least,
            "max": self.most,
            "user": self.user,
        }
        known |= {"pack": self.pack, "by": self.by}
        return urlencode(
            {name: str(value) for name, value in known.items() if value not in (None, "")}
        )

    @property
    def scans(self) -> bool:
        """Whether a filter is not served by an index."""
        by_key = bool(self.by) and not self.by.startswith(MEMBER)
        return self.least is not None or self.most is not None or bool(self.pack) or by_key


def read(request: MemberRequest, kind: Kind) -> Filters:
    """The filters in the address. ``today`` is the environment's."""
    get = request.GET
    when = get.get("when", "")
    since, until = day(get.get("from", "")), day(get.get("to", ""))
    if when in SPANS:
        today = request.environment.now().date()
        since, until = (today - timedelta(days=ago) for ago in SPANS[when])
    state = get.get("state", "")
    return Filters(
        state=state if state in kind.states else "",
        when=when if when in SPANS else "",
        since=since,
        until=until,
        least=amount(get.get("min", "")),
        most=amount(get.get("max", "")),
        user=text(get.get("user", ""), 255),
        pack=text(get.get("pack", ""), 100),
        by=text(get.get("by", ""), 300),
    )


def chips(filters: Filters, kind: Kind, choices: Mapping[str, Any]) -> list[Chip]:
    """The filters in use, in words."""
    packs, people = choices["packs"], choices["people"]
    texts = {
        ("state", gettext("State")): kind.states[filters.state][0] if filters.state else "",
        ("when", gettext("Date (UTC)")): WHEN.get(filters.when, ""),
        ("from", gettext("From")): "" if filters.when else str(filters.since or ""),
        ("to", gettext("To")): "" if filters.when else str(filters.until or ""),
        ("min", gettext("At least")): "" if filters.least is None else usd(filters.least),
        ("max", gettext("At most")): "" if filters.most is None else usd(filters.most),
        ("user", gettext("User")): filters.user,
        ("pack", gettext("Pack")): packs.get(filters.pack, filters.pack),
        ("by", gettext("Asked by")): people.get(filters.by, filters.by),
    }
    return [Chip(name, label, text) for (name, label), text in texts.items() if text]


def context(request: MemberRequest, filters: Filters, kind: Kind) -> dict[str, Any]:
    """The template context of the filters. Three queries."""
    known = choices(request)
    return {
        "filters": filters,
        "chips": chips(filters, kind, known),
        "states": [(value, label) for value, (label, _condition) in kind.states.items()],
        **known,
    }


def choices(request: MemberRequest) -> dict[str, Any]:
    """The choices of the form: packs by slug, and people. Three queries."""
    here = request.environment
    members = Membership.objects.filter(partner=here.partner).order_by("user__email")
    people = {f"{MEMBER}{email}": email for email in members.values_list("user__email", flat=True)}
    keys = ApiKey.objects.filter(environment=here).names()
    people |= {f"key:{key_id}": f"{name} ({key_id})" for key_id, name in keys.items()}
    packs = dict(Pack.objects.order_by("name").values_list("slug", "name"))
    return {"packs": packs, "people": people, "when": WHEN}


def narrowed(
    here: Environment, rows: MoneyQuerySet[M], filters: Filters, kind: Kind
) -> MoneyQuerySet[M]:
    """``rows`` by the filters that an index serves. A user filter takes one query."""
    rows = rows.of(here).in_days(filters.since, filters.until)
    if filters.state:
        rows = rows.filter(kind.states[filters.state][1])
    if filters.user:
        found = Collector.objects.of(here).called(filters.user).first()
        rows = rows.filter(**{kind.user: found}) if found else rows.none()
    if filters.by.startswith(MEMBER):
        rows = rows.filter(
            **{kind.by: filters.by, f"{kind.by}__startswith": MEMBER}
        )  # matches its partial index
    return rows


def looked_for(filters: Filters, kind: Kind) -> Q | None:
    """The condition that no index serves, or None."""
    if not filters.scans:
        return None
    found = Q()
    if filters.least is not None:
        found &= Q(amount__gte=filters.least)
    if filters.most is not None:
        found &= Q(amount__lte=filters.most)
    if filters.pack:
        found &= Q(**{f"{kind.pack}__slug": filters.pack})
    if filters.by and not filters.by.startswith(MEMBER):
        found &= Q(**{kind.by: filters.by})
    return found

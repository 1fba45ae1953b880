"""The queue of open windows by deadline, filtered by the address, to be sold back together.

An index serves window and user. None serves pack and value, so a page searches a limited number of
windows for them, and so does a bulk sellback of all matches (``partners.dashboard.paging``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.db.models.lookups import GreaterThanOrEqual, LessThanOrEqual
from django.http import HttpResponse, QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from buyback.bulk import run
from buyback.dashboard.parts.item_cards import item_card
from config.foundation.money import usd
from inventory.models import Card, Collector, Item, Pack
from inventory.models.holdings import ItemQuerySet
from partners.dashboard import fields, paging
from partners.dashboard.paging import ROWS, SortOrder, keyset
from partners.dashboard.permissions import MemberRequest, may_act, member
from partners.dashboard.rendering import Chip, page
from partners.models import Environment, Role

Row = TypeVar("Row")

WINDOWS = {
    "1h": (_("1 hour"), timedelta(hours=1)),
    "24h": (_("24 hours"), timedelta(hours=24)),
    "3d": (_("3 days"), timedelta(days=3)),
    "7d": (_("7 days"), timedelta(days=7)),
}
SOONEST: SortOrder = {"expires_at": datetime.fromisoformat, "id": int}


@dataclass(frozen=True)
class Filter:
    """The filters of the address. Invalid values are ignored."""

    within: str = ""
    user: str = ""
    pack: str = ""
    least: Decimal | None = None
    most: Decimal | None = None

    @classmethod
    def of(cls, query: QueryDict) -> Filter:
        """The filters of a query string."""
        within = query.get("within", "")
        return cls(
            within if within in WINDOWS else "",
            fields.text(query.get("user", ""), 255),
            fields.text(query.get("pack", ""), 100),
            fields.amount(query.get("least", "")),
            fields.amount(query.get("most", "")),
        )

    def rows(self, here: Environment, now: datetime) -> ItemQuerySet:
        """Items by the filters that an index serves, the earliest deadline first."""
        found = Item.objects.of(here)
        found = (
            found.expiring(now=now, within=WINDOWS[self.within][1])
            if self.within
            else found.closing_next(now)
        )
        if self.user:
            collector = Collector.objects.of(here).called(self.user).first()
            found = found.filter(collector=collector) if collector else found.none()
        return found

    def looked_for(self, here: Environment) -> Q | None:
        """The condition that no index serves: pack and current value. None: there is none."""
        # Evaluated for each row's card only. With a join, PostgreSQL might start from the cards,
        # which are many.
        of_card = Subquery(Card.objects.filter(pk=OuterRef("card_id")).values("fmv"))
        value = of_card if here.is_live else F("fmv")
        asked = Q(pack__slug=self.pack) if self.pack else Q()
        if self.least is not None:
            asked &= Q(GreaterThanOrEqual(value, self.least))
        if self.most is not None:
            asked &= Q(LessThanOrEqual(value, self.most))
        return asked or None

    def first(
        self, rows: QuerySet[Item, Row], here: Environment, most: int
    ) -> tuple[list[Row], bool]:
        """The first matches of ``rows`` (``most`` at most), and whether there may be more.

        There may be more if the search limit was reached.
        """
        look_for = self.looked_for(here)
        if look_for is None:
            return list(rows[:most]), False
        near, edge = paging.looked_through(rows, list(SOONEST))
        with paging.row_by_row():
            return list(near.filter(look_for)[:most]), bool(edge)

    def chips(self, packs: dict[str, str]) -> list[Chip]:
        """The filters in use, in words."""
        texts = {
            ("within", gettext("Closes within")): WINDOWS[self.within][0] if self.within else "",
            ("user", gettext("User")): self.user,
            ("pack", gettext("Pack")): packs.get(self.pack, self.pack),
            ("least", gettext("At least")): "" if self.least is None else usd(self.least),
            ("most", gettext("At most")): "" if self.most is None else usd(self.most),
        }
        return [Chip(name, label, text) for (name, label), text in texts.items() if text]


@require_safe
@member
def expiring(request: MemberRequest) -> HttpResponse:
    """The queue, 50 a page, with the number of items in a bulk sellback of all."""
    here, get, asked = request.environment, request.GET, Filter.of(request.GET)
    now = here.now()
    rows, look_for = asked.rows(here, now), asked.looked_for(here)
    after, before = get.get("after", ""), get.get("before", "")
    listed = keyset(rows.with_card(), SOONEST, after, before=before, size=ROWS, look_for=look_for)
    packs = dict(Pack.objects.order_by("name").values_list("slug", "name"))
    context = {
        "section": "expiring",
        "now": now,
        "page": listed,
        "item_cards": [item_card(item, now) for item in listed.rows],
        "asked": asked,
        "windows": {key: label for key, (label, _span) in WINDOWS.items()},
        "packs": packs,
        "chips": asked.chips(packs),
        "may_sell": may_act(request, Role.OPERATOR),
        "narrowed_by": get.urlencode(),
        **_all(asked, rows, here),
    }
    return page(request, "buyback/dashboard/expiring.html", context, part="results")


def _all(asked: Filter, rows: ItemQuerySet, here: Environment) -> dict[str, Any]:
    """The size of a bulk sellback of all matches, and whether there may be more matches."""
    found, cut = asked.first(rows.values_list("pk", flat=True), here, run.MOST + 1)
    first = cut or len(found) > run.MOST
    return {
        "all": min(len(found), run.MOST),
        "first": first,
        "looked_through": cut and paging.LOOK_THROUGH,
    }

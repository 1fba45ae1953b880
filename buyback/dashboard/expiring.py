"""The queue of windows that close: soonest first, filtered by what the address says, to be sold back together."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.http import HttpResponse, QueryDict
from django.views.decorators.http import require_safe

from buyback import bulk
from buyback.dashboard.tiles import tile
from inventory.models import Collector, Item, Pack
from inventory.models.holdings import COUNTED_TO, ItemQuerySet
from partners.dashboard.access import MemberRequest, may_act, member
from partners.dashboard.pages import Chip, page
from partners.dashboard.paging import Order, keyset
from partners.models import Environment, Role
from partners.templatetags.dashboard import usd

WINDOWS = {
    "1h": ("1 hour", timedelta(hours=1)),
    "24h": ("24 hours", timedelta(hours=24)),
    "3d": ("3 days", timedelta(days=3)),
    "7d": ("7 days", timedelta(days=7)),
}
AMOUNT = re.compile(r"[0-9]{1,9}(\.[0-9]{1,2})?", re.ASCII)  # USD, as a form writes it; nothing longer is read
SOONEST: Order = {"expires_at": datetime.fromisoformat, "id": int}


@dataclass(frozen=True)
class Filter:
    """What the address asks for; a value nobody can mean is as if it were not there."""

    within: str = ""
    user: str = ""
    pack: str = ""
    least: Decimal | None = None
    most: Decimal | None = None

    @classmethod
    def of(cls, query: QueryDict) -> Filter:
        """As a query string says it."""
        within = query.get("within", "")
        return cls(
            within if within in WINDOWS else "",
            query.get("user", "").strip()[:255].replace("\0", "\ufffd"),
            query.get("pack", "")[:100].replace("\0", "\ufffd"),
            _amount(query.get("least", "")),
            _amount(query.get("most", "")),
        )

    @property
    def by_value(self) -> bool:
        """Whether it asks for a value."""
        return self.least is not None or self.most is not None

    def rows_of_any_value(self, here: Environment, now: datetime) -> ItemQuerySet:
        """The matching items before the value is looked at, the window that closes first at the top."""
        found = Item.objects.of(here)
        found = found.expiring(now=now, within=WINDOWS[self.within][1]) if self.within else found.closing_next(now)
        if self.user:
            found = found.filter(collector=Collector.objects.of(here).called(self.user).first())
        if self.pack:
            found = found.filter(pack=Pack.objects.filter(slug=self.pack).first())
        return found

    def rows(self, here: Environment, now: datetime) -> ItemQuerySet:
        """The matching items, the window that closes first at the top."""
        found = self.rows_of_any_value(here, now)
        return found.worth(self.least, self.most, live=here.is_live) if self.by_value else found

    def chips(self, packs: list[Pack]) -> Iterator[Chip]:
        """Each part that can be taken away, in words."""
        if self.user:
            yield Chip("user", "User", self.user)
        if self.pack:
            yield Chip("pack", "Pack", next((pack.name for pack in packs if pack.slug == self.pack), self.pack))
        if self.least is not None:
            yield Chip("least", "At least", usd(self.least))
        if self.most is not None:
            yield Chip("most", "At most", usd(self.most))


@require_safe
@member
def expiring(request: MemberRequest) -> HttpResponse:
    """The queue, 50 a page. The value is looked at in the 10,000 windows that close first, and the page says so."""
    here, asked = request.environment, Filter.of(request.GET)
    now = here.now()
    rows = asked.rows(here, now)
    listed = keyset(rows.with_card(), SOONEST, request.GET.get("after", ""), before=request.GET.get("before", ""))
    packs = list(Pack.objects.order_by("name"))
    context = {
        "section": "expiring",
        "now": now,
        "page": listed,
        "tiles": [tile(item, now) for item in listed.rows],
        "asked": asked,
        "windows": {key: label for key, (label, _) in WINDOWS.items()},
        "packs": packs,
        "chips": list(asked.chips(packs)),
        "found": rows.size_and_value(),
        "partly": asked.by_value and not asked.rows_of_any_value(here, now).size_and_value().whole,
        "counted_to": COUNTED_TO,
        "most_items": bulk.MOST,
        "may_sell": may_act(request, Role.OPERATOR),
        "narrowed_by": request.GET.urlencode(),
    }
    return page(request, "dashboard/expiring.html", context, part="results")


def _amount(text: str) -> Decimal | None:
    """An amount of money that somebody typed; None for what is none."""
    return Decimal(text.strip()) if AMOUNT.fullmatch(text.strip()) else None

"""The admin's home page: exposure, today's payouts, what needs attention, and all tables."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from buyback import tasks
from buyback.comparison import balance
from buyback.exposure import snapshot
from buyback.guards.alerts import open_breakers
from config.foundation import clock
from config.foundation.money import usd
from config.web.charts import Bar
from inventory.models import PriceProposal
from partners.models import AccessProposal

RIGHTS = (
    "inventory.view_item",
    "buyback.view_buyback",
    "partners.view_spend",
    "buyback.view_alert",
)


def _home(request: HttpRequest) -> HttpResponse:
    """The figures for people with the right to see them; for others only the list."""
    shown = (
        _figures(superuser=bool(request.user.is_superuser))
        if request.user.has_perms(RIGHTS)
        else {}
    )
    return admin.site.index(request, {"home": shown})


@require_POST
def _refresh(request: HttpRequest) -> HttpResponse:
    """Start the task that calculates the exposure. The page does not wait for it."""
    if not request.user.has_perms(RIGHTS):
        raise PermissionDenied
    tasks.take_exposure.delay()
    messages.info(request, "The figures are being updated. Reload the page in a moment.")
    return HttpResponseRedirect(reverse("admin:index"))


home, refresh = admin.site.admin_view(_home), admin.site.admin_view(_refresh)


def _figures(*, superuser: bool) -> dict[str, Any]:
    """Everything on the page, in a fixed number of queries over snapshots."""
    now = clock.now()
    owed, today, open_sales = snapshot.owed(), snapshot.today(now), snapshot.open_sales(now)
    counts, newest = snapshot.unseen_alerts()
    view = balance.view(today.amount, now)
    return {
        "treasury": view,
        "owed": owed,
        "stale": owed.as_of is not None and owed.as_of < now - snapshot.STALE,
        "closing": [
            Bar(share.name, share.amount, f"{usd(share.amount)}, {share.items:,} items")
            for share in owed.by_closing
        ],
        "shares": (
            ("Pack", "pack", owed.by_pack),
            ("Partner", "environment__partner", owed.by_partner),
        ),
        "today": today,
        "hours": [
            Bar(f"{hour:02d}h", amount, usd(amount)) for hour, amount in enumerate(today.by_hour)
        ],
        "open": open_sales,
        "caps": snapshot.caps(now),
        "troubles": _troubles(open_sales, view.open, counts, superuser=superuser),
        "newest": newest,
        "drained": snapshot.in_words(snapshot.drained()),
        "nothing": Decimal(0),
    }


def _troubles(
    open_sales: snapshot.Open,
    differences: int,
    alerts: list[tuple[str, str, int]],
    *,
    superuser: bool,
) -> list[tuple[str, int, str]]:
    """What needs attention: label, number and address."""
    sales, unseen = (
        reverse("admin:buyback_buyback_changelist"),
        reverse("admin:buyback_alert_changelist"),
    )
    breakers = open_breakers()
    prices = reverse("admin:inventory_priceproposal_changelist")
    access = reverse("admin:partners_accessproposal_changelist")
    return [
        (
            "Sellbacks whose outcome is unknown",
            open_sales.by_state.get("unknown", 0),
            f"{sales}?state__exact=unknown",
        ),
        (
            "Sellbacks in review",
            open_sales.by_state.get("review", 0),
            f"{sales}?state__exact=review",
        ),
        ("Sellbacks overdue for reconciliation", open_sales.late, sales),
        (
            "Differences with the treasury",
            differences,
            f"{reverse('admin:buyback_difference_changelist')}?state__exact=open",
        ),
        (
            "Prices that wait for a second person",
            PriceProposal.objects.filter(confirmed_at=None).count(),
            f"{prices}?confirmed_at__isempty=1",
        ),
        *(
            [
                (
                    "Decisions about access that wait for a second person",
                    AccessProposal.objects.filter(confirmed_at=None).count(),
                    f"{access}?confirmed_at__isempty=1",
                )
            ]
            if superuser
            else []
        ),
        (
            f"Breakers open now{': ' + ', '.join(breakers) if breakers else ''}",
            len(breakers),
            unseen,
        ),
        *(
            (f"Alert: {label}", size, f"{unseen}?kind__exact={kind}&seen_at__isempty=1")
            for kind, label, size in alerts
        ),
    ]

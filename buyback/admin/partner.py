"""A partner's page in the admin, with its volume, its exposure and its daily cap."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse

from buyback.exposure.partner import figures
from buyback.guards.day_cap import cap_day
from config.admin.steps import ReasonForm, Step
from config.foundation import clock
from config.foundation.money import CENT, LIMIT, usd
from config.web.charts import Bar
from partners.admin.audited import by
from partners.admin.partners import PartnerAdmin
from partners.models import Mode, Partner
from partners.templatetags.dashboard import remaining

RIGHTS = ("inventory.view_item", "buyback.view_statement")


class CapForm(ReasonForm):
    """The most that a day's live sellbacks may cost."""

    cap = forms.DecimalField(
        min_value=CENT,
        max_value=LIMIT,
        decimal_places=2,
        required=False,
        label="USD of live sellbacks in a UTC day",
    )
    field_order = ("cap", "reason")


def _cap(request: HttpRequest, partner: Partner, values: dict[str, Any]) -> str:
    cap_day(partner=partner, **values, by=by(request))
    return "The new cap applies from the next live sellback."


@admin.register(Partner)
class PartnerAdminWithMoney(PartnerAdmin):
    """The partner's page. Treasury staff set its daily cap."""

    change_form_template = "admin/partners/partner/change_form.html"
    steps = PartnerAdmin.steps | {
        "cap": Step(
            "buyback.change_treasurycontrol",
            "Cap a day",
            "Change this partner's daily cap?",
            "A live sellback above the cap is declined and changes nothing. The cap replaces the "
            "platform's cap for each partner. Empty: the platform's cap.",
            _cap,
            CapForm,
            fresh=True,
        )
    }

    def offered(self, request: HttpRequest, row: Partner) -> Iterable[str]:
        return (*super().offered(request, row), "cap")

    def initial(self, row: Partner) -> dict[str, Any]:
        live = row.environments.get(mode=Mode.LIVE)
        return super().initial(row) | {"cap": live.cap_per_day}

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        partner = self.get_object(request, object_id) if request.user.has_perms(RIGHTS) else None
        more = {"money": _money(partner)} if isinstance(partner, Partner) else {}
        return super().change_view(request, object_id, form_url, more | (extra_context or {}))


def _money(partner: Partner) -> dict[str, Any]:
    """The figures and their charts."""
    found = figures(partner, clock.now())
    return {
        "figures": found,
        "packs": [
            (share, "no end" if window is None else remaining(window.total_seconds()))
            for share, window in found.packs
        ],
        "days": [
            Bar(day.name, day.amount, f"{usd(day.amount)}, {day.sold:,} sellbacks")
            for day in found.days
        ],
        "closing": [
            Bar(share.name, share.amount, f"{usd(share.amount)}, {share.items:,} items")
            for share in found.closing
        ],
    }

"""The queue of differences with the treasury, with buttons to resolve them under dual control."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString

from buyback.admin.review import seen
from buyback.decisions import resolution
from buyback.models import Difference, Resolution
from config.admin.model_admin import ReadOnlyInline, Untouchable, badge, link
from config.admin.steps import ReasonForm, Step, SteppedAdmin
from config.foundation.money import usd
from partners.admin.audited import by
from partners.decisions.dual_control import is_one_person

RIGHT = "buyback.resolve_difference"
TONES = {"open": "bad", "agreed": "good", "resolved": "good"}


class HowResolvedForm(ReasonForm):
    """What was done about a difference."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].label = "What was done? Stored permanently, shown to admins only."


def _propose(request: HttpRequest, row: Difference, values: dict[str, Any]) -> str:
    resolution.propose(difference=row, reason=values["reason"], by=by(request))
    return "Proposed. Another person must confirm it."


def _confirm(request: HttpRequest, row: Difference, values: dict[str, Any]) -> str:
    resolution.confirm(difference=row, by=by(request), proposal=seen(request))
    return "Confirmed. The difference is resolved."


def _withdraw(request: HttpRequest, row: Difference, values: dict[str, Any]) -> str:
    resolution.withdraw(difference=row, by=by(request), proposal=seen(request))
    return "Withdrawn. The difference is still open."


class ResolutionInline(ReadOnlyInline):
    model = Resolution
    fields = ("reason", "proposed_by", "created_at", "confirmed_by", "confirmed_at")


@admin.register(Difference)
class DifferenceAdmin(Untouchable, SteppedAdmin):
    """What the treasury's list and our sellbacks differ about, newest first."""

    list_display = (
        "id",
        "badge",
        "kind",
        "reference",
        "ours",
        "theirs",
        "sellback",
        "first_seen",
        "last_seen",
    )
    list_filter = ("state", "kind")
    list_select_related = ("buyback", "report")
    search_fields = ("=pk", "=reference")
    inlines = (ResolutionInline,)
    readonly_fields = ("badge", "ours", "theirs", "sellback")
    fieldsets = (
        (None, {"fields": ("badge", "kind", "report", "reference", "sellback", "ours", "theirs")}),
        ("Times", {"fields": ("first_seen", "last_seen", "closed_at")}),
    )
    steps = {
        "resolve": Step(
            RIGHT,
            "Propose a resolution",
            "Propose that this difference is resolved?",
            "Nothing changes yet. When another person confirms, the difference is closed. No money "
            "is moved: record a recovered payout, or decide a review, on the sellback's page.",
            _propose,
            HowResolvedForm,
            fresh=True,
        ),
        "confirm_resolution": Step(
            RIGHT,
            "Confirm the resolution",
            "Confirm this resolution?",
            "The difference is closed. It opens again if its figures change. By confirming you "
            "state that you have verified this yourself.",
            _confirm,
            fresh=True,
        ),
        "withdraw_resolution": Step(
            RIGHT,
            "Withdraw the resolution",
            "Withdraw this proposal?",
            "The difference stays open. Anyone can make a new proposal.",
            _withdraw,
        ),
    }

    def offered(self, request: HttpRequest, row: Difference) -> Iterable[str]:
        if row.state != Difference.State.OPEN:
            return ()
        waits = _waiting(row)
        if waits is None:
            return ("resolve",)
        if is_one_person(waits, by(request)):
            return ("withdraw_resolution",)
        return ("confirm_resolution", "withdraw_resolution")

    def facts(self, row: Difference) -> list[str]:
        lines = [str(row), f"Ours: {self.ours(row)}", f"{row.report}: {self.theirs(row)}"]
        waits = _waiting(row)
        if waits is not None:
            lines.append(f"Proposed by {waits.proposed_by}: {waits.reason}")
        return lines

    def hidden(self, row: Difference) -> dict[str, Any]:
        waits = _waiting(row)
        return {"proposal": waits.pk} if waits else {}

    @admin.display(description="state")
    def badge(self, row: Difference) -> SafeString:
        return badge(row, "state", TONES)

    @admin.display(description="ours")
    def ours(self, row: Difference) -> str:
        if not row.our_state:
            return "No sellback has this reference"
        return f"{usd(row.our_amount)}, {row.get_our_state_display().lower()}"

    @admin.display(description="treasury's")
    def theirs(self, row: Difference) -> str:
        if row.their_amount is None:
            return "Not in the list"
        return _money(row.their_amount, row.their_currency)

    @admin.display(description="sellback")
    def sellback(self, row: Difference) -> SafeString | str:
        return link(row.buyback, "Sellback")


def _waiting(row: Difference) -> Resolution | None:
    return row.resolutions.filter(confirmed_at=None).first()


def _money(amount: Decimal, currency: str) -> str:
    return usd(amount) if currency == "USD" else f"{amount:,.2f} {currency}"

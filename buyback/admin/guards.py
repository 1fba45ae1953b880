"""Admin pages for the treasury's guards, the spending against them, and alerts."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.safestring import SafeString

from buyback.guards.alerts import mark_seen
from buyback.guards.control import GUARDS, as_seen, set_guards
from buyback.models import Alert, TreasuryControl
from config.admin.model_admin import LookingAdmin, ReadOnlyAdmin, badge
from config.foundation.money import usd
from config.web.second_factor import ask_factor, is_fresh
from partners.admin.audited import by
from partners.models import Spend

ALERT_TONES = {
    "price_rejected": "wait",
    "sale_in_review": "bad",
    "cap_reached": "wait",
    "contradicted": "bad",
    "exposure_above": "bad",
    "rate_above": "bad",
    "difference": "bad",
}


class GuardsForm(forms.ModelForm):  # type: ignore[type-arg]
    """All guards, the reason, and the guards as the page showed them."""

    reason = forms.CharField(max_length=500, widget=forms.Textarea(attrs={"rows": 2}))
    seen = forms.CharField(required=False, strip=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["seen"] = as_seen(TreasuryControl.objects.filter(pk=self.instance.pk).first())


@admin.register(TreasuryControl)
class TreasuryControlAdmin(LookingAdmin):
    """One row. Without it there are no limits."""

    form = GuardsForm
    list_display = ("__str__", "running", "sale", "day", "hour")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        may = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        return (*GUARDS, "reason", "seen") if may else GUARDS

    def has_add_permission(self, request: HttpRequest) -> bool:
        return (
            request.user.has_perm("buyback.change_treasurycontrol")
            and not TreasuryControl.objects.exists()
        )

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def changeform_view(
        self, request: HttpRequest, object_id: Any = None, *args: Any, **kwargs: Any
    ) -> Any:
        """A valid form is shown again for confirmation, with old and new values.

        The pause and the caps need a fresh second factor.
        """
        if request.method == "POST" and not is_fresh(request):
            messages.info(request, "Confirm your second factor first, then repeat the change.")
            return ask_factor(request, request.get_full_path())
        if request.method == "POST" and "confirmed" not in request.POST:
            asked = self._ask(request, object_id)
            if asked is not None:
                return asked
        return super().changeform_view(request, object_id, *args, **kwargs)

    def _ask(self, request: HttpRequest, object_id: Any) -> HttpResponse | None:
        """The confirmation page; None for a form that Django will reject anyway."""
        stored = self.get_object(request, object_id) if object_id else None
        allowed = (
            self.has_change_permission(request, stored)
            if stored
            else self.has_add_permission(request)
        )
        if not allowed:
            return None
        before = {name: getattr(stored or TreasuryControl(), name) for name in GUARDS}
        form = self.get_form(request, stored, change=stored is not None)(
            request.POST, instance=stored
        )
        if not form.is_valid():
            return None
        changes = [
            (form.fields[name].label, _cell(before[name]), _cell(form.cleaned_data[name]))
            for name in GUARDS
            if before[name] != form.cleaned_data[name]
        ]
        context = {
            **self.admin_site.each_context(request),
            "title": "Change the treasury guards?",
            "opts": self.opts,
            "changes": changes,
            "reason": form.cleaned_data["reason"],
            "sent": [
                (name, value)
                for name, value in request.POST.items()
                if name != "csrfmiddlewaretoken"
            ],
        }
        return TemplateResponse(request, "admin/buyback/treasurycontrol/confirm.html", context)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        chosen = {name: form.cleaned_data[name] for name in (*GUARDS, "reason", "seen")}
        set_guards(**chosen, by=by(request))

    @admin.display(description="live sales")
    def running(self, control: TreasuryControl) -> SafeString:
        if control.paused:
            return SafeString('<span class="badge bad">Paused</span>')
        return SafeString('<span class="badge good">Running</span>')

    @admin.display(description="cap per sale")
    def sale(self, control: TreasuryControl) -> str:
        return usd(control.cap_per_sale)

    @admin.display(description="cap per partner and day")
    def day(self, control: TreasuryControl) -> str:
        return usd(control.cap_per_partner_day)

    @admin.display(description="cap per hour")
    def hour(self, control: TreasuryControl) -> str:
        return usd(control.cap_per_hour)


def _cell(value: Any) -> str:
    """A guard's value as text."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "no limit" if value is None else usd(value)


@admin.register(Spend)
class SpendAdmin(ReadOnlyAdmin):
    """What live calls have spent in each capped span. The calls write it."""

    list_display = ("scope", "starts_at", "spent", "limit")
    search_fields = ("=scope",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Spend]:
        spans: QuerySet[Spend] = Spend.objects.with_total()
        return spans

    @admin.display(description="spent")
    def spent(self, span: Any) -> str:
        return usd(span.total)

    @admin.display(description="cap")
    def limit(self, span: Spend) -> str:
        return usd(span.cap)


@admin.register(Alert)
class AlertAdmin(ReadOnlyAdmin):
    """Alerts, newest first."""

    list_display = ("created_at", "badge", "subject", "detail", "environment", "seen_at")
    list_filter = ("kind", ("seen_at", admin.EmptyFieldListFilter))
    list_select_related = ("environment__partner",)
    search_fields = ("=pk", "=subject")
    ordering = ("-created_at", "-id")
    actions = ("mark_as_seen",)

    def has_seen_permission(self, request: HttpRequest) -> bool:
        """Marking as seen is the only change that an alert allows."""
        return request.user.has_perm("buyback.change_alert")

    @admin.display(description="kind")
    def badge(self, alert: Alert) -> SafeString:
        return badge(alert, "kind", ALERT_TONES)

    @admin.action(description="Mark as seen", permissions=["seen"])
    def mark_as_seen(self, request: HttpRequest, alerts: QuerySet[Alert]) -> None:
        for alert in alerts:
            mark_seen(alert=alert, by=by(request))
        self.message_user(request, f"{len(alerts)} marked as seen.")

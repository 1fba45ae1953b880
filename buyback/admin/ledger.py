"""The ledger and daily statements, read-only, and a button that checks all ledger rules."""

from __future__ import annotations

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from buyback.ledger import invariants
from buyback.models import Statement, Transfer
from config.admin.model_admin import BY_ENVIRONMENT, ReadOnlyAdmin, link
from config.foundation.money import usd
from partners.admin.audited import by

RIGHT = "buyback.check_ledger"


@admin.register(Transfer)
class TransferAdmin(ReadOnlyAdmin):
    """The ledger. Its table refuses every change."""

    list_display = ("id", "debit", "credit", "moved", "environment", "buyback_link", "created_at")
    list_filter = ("debit", "credit", *BY_ENVIRONMENT)
    list_select_related = ("environment__partner", "buyback")
    search_fields = ("=pk", "=buyback_id")

    def get_urls(self) -> list[URLPattern]:
        """Before Django's own patterns, whose last one matches every address."""
        check = self.admin_site.admin_view(require_POST(self.check_view))
        return [path("check/", check, name="buyback_transfer_check"), *super().get_urls()]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, object] | None = None
    ) -> HttpResponse:
        may_check = {"may_check": request.user.has_perm(RIGHT)}
        response: HttpResponse = super().changelist_view(request, may_check | (extra_context or {}))
        return response

    def check_view(self, request: HttpRequest) -> HttpResponse:
        """Every rule and its result."""
        if not (self.has_view_permission(request) and request.user.has_perm(RIGHT)):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "title": "Ledger check",
            "opts": self.opts,
            "findings": invariants.check(by=by(request)),
            "seconds": invariants.MOST_SECONDS,
        }
        return TemplateResponse(request, "admin/buyback/transfer/checked.html", context)

    @admin.display(description="amount")
    def moved(self, transfer: Transfer) -> str:
        return usd(transfer.amount)

    @admin.display(description="sellback")
    def buyback_link(self, transfer: Transfer) -> SafeString | str:
        return link(transfer.buyback, "Sellback")


@admin.register(Statement)
class StatementAdmin(ReadOnlyAdmin):
    """Closed days. A periodic task writes them, and their table refuses every change."""

    list_display = (
        "day",
        "environment",
        "sold",
        "sold_total",
        "paid",
        "paid_total",
        "failed",
        "closed_at",
    )
    list_filter = BY_ENVIRONMENT
    list_select_related = ("environment__partner",)
    search_fields = ("=pk", "=day")

    @admin.display(description="sold for")
    def sold_total(self, statement: Statement) -> str:
        return usd(statement.sold_amount)

    @admin.display(description="paid out")
    def paid_total(self, statement: Statement) -> str:
        return usd(statement.paid_amount)

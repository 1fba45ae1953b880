"""Partners, their environments, keys and teams; events and the audit log; who may sign in here."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.safestring import SafeString

from config.admin.model_admin import (
    BY_ENVIRONMENT,
    LookingAdmin,
    ReadOnlyAdmin,
    as_json,
    confirmed,
    link,
    list_link,
)
from config.foundation import clock
from partners.admin import (
    access,  # noqa: F401  (registers decisions about access)
    people,  # noqa: F401  (registers users and groups)
)
from partners.admin.audited import become, by
from partners.keys.api_keys import issue_key, revoke_key
from partners.models import (
    ApiKey,
    AuditEntry,
    Environment,
    Event,
    IdempotencyKey,
    Membership,
    Mode,
)
from partners.people.team import remove_member


@admin.register(Environment)
class EnvironmentAdmin(ReadOnlyAdmin):
    """A partner's live or sandbox environment. It is created with the partner."""

    list_display = ("id", "partner", "mode", "clock_offset", "created_at", "keys")
    list_filter = ("mode",)
    list_select_related = ("partner",)
    ordering = ("partner__name", "mode")
    search_fields = ("=partner__slug", "partner__name")

    @admin.display(description="keys")
    def keys(self, environment: Environment) -> SafeString:
        return list_link("partners_apikey", "Keys", environment__id__exact=environment.pk)


@admin.register(ApiKey)
class ApiKeyAdmin(LookingAdmin):
    """Keys are created, shown once and revoked. Nothing else about them changes.

    Staff create sandbox keys only. A partner's owner creates live keys in the dashboard.
    """

    list_display = (
        "name",
        "shown",
        "environment",
        "status",
        "last_used_at",
        "expires_at",
        "created_by",
    )
    list_filter = BY_ENVIRONMENT
    list_select_related = ("environment__partner",)
    search_fields = ("=key_id", "name")
    autocomplete_fields = ("environment",)
    actions = ("revoke",)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        made = ("environment", "name", "expires_at")
        later = (
            "shown",
            "scopes",
            "networks",
            "created_by",
            "created_at",
            "last_used_at",
            "revoked_at",
            "replaced_by",
        )
        return (*made, *later) if obj else made

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.get_fields(request, obj) if obj else ()

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Also a forged form names no live environment."""
        if db_field.name == "environment":
            kwargs["queryset"] = Environment.objects.filter(mode=Mode.SANDBOX)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Label the date box and the time box of a field."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if isinstance(field, forms.SplitDateTimeField):
            for box, part in zip(field.widget.widgets, ("date", "time"), strict=True):
                box.attrs["aria-label"] = f"{field.label}, {part}"
        return field

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        """Revoking is the only change that a key allows."""
        return request.user.has_perm("partners.change_apikey")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        chosen = {name: form.cleaned_data[name] for name in ("environment", "name", "expires_at")}
        key, obj.issued_text = issue_key(**chosen, by=by(request))
        become(obj, key)

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Show the key, on this page only.

        No message is used, because messages are stored in cookies and sessions.
        """
        context = {
            **admin.site.each_context(request),
            "title": "API key issued",
            "key": obj,
            "text": obj.issued_text,
        }
        return TemplateResponse(
            request,
            "admin/partners/apikey/issued.html",
            context,
            headers={"Cache-Control": "no-store"},
        )

    @admin.display(description="key")
    def shown(self, key: ApiKey) -> str:
        return key.hint

    @admin.display(description="state")
    def status(self, key: ApiKey) -> SafeString:
        if key.revoked_at:
            return SafeString('<span class="badge bad">Revoked</span>')
        if not key.is_active(clock.now()):
            return SafeString('<span class="badge plain">Expired</span>')
        return SafeString('<span class="badge good">Active</span>')

    @admin.action(description="Revoke", permissions=["revoke"])
    def revoke(self, request: HttpRequest, keys: QuerySet[ApiKey]) -> HttpResponse | None:
        return confirmed(
            self,
            request,
            keys.select_related("environment__partner"),
            question="Revoke these keys? They stop working immediately and permanently.",
            verb="Revoke",
            act=lambda key: revoke_key(key=key, by=by(request)),
        )


@admin.register(Membership)
class MembershipAdmin(LookingAdmin):
    """Who belongs to which partner, and with which role. Staff can only remove people.

    An owner is proposed on the partner's page; owners invite and change everyone else.
    """

    list_display = ("user", "partner", "role", "created_at")
    list_filter = ("role", "partner")
    list_select_related = ("user", "partner")
    search_fields = ("=user__email", "=partner__slug")
    fields = ("user", "partner", "role")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def delete_model(self, request: HttpRequest, obj: Membership) -> None:
        remove_member(membership=obj, by=by(request))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Membership]) -> None:
        for membership in queryset:
            remove_member(membership=membership, by=by(request))


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    list_display = ("id", "type", "environment", "created_at")
    list_filter = ("type", *BY_ENVIRONMENT)
    list_select_related = ("environment__partner",)
    search_fields = ("=pk",)
    fields = ("id", "environment", "type", "contents", "created_at")

    @admin.display(description="data")
    def contents(self, event: Event) -> SafeString | str:
        return as_json(event.data)


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    """The audit log. Its table refuses every change."""

    list_display = ("created_at", "actor", "action", "target", "partner_link", "request_id")
    list_filter = ("partner",)
    list_select_related = ("partner",)
    search_fields = ("=pk", "=target", "=actor", "=request_id", "=action")
    fields = (
        "id",
        "created_at",
        "actor",
        "action",
        "target",
        "partner",
        "was",
        "became",
        "request_id",
    )

    @admin.display(description="partner")
    def partner_link(self, entry: AuditEntry) -> SafeString | str:
        return link(entry.partner)

    @admin.display(description="before")
    def was(self, entry: AuditEntry) -> SafeString | str:
        return as_json(entry.before)

    @admin.display(description="after")
    def became(self, entry: AuditEntry) -> SafeString | str:
        return as_json(entry.after)


@admin.register(IdempotencyKey)
class IdempotencyKeyAdmin(ReadOnlyAdmin):
    """Idempotency keys of partners' requests. A key is found by the id of what its request made."""

    list_display = ("key", "environment", "status", "code", "subject", "created_at", "lease_until")
    list_filter = BY_ENVIRONMENT
    list_select_related = ("environment__partner",)
    search_fields = ("=pk", "=subject")
    fields = (
        "key",
        "environment",
        "status",
        "code",
        "answer",
        "subject",
        "created_at",
        "lease_until",
    )

    @admin.display(description="answer")
    def answer(self, key: IdempotencyKey) -> str:
        return "–" if key.body is None else bytes(key.body).decode()

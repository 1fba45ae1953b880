"""Who may sign in, and what staff may do. Only superusers give rights."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import allauth.account.admin
import allauth.mfa.admin
import allauth.usersessions.admin  # noqa: F401  (all three register what is unregistered below)
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm
from django.contrib.auth.models import Group, Permission
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from config.admin.model_admin import LookingAdmin, confirmed
from partners.admin.audited import AuditedAdmin, by
from partners.admin.verification import make_verification_code
from partners.models import User
from partners.models.addresses import canonical_or
from partners.people.second_factor import remove_factors
from partners.people.verification import forget_verification
from partners.records import audit

# A person's second factors and sessions are private: no admin page shows or changes them, except
# for the action below.
admin.site.unregister([EmailAddress, Authenticator, UserSession])

RIGHTS = ("is_staff", "is_superuser", "groups", "user_permissions")
# Anyone who can set another person's password or e-mail address can sign in and act as that
# person.
IDENTITY = ("email",)
VERIFICATION = ("verified_at", "verified_by", "confined_to")


class UserAddForm(AdminUserCreationForm):  # type: ignore[type-arg]
    """A user by e-mail address, which is not verified yet."""

    class Meta:
        model = User
        fields = ("email",)


@admin.register(User)
class UserAdmin(AuditedAdmin, DjangoUserAdmin):  # type: ignore[type-arg]
    """People. A person who leaves is made inactive, not deleted: the audit log names them."""

    add_form = UserAddForm
    list_display = ("email", "is_active", "verified", "is_staff", "is_superuser", "last_login")
    list_filter = ("is_active", "verified_by", "is_staff", "is_superuser")
    ordering = ("email",)
    search_fields = ("=email", "email")
    fieldsets = (
        (None, {"fields": ("email", "password", "first_name", "last_name", "is_active")}),
        ("Address", {"fields": VERIFICATION}),
        ("Rights", {"fields": RIGHTS}),
        ("Times", {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = ((None, {"fields": ("email", "usable_password", "password1", "password2")}),)
    readonly_fields = ("last_login", "date_joined", *VERIFICATION)
    actions = ("remove_second_factors", make_verification_code)

    def has_superuser_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser)

    @admin.action(description="Remove second factors", permissions=["superuser"])
    def remove_second_factors(
        self, request: HttpRequest, users: QuerySet[User]
    ) -> HttpResponse | None:
        return confirmed(
            self,
            request,
            users,
            question=(
                "Remove all second factors? First verify the person's identity: afterwards the "
                "password alone is enough to sign in."
            ),
            verb="Remove second factors",
            act=lambda user: remove_factors(user=user, by=by(request)),
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if request.user.is_superuser:
            return self.readonly_fields
        return (*self.readonly_fields, *RIGHTS, *(IDENTITY if obj else ()))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only superusers change staff, so nobody can take over an account with more rights."""
        if request.user.is_superuser or obj is None:
            return super().has_change_permission(request, obj)
        return super().has_change_permission(request, obj) and not (
            obj.is_staff or obj.is_superuser
        )

    def audited(self, row: Any, fields: list[str]) -> list[str]:
        more = VERIFICATION if "email" in fields else ()
        return [field for field in super().audited(row, [*fields, *more]) if field != "password"]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if change and User.objects.filter(pk=obj.pk).exclude(email=obj.email).exists():
            forget_verification(user=obj)
        super().save_model(request, obj, form, change)

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        """An address is found in any spelling of it."""
        return super().get_search_results(request, queryset, canonical_or(search_term))

    @admin.display(description="verified", boolean=True, ordering="verified_at")
    def verified(self, user: User) -> bool:
        return user.is_verified

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        before = _rights(form.instance)
        super().save_related(request, form, formsets, change)
        after = _rights(form.instance)
        if before != after:
            audit.record(
                actor=by(request),
                action="user.rights_changed",
                target=form.instance,
                before=before,
                after=after,
            )

    def user_change_password(
        self,
        request: HttpRequest,
        id: str,  # noqa: A002  (its name there)
        form_url: str = "",
    ) -> HttpResponse:
        """Django's view, for superusers only, and audited. Only the password's hash is stored."""
        if not request.user.is_superuser:
            raise PermissionDenied
        with transaction.atomic():
            before = User.objects.filter(pk=id).values_list("password", flat=True).first()
            response: HttpResponse = super().user_change_password(request, id, form_url)
            after = User.objects.filter(pk=id).values_list("password", flat=True).first()
            if before != after:
                audit.record(
                    actor=by(request), action="user.password_set", target=f"partners.user:{id}"
                )
        return response


admin.site.unregister(Group)


@admin.register(Group)
class GroupAdmin(LookingAdmin, DjangoGroupAdmin):
    """Sets of rights. Read-only: a person who could change one could give themselves any right."""

    ordering = ("name",)
    search_fields = ("=name",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_superuser)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_superuser)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        held = _names(form.initial["permissions"]) if change else []
        before = {"name": form.initial["name"], "permissions": held} if change else None
        super().save_related(request, form, formsets, change)
        after = _group(form.instance)
        if before != after:
            what = "group.changed" if change else "group.created"
            audit.record(
                actor=by(request), action=what, target=form.instance, before=before, after=after
            )

    def delete_model(self, request: HttpRequest, obj: Group) -> None:
        audit.record(actor=by(request), action="group.deleted", target=obj, before=_group(obj))
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Group]) -> None:
        for group in queryset:
            self.delete_model(request, group)


def _group(group: Group) -> dict[str, Any]:
    return {
        "name": group.name,
        "permissions": _names(group.permissions.select_related("content_type")),
    }


def _names(permissions: Iterable[Permission]) -> list[str]:
    """``app.codename`` of each, in order."""
    return sorted(f"{one.content_type.app_label}.{one.codename}" for one in permissions)


def _rights(user: User) -> dict[str, list[str]]:
    """Groups and single permissions, by name."""
    return {
        "groups": list(user.groups.order_by("name").values_list("name", flat=True)),
        "user_permissions": _names(user.user_permissions.select_related("content_type")),
    }

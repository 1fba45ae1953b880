"""Who may sign in, and what staff may do here. Giving rights is for superusers alone."""

from __future__ import annotations

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
from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from config.admin import LookingAdmin, confirmed
from partners import audit
from partners.audited_admin import AuditedAdmin, by
from partners.factors import remove_factors
from partners.models import User

# A person's factors and sessions are their own: no page here shows or changes them, but for the one button below.
admin.site.unregister([EmailAddress, Authenticator, UserSession])

RIGHTS = ("is_staff", "is_superuser", "groups", "user_permissions")


class UserAddForm(AdminUserCreationForm):  # type: ignore[type-arg]
    """A user by e-mail address, kept in lower case as sign-in expects it."""

    class Meta:
        model = User
        fields = ("email",)

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()


@admin.register(User)
class UserAdmin(AuditedAdmin, DjangoUserAdmin):  # type: ignore[type-arg]
    """People. One who leaves is made inactive, not deleted: the audit log names them."""

    add_form = UserAddForm
    list_display = ("email", "is_active", "is_staff", "is_superuser", "last_login")
    list_filter = ("is_active", "is_staff", "is_superuser")
    ordering = ("email",)
    search_fields = ("=email", "email")
    fieldsets = (
        (None, {"fields": ("email", "password", "first_name", "last_name", "is_active")}),
        ("Rights", {"fields": RIGHTS}),
        ("Times", {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = ((None, {"fields": ("email", "usable_password", "password1", "password2")}),)
    readonly_fields = ("last_login", "date_joined")
    actions = ("remove_second_factors",)

    def has_superuser_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser)

    @admin.action(description="Remove second factors", permissions=["superuser"])
    def remove_second_factors(self, request: HttpRequest, users: QuerySet[User]) -> HttpResponse | None:
        return confirmed(
            self,
            request,
            users,
            question="Remove every second factor? Make sure that it is they who ask: the password alone opens then.",
            act=lambda user: remove_factors(user=user, by=by(request)),
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.readonly_fields if request.user.is_superuser else (*self.readonly_fields, *RIGHTS)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody takes over somebody with more rights: staff are changed by superusers."""
        allowed = super().has_change_permission(request, obj)
        return allowed and (request.user.is_superuser or obj is None or not obj.is_staff)

    def audited(self, row: Any, fields: list[str]) -> list[str]:
        return [field for field in super().audited(row, fields) if field != "password"]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        obj.email = obj.email.lower()
        super().save_model(request, obj, form, change)

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

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:  # noqa: A002  (its name there)
        """As Django's, and audited; the password itself is nowhere but in its hash."""
        with transaction.atomic():
            before = User.objects.filter(pk=id).values_list("password", flat=True).first()
            response: HttpResponse = super().user_change_password(request, id, form_url)
            after = User.objects.filter(pk=id).values_list("password", flat=True).first()
            if before != after:
                audit.record(actor=by(request), action="user.password_set", target=f"partners.user:{id}")
        return response


admin.site.unregister(Group)


@admin.register(Group)
class GroupAdmin(LookingAdmin, DjangoGroupAdmin):
    """Sets of rights. Whoever could change one could give themselves all."""

    ordering = ("name",)
    search_fields = ("=name",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_superuser)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_superuser)


def _rights(user: User) -> dict[str, list[str]]:
    """Groups and single permissions, by name."""
    single = user.user_permissions.order_by("content_type__app_label", "codename")
    return {
        "groups": list(user.groups.order_by("name").values_list("name", flat=True)),
        "user_permissions": [
            f"{app}.{code}" for app, code in single.values_list("content_type__app_label", "codename")
        ],
    }

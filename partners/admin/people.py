"""Who may sign in, and what staff may do. Two superusers give rights; one takes them away."""

from __future__ import annotations

from typing import Any

import allauth.account.admin
import allauth.mfa.admin
import allauth.usersessions.admin  # noqa: F401  (all three register what is unregistered below)
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import UserChangeForm
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.safestring import SafeString

from config.admin.model_admin import ReadOnlyAdmin, confirmed, lines
from config.foundation.errors import Refusal
from config.foundation.reasons import LONGEST_REASON, ReasonRequired
from config.web.second_factor import ask_factor, is_fresh
from partners.admin.audited import AuditedAdmin, by
from partners.admin.verification import make_verification_code
from partners.decisions.access import (
    FLAGS,
    StaffNotVerified,
    missing,
    propose_factor_removal,
    propose_rights,
    rights_of,
)
from partners.models import User
from partners.models.addresses import canonical_or
from partners.people.enrolment import issue_code
from partners.records import audit

# A person's second factors and sessions are private: no admin page shows or changes them, except
# for the action below.
admin.site.unregister([EmailAddress, Authenticator, UserSession])

LOST = "The person lost all second factors"
RIGHTS = ("is_staff", "is_superuser", "groups", "user_permissions")
VERIFICATION = ("verified_at", "verified_by", "confined_to")


class UserForm(UserChangeForm):  # type: ignore[type-arg]
    """A user, with the reason for rights that are added. Adding them is proposed, not done."""

    reason = forms.CharField(
        max_length=LONGEST_REASON,
        required=False,
        label="Why, if rights are added",
        help_text="Another superuser reads it and confirms. Stored permanently.",
    )

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or self.cleaned_data
        added = wanted(self.instance, found)
        if added and not self.instance.is_verified:
            self.add_error(None, StaffNotVerified.sentence)
        if added and not found.get("reason"):
            self.add_error("reason", ReasonRequired.sentence)
        return found


@admin.register(User)
class UserAdmin(AuditedAdmin, DjangoUserAdmin):  # type: ignore[type-arg]
    """People. A person who leaves is made inactive, not deleted: the audit log names them.

    People get accounts by invitation or by a command. Nobody sets an e-mail address or
    password of another person here, because they could then act as that person.
    """

    list_display = ("email", "is_active", "verified", "is_staff", "is_superuser", "last_login")
    list_filter = ("is_active", "verified_by", "is_staff", "is_superuser")
    ordering = ("email",)
    search_fields = ("=email", "email")
    fieldsets = (
        (None, {"fields": ("email", "first_name", "last_name", "is_active")}),
        ("Address", {"fields": VERIFICATION}),
        ("Rights", {"fields": (*RIGHTS, "reason")}),
        ("Times", {"fields": ("last_login", "date_joined")}),
    )
    readonly_fields = ("email", "last_login", "date_joined", *VERIFICATION)
    actions = ("remove_second_factors", "give_enrolment_code", make_verification_code)
    form = UserForm

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
                "Propose to remove all second factors? First verify the person's identity. "
                "Another superuser must confirm."
            ),
            verb="Propose to remove second factors",
            act=lambda user: propose_factor_removal(user=user, reason=LOST, by=by(request)),
        )

    @admin.action(description="Give a one-time code", permissions=["superuser"])
    def give_enrolment_code(
        self, request: HttpRequest, users: QuerySet[User]
    ) -> HttpResponse | None:
        """For one member of the staff without a second factor. Shown on this page only."""
        user = users.first()
        if user is None or users.count() > 1:
            messages.error(request, "Choose one person.")
            return None
        if not is_fresh(request):
            messages.info(request, "Confirm your second factor first, then repeat this step.")
            return ask_factor(request, request.get_full_path())
        try:
            code = issue_code(user=user, by=by(request))
        except Refusal as refusal:
            messages.error(request, refusal.sentence)
            return None
        context = {
            **self.admin_site.each_context(request),
            "title": f"One-time code for {user.email}",
            "opts": self.opts,
            "code": code,
        }
        page = "admin/partners/user/code.html"
        return TemplateResponse(request, page, context, headers={"Cache-Control": "no-store"})

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Only a superuser's form has rights, and so a reason for them."""
        found: Any = super().get_fieldsets(request, obj)
        if request.user.is_superuser:
            return found
        return [(name, {"fields": RIGHTS} if name == "Rights" else one) for name, one in found]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if request.user.is_superuser:
            return self.readonly_fields
        return (*self.readonly_fields, *RIGHTS)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only superusers change staff, so nobody can take over an account with more rights."""
        if request.user.is_superuser or obj is None:
            return super().has_change_permission(request, obj)
        return super().has_change_permission(request, obj) and not (
            obj.is_staff or obj.is_superuser
        )

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        form.asked = _hold_back(obj, form.cleaned_data)
        super().save_model(request, obj, form, change)

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        """An address is found in any spelling of it."""
        return super().get_search_results(request, queryset, canonical_or(search_term))

    @admin.display(description="verified", boolean=True, ordering="verified_at")
    def verified(self, user: User) -> bool:
        return user.is_verified

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Rights that were taken away are gone. Rights that were added wait."""
        before = rights_of(form.instance)
        super().save_related(request, form, formsets, change)
        user, after = form.instance, rights_of(form.instance)
        if before != after:
            audit.record(
                actor=by(request),
                action="user.rights_changed",
                target=user,
                before=before,
                after=after,
            )
        if form.asked:
            propose_rights(
                user=user, rights=form.asked, reason=form.cleaned_data["reason"], by=by(request)
            )
            messages.warning(
                request,
                "The new rights wait: another superuser must confirm them under Access proposals.",
            )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def user_change_password(
        self,
        request: HttpRequest,
        id: str,  # noqa: A002  (its name there)
        form_url: str = "",
    ) -> HttpResponse:
        """Nobody sets another person's password here: they could act as that person."""
        raise PermissionDenied


admin.site.unregister(Group)


@admin.register(Group)
class GroupAdmin(ReadOnlyAdmin):
    """Sets of rights. Read-only: a person who could change one could give themselves any right."""

    ordering = ("name",)
    search_fields = ("=name",)
    fields = ("name", "rights")
    readonly_fields = ("rights",)

    @admin.display(description="permissions")
    def rights(self, group: Group) -> SafeString:
        held = group.permissions.values_list("content_type__app_label", "codename")
        return lines(sorted(f"{app}.{code}" for app, code in held))


def wanted(user: User, cleaned: dict[str, Any]) -> dict[str, Any]:
    """The rights that a valid form would add to the stored user, as in ``rights_of``.

    Making an account active again is one of them if it has any other.
    """
    held = rights_of(User.objects.get(pk=user.pk))
    asked = {name: cleaned.get(name, held[name]) for name in FLAGS}
    for name in ("groups", "user_permissions"):
        asked[name] = held[name]
    if "groups" in cleaned:
        asked["groups"] = [group.name for group in cleaned["groups"]]
    if "user_permissions" in cleaned:
        permissions = cleaned["user_permissions"].select_related("content_type")
        asked["user_permissions"] = [
            f"{one.content_type.app_label}.{one.codename}" for one in permissions
        ]
    added = missing(asked, held)
    return {} if set(added) == {"is_active"} and not is_staff(held) else added


def is_staff(rights: dict[str, Any]) -> bool:
    """Whether these rights are more than a member has."""
    return any(rights[name] for name in rights if name != "is_active")


def _hold_back(user: User, cleaned: dict[str, Any]) -> dict[str, Any]:
    """Take added rights out of the form and its user before they are saved; returns them."""
    added = wanted(user, cleaned)
    for name in FLAGS:
        if name in added:
            setattr(user, name, False)
    if "groups" in added:
        cleaned["groups"] = cleaned["groups"].exclude(name__in=added["groups"])
    if "user_permissions" in added:
        held = user.user_permissions.values("pk")
        cleaned["user_permissions"] = cleaned["user_permissions"].filter(pk__in=held)
    return added

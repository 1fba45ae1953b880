"""Partners: created on one page, suspended and reinstated with a reason, never deleted."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.safestring import SafeString

from config.admin.model_admin import NOTHING, ReadOnlyInline, badge, list_link
from config.admin.steps import ReasonForm, Step, SteppedAdmin
from config.foundation import clock
from config.foundation.money import usd
from partners.admin.audited import become, by
from partners.models import MOST_CALLS, Environment, Invitation, Membership, Partner, Role
from partners.people.invitations import address, invite, mail
from partners.tenants.limits import limit_calls
from partners.tenants.onboarding import (
    SLUG,
    BadSlug,
    onboard_partner,
    reactivate_partner,
    rename_partner,
    require_factor,
    suspend_partner,
)

RIGHT, PAGES = "partners.change_partner", "admin/partners/partner"


class BeginForm(forms.ModelForm):  # type: ignore[type-arg]
    """A new partner's name, slug and first owner."""

    owner = forms.EmailField(
        max_length=254,
        label="First owner",
        help_text=(
            "E-mail address of the first owner, who invites the team. The invitation link is "
            "shown once, after saving."
        ),
    )

    def clean_slug(self) -> str:
        slug: str = self.cleaned_data["slug"]
        if not SLUG.fullmatch(slug):
            raise forms.ValidationError(BadSlug.sentence)
        return slug


class CallsForm(ReasonForm):
    """Calls a minute, live and in the sandbox."""

    live = forms.IntegerField(
        min_value=1, max_value=MOST_CALLS, required=False, label="Live, calls a minute"
    )
    sandbox = forms.IntegerField(
        min_value=1, max_value=MOST_CALLS, required=False, label="Sandbox, calls a minute"
    )
    field_order = ("live", "sandbox", "reason")


class InviteForm(forms.Form):
    """The address of the owner to invite."""

    email = forms.EmailField(max_length=254, label="E-mail address")


class EnvironmentInline(ReadOnlyInline):
    model = Environment
    fields = ("mode", "calls", "cap", "clock_offset", "created_at")

    @admin.display(description="reads a minute, and as many writes")
    def calls(self, environment: Environment) -> str:
        return (
            "the platform's limits"
            if environment.calls_per_minute is None
            else f"{environment.calls_per_minute:,}"
        )

    @admin.display(description="cap for a day's sellbacks")
    def cap(self, environment: Environment) -> str:
        if not environment.is_live:
            return NOTHING
        return (
            "the platform's cap"
            if environment.cap_per_day is None
            else usd(environment.cap_per_day)
        )


class InvitationInline(ReadOnlyInline):
    """Invitations that can still be accepted."""

    model = Invitation
    verbose_name_plural = "open invitations"
    fields = ("email", "role", "created_by", "expires_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Invitation]:
        return Invitation.objects.open(clock.now()).select_related("partner")


class TeamInline(ReadOnlyInline):
    model = Membership
    fields = ("user", "role", "created_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        return super().get_queryset(request).select_related("user", "partner")


def _suspend(request: HttpRequest, partner: Partner, values: dict[str, Any]) -> str:
    suspend_partner(partner=partner, reason=values["reason"], by=by(request))
    return "Suspended: its keys answer 401 and its dashboard is read-only from now on."


def _reactivate(request: HttpRequest, partner: Partner, values: dict[str, Any]) -> str:
    reactivate_partner(partner=partner, reason=values["reason"], by=by(request))
    return "Reinstated: its keys and its dashboard work again."


def _limit(request: HttpRequest, partner: Partner, values: dict[str, Any]) -> str:
    limit_calls(partner=partner, **values, by=by(request))
    return "The new limits apply from the next call."


def _invite(request: HttpRequest, partner: Partner, values: dict[str, Any]) -> HttpResponse:
    """Show the link on the response page only: messages are stored in cookies and sessions."""
    invitation, secret = invite(
        partner=partner, email=values["email"], role=Role.OWNER, by=by(request)
    )
    link = address(secret, request.build_absolute_uri("/"))
    mailed = mail(invitation, link)
    context = {
        **admin.site.each_context(request),
        "title": f"{invitation.email} is invited",
        "partner": partner,
        "invitation": invitation,
        "link": "" if mailed else link,
        "mailed": mailed,
    }
    return TemplateResponse(
        request, f"{PAGES}/invited.html", context, headers={"Cache-Control": "no-store"}
    )


class PartnerAdmin(SteppedAdmin):
    """A partner starts with two environments, an invited owner and two keys. It is never deleted.

    ``buyback`` registers this class and adds the partner's figures.
    """

    list_display = ("name", "slug", "status", "created_at", "keys", "team")
    list_filter = ("status",)
    ordering = ("name",)
    search_fields = ("=slug", "name")
    inlines: ClassVar[tuple[type[ReadOnlyInline], ...]] = (
        EnvironmentInline,
        TeamInline,
        InvitationInline,
    )
    fields = (
        "name",
        "slug",
        "status",
        "requires_factor",
        "created_at",
        "keys",
        "sellbacks",
        "days",
        "deeds",
    )
    readonly_fields = ("status", "created_at", "keys", "sellbacks", "days", "deeds")
    steps = {
        "suspend": Step(
            RIGHT,
            "Suspend",
            "Suspend this partner?",
            "From the next call, its keys answer 401. Its dashboard is read-only, live and "
            "sandbox. Open sellbacks are still completed.",
            _suspend,
            ReasonForm,
        ),
        "reactivate": Step(
            RIGHT,
            "Reinstate",
            "Reinstate this partner?",
            "Its keys and its dashboard work again immediately.",
            _reactivate,
            ReasonForm,
        ),
        "calls": Step(
            RIGHT,
            "Limit calls",
            "Limit this partner's calls?",
            "The limit applies to reads and to writes separately, from the next call. It "
            "replaces the platform's limit. Empty: the platform's limit.",
            _limit,
            CallsForm,
        ),
        "invite": Step(
            "partners.add_membership",
            "Invite an owner",
            "Invite an owner?",
            "Anyone with the link can accept it once, within a week. The link is shown once. It "
            "replaces an earlier invitation to the same address.",
            _invite,
            InviteForm,
        ),
    }

    def offered(self, request: HttpRequest, row: Partner) -> Iterable[str]:
        return (
            "suspend" if row.status == Partner.Status.ACTIVE else "reactivate",
            "calls",
            "invite",
        )

    def facts(self, row: Partner) -> list[str]:
        return [f"{row.name} ({row.slug})", f"It is {row.get_status_display().lower()}"]

    def initial(self, row: Partner) -> dict[str, Any]:
        return {one.mode: one.calls_per_minute for one in row.environments.all()}

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return (*self.readonly_fields, "slug") if obj else self.readonly_fields

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fields if obj else ("name", "slug", "owner")

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        return super().get_form(
            request, obj, change, **kwargs if obj else {"form": BeginForm, **kwargs}
        )

    def get_inlines(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.inlines if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if change:
            rename_partner(partner=obj, name=obj.name, by=by(request))
            require_factor(partner=obj, required=obj.requires_factor, by=by(request))
            return
        owner = form.cleaned_data["owner"]
        begun = obj.begun = onboard_partner(
            name=obj.name, slug=obj.slug, owner=owner, by=by(request)
        )
        become(obj, begun.partner)

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Show the keys and the link, on this page only.

        No message is used, because messages are stored in cookies and sessions.
        """
        context = {
            **self.admin_site.each_context(request),
            "title": f"{obj.name} can begin",
            "opts": self.opts,
            "begun": obj.begun,
            "invitation": obj.begun.invitation,  # not mailed: Django holds a transaction open here
            "link": address(obj.begun.secret, request.build_absolute_uri("/")),
        }
        return TemplateResponse(
            request, f"{PAGES}/begun.html", context, headers={"Cache-Control": "no-store"}
        )

    @admin.display(description="status")
    def status(self, partner: Partner) -> SafeString:
        return badge(partner, "status", {"active": "good", "suspended": "bad"})

    @admin.display(description="keys")
    def keys(self, partner: Partner) -> SafeString:
        return list_link("partners_apikey", "Keys", environment__partner__id__exact=partner.pk)

    @admin.display(description="team")
    def team(self, partner: Partner) -> SafeString:
        return list_link("partners_membership", "Team", partner__id__exact=partner.pk)

    @admin.display(description="sellbacks")
    def sellbacks(self, partner: Partner) -> SafeString:
        return list_link("buyback_buyback", "Sellbacks", environment__partner__id__exact=partner.pk)

    @admin.display(description="volume")
    def days(self, partner: Partner) -> SafeString:
        return list_link(
            "buyback_statement",
            "Sellbacks and USD by day",
            environment__partner__id__exact=partner.pk,
        )

    @admin.display(description="audit log")
    def deeds(self, partner: Partner) -> SafeString:
        return list_link("partners_auditentry", "Who did what", partner__id__exact=partner.pk)

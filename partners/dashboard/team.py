"""A partner's team. Owners invite, change roles and remove; every member sees the list."""

from __future__ import annotations

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from config.foundation import clock
from config.foundation.errors import Refusal
from partners.dashboard.permissions import (
    MemberRequest,
    form_only,
    may_act,
    member,
    owner_confirmed,
)
from partners.dashboard.rendering import page
from partners.models import Invitation, Membership, Role
from partners.people import invitations
from partners.people import team as actions
from partners.records.actor import Actor
from partners.tenants.onboarding import require_factor

CHANGED = {
    Role.VIEWER: _("%(email)s is a viewer now."),
    Role.OPERATOR: _("%(email)s is an operator now."),
    Role.OWNER: _("%(email)s is an owner now."),
}


class InviteForm(forms.Form):
    """The address to invite, and the role."""

    email = forms.EmailField(label=_("E-mail address"), max_length=254)
    role = forms.ChoiceField(choices=Role.choices, initial=Role.VIEWER, widget=forms.RadioSelect)

    email.widget.attrs |= {"autocomplete": "off", "autofocus": True}


@require_safe
@member
def team(request: MemberRequest) -> HttpResponse:
    """Members and open invitations."""
    partner = request.environment.partner
    members = Membership.objects.filter(partner=partner).select_related("user")
    members = members.order_by("user__email")
    context = {
        "section": "team",
        "members": members,
        "unverified": any(not one.user.is_verified for one in members),
        "by_mail": bool(settings.EMAIL_URL),
        "invitations": Invitation.objects.filter(partner=partner).open(clock.now()).order_by("-id"),
        "owner": may_act(request, Role.OWNER),
        "may_audit": Role(request.membership.role).includes(Role.OWNER),
    }
    return page(request, "partners/dashboard/team.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@owner_confirmed
def invite(request: MemberRequest) -> HttpResponse:
    """The form; then the link, shown on this page only, and only if it was not mailed."""
    form = InviteForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return _form(request, form)
    partner, by = request.environment.partner, Actor.user(request.user)
    try:
        made, secret = invitations.invite(partner=partner, **form.cleaned_data, by=by)
    except Refusal as refusal:
        form.add_error("email", gettext(refusal.sentence))
        return _form(request, form)
    link = invitations.address(secret, request.build_absolute_uri("/"))
    mailed = invitations.mail(made, link)
    context = {
        "section": "team",
        "invitation": made,
        "link": "" if mailed else link,
        "mailed": mailed,
    }
    return page(request, "partners/dashboard/invited.html", context)


def _form(request: MemberRequest, form: InviteForm) -> HttpResponse:
    status = 422 if form.errors else 200
    return page(
        request, "partners/dashboard/invite.html", {"section": "team", "form": form}, status=status
    )


@form_only
@owner_confirmed
def withdraw(request: MemberRequest, pk: int) -> HttpResponse:
    """Withdraw an invitation: its link stops working."""
    invitation = get_object_or_404(Invitation, partner=request.environment.partner, pk=pk)
    invitations.withdraw_invitation(invitation=invitation, by=Actor.user(request.user))
    return _back(
        request, gettext("The invitation to %(email)s is withdrawn.") % {"email": invitation.email}
    )


@form_only
@owner_confirmed
def factor(request: MemberRequest) -> HttpResponse:
    """Set whether members need a second factor."""
    required = request.POST.get("required") == "yes"
    require_factor(
        partner=request.environment.partner, required=required, by=Actor.user(request.user)
    )
    on, off = (
        gettext("A second factor is required now."),
        gettext("A second factor is no longer required."),
    )
    return _back(request, on if required else off)


@require_http_methods(["GET", "HEAD", "POST"])
@owner_confirmed
def change(request: MemberRequest, pk: int) -> HttpResponse:
    """One member: change the role, or remove them."""
    found = _teammate(request, pk)
    if request.method != "POST":
        return _member_page(request, found)
    try:
        changed = actions.change_role(
            membership=found, role=request.POST.get("role", ""), by=Actor.user(request.user)
        )
    except Refusal as refusal:
        return _member_page(request, found, refusal)
    return _back(request, CHANGED[Role(changed.role)] % {"email": changed.user.email})


@require_http_methods(["GET", "HEAD", "POST"])
@owner_confirmed
def remove(request: MemberRequest, pk: int) -> HttpResponse:
    """Remove a member immediately; the account stays. A refusal is shown at this address."""
    found = _teammate(request, pk)
    if request.method != "POST":
        return _member_page(request, found)
    try:
        actions.remove_member(membership=found, by=Actor.user(request.user))
    except Refusal as refusal:
        return _member_page(request, found, refusal)
    return _back(
        request, gettext("%(email)s is no longer in the team.") % {"email": found.user.email}
    )


def _teammate(request: MemberRequest, pk: int) -> Membership:
    rows = Membership.objects.select_related("user")
    return get_object_or_404(rows, partner=request.environment.partner, pk=pk)


def _member_page(
    request: MemberRequest, found: Membership, refusal: Refusal | None = None
) -> HttpResponse:
    context = {"section": "team", "one": found, "roles": Role, "refusal": refusal}
    return page(
        request, "partners/dashboard/teammate.html", context, status=422 if refusal else 200
    )


def _back(request: MemberRequest, sentence: str) -> HttpResponse:
    messages.success(request, sentence)
    return redirect("dashboard:team", request.environment.mode)

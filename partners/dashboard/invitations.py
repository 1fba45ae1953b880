"""Accepting an invitation by its link, and verifying an address with a code from staff."""

from __future__ import annotations

from allauth.account.internal.flows.login import perform_password_login
from allauth.account.models import Login
from allauth.core.internal import ratelimit
from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from config.foundation.errors import Refusal
from partners.dashboard.permissions import SESSION_KEY
from partners.dashboard.rendering import page
from partners.models import Membership, User
from partners.people.invitations import accept_invitation, find_invitation
from partners.people.verification import verify_by_code


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("password")
@never_cache
def accept(request: HttpRequest, secret: str) -> HttpResponse:
    """Show the invitation; on POST, join. New users choose a password, others sign in first.

    The page says nothing about accounts but the visitor's own. An unverified one chooses another
    password if the link was mailed.
    """
    user = request.user if isinstance(request.user, User) else None
    try:
        invitation = find_invitation(secret)
    except Refusal as refusal:
        return page(request, "account/invitation_unusable.html", {"refusal": refusal}, status=410)
    context = {
        "invitation": invitation,
        "stranger": bool(user and user.email != invitation.email),
        "chooses": user is None or (invitation.mailed and not user.is_verified),
    }
    if request.method != "POST":
        return page(request, "account/invitation.html", context)
    try:
        membership = accept_invitation(
            secret=secret, user=user, password=request.POST.get("password")
        )
    except Refusal as refusal:
        return page(request, "account/invitation.html", context | {"refusal": refusal}, status=422)
    return _in(request, user, membership)


def _in(request: HttpRequest, user: User | None, membership: Membership) -> HttpResponse:
    """Redirect to the new partner's dashboard, signed in. Another password ended the session."""
    response: HttpResponse = redirect("dashboard:home")
    if user is None or user.password != membership.user.password:
        login = Login(user=membership.user, redirect_url=reverse("dashboard:home"))
        response = perform_password_login(request, {"email": membership.user.email}, login)
    request.session[SESSION_KEY] = membership.partner_id
    return response


TOO_MANY = _("Too many attempts from your network. Wait 15 minutes, then try again.")


class VerifyForm(forms.Form):
    """The address, the code, and a password that nobody else knows."""

    email = forms.EmailField(label=_("E-mail address"), max_length=254)
    code = forms.CharField(label=_("Code"), max_length=40)
    password = forms.CharField(
        label=_("New password"),
        max_length=1000,
        strip=False,
        widget=forms.PasswordInput,
        help_text=_("At least 12 characters, and not a common password."),
    )

    email.widget.attrs |= {"autocomplete": "username"}
    code.widget.attrs |= {"autocomplete": "one-time-code", "spellcheck": "false"}
    password.widget.attrs |= {"autocomplete": "new-password", "minlength": "12"}


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("password", "code")
@never_cache
def verify(request: HttpRequest) -> HttpResponse:
    """The form; then on to the login page. Says the same about known and unknown addresses."""
    form = VerifyForm(
        request.POST if request.method == "POST" else None,
        initial={"email": getattr(request.user, "email", "")},
    )
    if request.method != "POST":
        return _form(request, form)
    if not ratelimit.consume(request, app="allauth.account", action="verify"):
        form.add_error(None, TOO_MANY)
        return _form(request, form, status=429)
    if not form.is_valid():
        return _form(request, form, status=422)
    sent = form.cleaned_data
    try:
        verify_by_code(email=sent["email"], text=sent["code"], password=sent["password"])
    except Refusal as refusal:
        form.add_error(None, gettext(refusal.sentence))
        return _form(request, form, status=422)
    messages.success(request, gettext("Your address is verified. Sign in with the new password."))
    return redirect("account_login")


def _form(request: HttpRequest, form: VerifyForm, status: int = 200) -> HttpResponse:
    return page(request, "account/verify.html", {"form": form}, status=status)

"""Accepting an invitation by its link."""

from __future__ import annotations

from allauth.account.internal.flows.login import perform_password_login
from allauth.account.models import Login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from config.foundation.errors import Refusal
from partners.dashboard.permissions import SESSION_KEY
from partners.dashboard.rendering import page
from partners.models import Membership, User
from partners.people.invitations import accept_invitation, find_invitation


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

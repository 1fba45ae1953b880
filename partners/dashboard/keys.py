"""API keys of one environment. Owners create, rotate and revoke them; members see the list."""

from __future__ import annotations

from datetime import timedelta

from django import forms
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
    live_confirmed,
    may_act,
    member,
    owner_confirmed,
)
from partners.dashboard.rendering import page
from partners.keys import api_keys as actions
from partners.models import ApiKey, Role, Scope
from partners.records.actor import Actor

LIVES = {
    "": _("Until it is revoked"),
    "30": _("30 days"),
    "90": _("90 days"),
    "365": _("A year"),
}  # days
ENDED = 200  # revoked or expired keys that the page lists
OVERLAPS = {
    "24": _("24 hours"),
    "168": _("7 days"),
    "1": _("1 hour"),
    "0": _("Not at all"),
}  # hours


class KeyForm(forms.Form):
    """A key's name, permissions and lifetime."""

    name = forms.CharField(
        max_length=100,
        label=_("Name"),
        help_text=_("Where the key is used, for example: shop server."),
    )
    scopes = forms.MultipleChoiceField(
        choices=Scope.choices, required=False, widget=forms.CheckboxSelectMultiple
    )
    lives = forms.ChoiceField(choices=list(LIVES.items()), required=False, label=_("Works"))

    name.widget.attrs |= {"autocomplete": "off", "spellcheck": "false"}


class RotateForm(forms.Form):
    """How long the old key keeps working."""

    overlap = forms.ChoiceField(
        choices=list(OVERLAPS.items()), label=_("The old key keeps working for")
    )


@require_safe
@member
def keys(request: MemberRequest) -> HttpResponse:
    """Active keys of this environment, newest first, and the last revoked or expired ones."""
    rows = ApiKey.objects.filter(environment=request.environment).order_by("-created_at", "-id")
    working = rows.active(clock.now())
    active, ended = list(working), list(rows.exclude(pk__in=working.values("pk"))[:ENDED])
    for row in (*active, *ended):
        row.environment = request.environment
    context = {
        "section": "keys",
        "active": active,
        "ended": ended,
        "owner": may_act(request, Role.OWNER),
    }
    return page(request, "partners/dashboard/keys.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@live_confirmed
def create(request: MemberRequest) -> HttpResponse:
    """The form; then the key, shown on this page only."""
    form = KeyForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return _form(request, form)
    days, by = form.cleaned_data["lives"], Actor.user(request.user)
    ends = clock.now() + timedelta(days=int(days)) if days else None
    chosen = {name: form.cleaned_data[name] for name in ("name", "scopes")}
    try:
        key, text = actions.issue_key(
            environment=request.environment, **chosen, expires_at=ends, by=by
        )
    except Refusal as refusal:
        form.add_error("name", gettext(refusal.sentence))
        return _form(request, form)
    return page(
        request, "partners/dashboard/key_shown.html", {"section": "keys", "key": key, "text": text}
    )


def _form(request: MemberRequest, form: KeyForm) -> HttpResponse:
    context = {"section": "keys", "form": form}
    return page(
        request, "partners/dashboard/key_new.html", context, status=422 if form.errors else 200
    )


@require_http_methods(["GET", "HEAD", "POST"])
@live_confirmed
def rotate(request: MemberRequest, pk: int) -> HttpResponse:
    """Ask how long the old key keeps working, then show the new key once.

    A key that was already rotated shows its successor.
    """
    old, form, refused = _key(request, pk), RotateForm(request.POST or None), None
    if request.method == "POST" and form.is_valid():
        overlap = timedelta(hours=int(form.cleaned_data["overlap"]))
        try:
            key, text = actions.rotate_key(key=old, overlap=overlap, by=Actor.user(request.user))
        except Refusal as refusal:
            old, refused = _key(request, pk), refusal
        else:
            context = {"section": "keys", "key": key, "text": text, "old": _key(request, pk)}
            return page(request, "partners/dashboard/key_shown.html", context)
    context = {"section": "keys", "key": old, "form": form, "refusal": refused}
    return page(
        request,
        "partners/dashboard/key_rotate.html",
        context,
        status=422 if refused or form.errors else 200,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@owner_confirmed
def revoke(request: MemberRequest, pk: int) -> HttpResponse:
    """Ask for confirmation, then revoke the key."""
    key = _key(request, pk)
    if request.method != "POST":
        return page(request, "partners/dashboard/key_revoke.html", {"section": "keys", "key": key})
    actions.revoke_key(key=key, by=Actor.user(request.user))
    messages.success(request, gettext("The key %(name)s is revoked.") % {"name": key.name})
    return redirect("dashboard:keys", request.environment.mode)


def _key(request: MemberRequest, pk: int) -> ApiKey:
    rows = ApiKey.objects.select_related("environment__partner", "replaced_by__environment")
    return get_object_or_404(rows, environment=request.environment, pk=pk)

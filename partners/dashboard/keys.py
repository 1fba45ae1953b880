"""API keys of one environment. Owners create, rotate and revoke them; members see the list."""

from __future__ import annotations

from datetime import timedelta

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext, ngettext
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
from partners.keys import networks
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


class NetworksForm(forms.Form):
    """Where a key may be used from."""

    networks = forms.CharField(
        max_length=networks.MOST * (networks.LONGEST + 2),
        required=False,
        label=_("Addresses"),
        help_text=_(
            "The addresses or networks of your servers, one on a line, such as 203.0.113.0/24. "
            "Empty: the key works from everywhere."
        ),
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false", "autocomplete": "off"}),
    )


class KeyForm(NetworksForm):
    """A key's name, permissions, lifetime and addresses."""

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


class ReasonForm(forms.Form):
    """Why all keys are revoked."""

    reason = forms.CharField(
        max_length=500,
        label=_("Reason"),
        help_text=_("It is kept in the activity log."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


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
            environment=request.environment,
            **chosen,
            networks=networks.split(form.cleaned_data["networks"]),
            expires_at=ends,
            by=by,
        )
    except Refusal as refusal:
        field = "networks" if isinstance(refusal, networks.BadNetwork) else "name"
        form.add_error(field, gettext(refusal.sentence))
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


@require_http_methods(["GET", "HEAD", "POST"])
@owner_confirmed
def limit(request: MemberRequest, pk: int) -> HttpResponse:
    """Ask for the addresses that the key may be used from, then set them."""
    key = _key(request, pk)
    form = NetworksForm(request.POST or None, initial={"networks": "\n".join(key.networks)})
    if request.method == "POST" and form.is_valid():
        wanted = networks.split(form.cleaned_data["networks"])
        try:
            actions.limit_networks(key=key, networks=wanted, by=Actor.user(request.user))
        except Refusal as refusal:
            form.add_error("networks", gettext(refusal.sentence))
        else:
            messages.success(
                request, gettext("The addresses of %(name)s are saved.") % {"name": key.name}
            )
            return redirect("dashboard:keys", request.environment.mode)
    context = {"section": "keys", "key": key, "form": form}
    return page(
        request,
        "partners/dashboard/key_networks.html",
        context,
        status=422 if form.errors else 200,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@owner_confirmed
def revoke_all(request: MemberRequest) -> HttpResponse:
    """Ask for a reason, then revoke all keys of the partner, live and sandbox."""
    form, partner = ReasonForm(request.POST or None), request.environment.partner
    if request.method == "POST" and form.is_valid():
        reason, by = form.cleaned_data["reason"], Actor.user(request.user)
        count = actions.revoke_all(partner=partner, reason=reason, by=by)
        said = ngettext("%(count)s key is revoked.", "%(count)s keys are revoked.", count)
        messages.success(request, said % {"count": count})
        return redirect("dashboard:keys", request.environment.mode)
    count = ApiKey.objects.active(clock.now()).filter(environment__partner=partner).count()
    context = {"section": "keys", "form": form, "count": count}
    return page(
        request,
        "partners/dashboard/keys_revoke_all.html",
        context,
        status=422 if form.errors else 200,
    )


def _key(request: MemberRequest, pk: int) -> ApiKey:
    rows = ApiKey.objects.select_related("environment__partner", "replaced_by__environment")
    return get_object_or_404(rows, environment=request.environment, pk=pk)

"""The page where staff enter the one-time code for their first second factor."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.mfa.base.internal.flows import check_rate_limit
from django import forms
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from partners.people.enrolment import needs_code, redeem

SESSION_KEY = "enrolling"  # when the code was entered, and for which account
View = Callable[..., HttpResponseBase]


class CodeForm(forms.Form):
    """The code from a superuser or from ``create_staff``."""

    code = forms.CharField(max_length=40, label=_("One-time code"))
    code.widget.attrs |= {"autocomplete": "off", "autofocus": True, "spellcheck": "false"}

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_code(self) -> str:
        code: str = self.cleaned_data["code"]
        clear = check_rate_limit(self.user)
        if not redeem(user=self.user, code=code):
            raise forms.ValidationError(_("Incorrect or expired code."))
        clear()
        return code


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def enrol(request: HttpRequest) -> HttpResponse:
    """Ask for the code, then lead to the page that sets up factors."""
    if not needs_code(request.user):  # type: ignore[arg-type]
        return redirect("mfa_index")
    form = CodeForm(request.POST or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        request.session[SESSION_KEY] = [request.user.pk, time.time()]
        return redirect("mfa_index")
    return render(request, "account/enrol.html", {"form": form}, status=422 if form.errors else 200)


def with_code(view: View) -> View:
    """``view``, which adds a factor: staff without one enter their one-time code first."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        user = request.user
        if user.is_authenticated and needs_code(user):
            whose, at = request.session.get(SESSION_KEY, (None, 0))
            if whose != user.pk or time.time() - at > settings.ACCOUNT_REAUTHENTICATION_TIMEOUT:
                return redirect("enrol")
        return view(request, *args, **kwargs)

    return guarded

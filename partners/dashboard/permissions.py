"""Access to dashboard pages and their forms. Every page uses the decorator ``member``.

It sets ``request.environment``, the page's one environment, where every query starts. Rows of
other tenants give 404, never 403.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlencode, urlsplit

from allauth.account.internal.flows.reauthentication import is_reauthentication_required
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import Resolver404, resolve, reverse
from django.utils.cache import add_never_cache_headers
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from config.web.second_factor import ask_factor, has_factor, is_fresh
from partners.dashboard.rendering import page
from partners.models import Environment, Membership, Partner, Role, User

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

SESSION_KEY = "partner"


class MemberRequest(HttpRequest):
    """A request of a signed-in member, with the environment of the page."""

    user: User
    htmx: HtmxDetails
    environment: Environment
    membership: Membership
    memberships: list[Membership]


View = Callable[..., HttpResponseBase]


def form_only(view: View) -> View:
    """``view`` for POST only; a redirect after sign-in never leads to it."""
    guarded = require_POST(view)
    vars(guarded)["form_only"] = True
    return guarded


def signed_in(view: View) -> View:
    """``view`` for a signed-in user with a membership. Sets ``request.membership``."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return to_login(request)
        mine = cast("MemberRequest", request)
        mine.memberships = list(
            Membership.objects.filter(user=mine.user)
            .select_related("partner")
            .order_by("partner__name", "pk")
        )
        response: HttpResponseBase
        if must_enrol(mine):
            response = _to_enrolment(mine)
        elif not mine.memberships:
            response = page(request, "partners/dashboard/no_membership.html", {}, status=403)
        else:
            mine.membership = _in_use(mine)
            response = view(mine, *args, **kwargs)
        add_never_cache_headers(response)
        return response

    return guarded


def member(view: View) -> View:
    """``view`` for a member, in the mode of its path. Sets ``request.environment``."""

    @wraps(view)
    def guarded(request: MemberRequest, mode: str, *args: Any, **kwargs: Any) -> HttpResponseBase:
        partner = request.membership.partner
        request.environment = get_object_or_404(Environment, partner=partner, mode=mode)
        request.environment.partner = partner
        return view(request, *args, **kwargs)

    return signed_in(guarded)


@dataclass(frozen=True)
class Obstacle:
    """Why a member cannot act here: title, sentence, next step and HTTP status."""

    title: StrOrPromise
    sentence: StrOrPromise
    next_step: StrOrPromise
    status: int = 403


def obstacle(request: MemberRequest, role: Role) -> Obstacle | None:
    """Why this member cannot do an action that needs ``role``, or None.

    A form carries the environment of its page, so a form from an outdated tab changes nothing.
    """
    here = request.environment
    if request.method == "POST" and request.POST.get("environment") != str(here.pk):
        return Obstacle(
            _("This tab is out of date"),
            _("The form belongs to a page of another partner or environment. Nothing was changed."),
            gettext(
                "You are now in %(partner)s, %(mode)s. Open the page again and repeat the step."
            )
            % {"partner": here.partner.name, "mode": here.get_mode_display()},
            status=409,
        )
    if here.partner.status == Partner.Status.SUSPENDED:
        return Obstacle(
            gettext("%(partner)s is suspended") % {"partner": here.partner.name},
            _("While a partner is suspended, its dashboard is read-only."),
            _("Ask your contact at Phygitals to lift the suspension."),
        )
    if not Role(request.membership.role).includes(role):
        mine = request.membership.get_role_display().lower()
        sentence = gettext("Your role here is %(role)s. This needs %(needed)s.")
        text = sentence % {"role": mine, "needed": role.label.lower()}
        return Obstacle(
            _("Your role cannot do this"), text, _("Ask an owner of your team to change your role.")
        )
    return None


def may_act(request: MemberRequest, role: Role) -> bool:
    """Whether to show buttons for actions that need ``role``."""
    active = request.environment.partner.status == Partner.Status.ACTIVE
    return active and Role(request.membership.role).includes(role)


def owner_confirmed(view: View) -> View:
    """``view``, about keys or people, for an owner who recently confirmed their identity.

    Other owners confirm first and then return to the page. A form is not submitted again.
    """

    @wraps(view)
    def guarded(request: MemberRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        stop = obstacle(request, Role.OWNER)
        if stop:
            context = {
                "section": "keys" if "/developers/" in request.path else "team",
                "stop": stop,
            }
            return page(
                request, "dashboard/refused.html", context, part="dialog", status=stop.status
            )
        if is_reauthentication_required(request, app="dashboard"):
            team = reverse("dashboard:team", args=[request.environment.mode])
            back = urlencode({"next": _way_back(request, team)})
            return redirect(f"{reverse('account_reauthenticate')}?{back}")
        return view(request, *args, **kwargs)

    return member(guarded)


def live_confirmed(view: View) -> View:
    """``view``, which creates keys: for a live one the owner confirms a second factor first.

    An owner without one sets it up. An owner whose address is not verified verifies it first:
    somebody else may have opened the account with a link that was shown.
    """

    @wraps(view)
    def guarded(request: MemberRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.environment.is_live and not request.user.is_verified:
            messages.info(request, gettext("A live key requires a verified e-mail address."))
            return redirect("verify_address")
        if request.environment.is_live and not is_fresh(request):
            messages.info(request, gettext("A live key requires your second factor."))
            keys = reverse("dashboard:keys", args=[request.environment.mode])
            return ask_factor(request, _way_back(request, keys))
        return view(request, *args, **kwargs)

    return owner_confirmed(guarded)


def _way_back(request: HttpRequest, otherwise: str) -> str:
    """The requested page. For a form: the page that it was sent from, or ``otherwise``."""
    if request.method != "POST":
        return request.get_full_path()
    sent_from = request.headers.get("Referer", "")
    safe = url_has_allowed_host_and_scheme(
        sent_from, {request.get_host()}, require_https=request.is_secure()
    )
    return _page_or(urlsplit(sent_from).path if safe else "", otherwise)


def _page_or(address: str, otherwise: str) -> str:
    """``address`` if it accepts GET, else ``otherwise``."""
    try:
        found = resolve(urlsplit(address).path)
    except Resolver404:
        return otherwise
    return otherwise if getattr(found.func, "form_only", False) else address


def must_enrol(request: MemberRequest) -> bool:
    """Whether one of the member's partners requires a second factor and the member has none."""
    return any(one.partner.requires_factor for one in request.memberships) and not has_factor(
        request.user
    )


def _to_enrolment(request: MemberRequest) -> HttpResponse:
    """Redirect to the page where factors are set up."""
    sentence = gettext(
        "Your team requires a second factor. Set one up below, then go on to the dashboard."
    )
    messages.info(request, sentence)
    address = reverse("mfa_index")
    return HttpResponseClientRedirect(address) if request.htmx else redirect(address)


def _in_use(request: MemberRequest) -> Membership:
    """The membership of the partner chosen in this session, or the first one."""
    chosen = request.session.get(SESSION_KEY)
    return next(
        (one for one in request.memberships if one.partner_id == chosen), request.memberships[0]
    )


def to_login(request: HttpRequest) -> HttpResponse:
    """Redirect to the login page and back. A fragment's request redirects the whole page."""
    htmx, home = cast("MemberRequest", request).htmx, reverse("dashboard:home")
    if not htmx:
        return redirect_to_login(_way_back(request, home))
    back = urlencode({"next": _page_or(htmx.current_url_abs_path or home, home)})
    return HttpResponseClientRedirect(f"{reverse('dashboard:login')}?{back}")

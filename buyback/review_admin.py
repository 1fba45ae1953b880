"""The buttons of an open sale's page: hurry it, or say what became of it and have another person agree.

Each is a POST that shows a page which asks, and a second POST that acts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from buyback import review
from buyback.models import Buyback
from config.admin import ModelAdmin
from config.errors import Refusal
from partners.audited_admin import by

RIGHT = "buyback.resolve_review"


@dataclass(frozen=True)
class Step:
    """A button: its label, what its page asks and tells, and what it does; ``act`` returns what to say after."""

    label: str
    question: str
    consequence: str
    act: Callable[[HttpRequest, Buyback], str]
    wants_reason: bool = False


def _propose(outcome: str) -> Callable[[HttpRequest, Buyback], str]:
    def act(request: HttpRequest, sale: Buyback) -> str:
        review.propose(buyback=sale, outcome=outcome, reason=request.POST.get("reason", ""), by=by(request))
        return "Proposed. Another person must confirm it."

    return act


def _confirm(request: HttpRequest, sale: Buyback) -> str:
    closed = review.confirm(buyback=sale, by=by(request), proposal=_seen(request))
    return f"Confirmed. The sellback is {closed.get_state_display().lower()}."


def _withdraw(request: HttpRequest, sale: Buyback) -> str:
    review.withdraw(buyback=sale, by=by(request), proposal=_seen(request))
    return "Withdrawn. The sellback is still in review."


def _reconcile(request: HttpRequest, sale: Buyback) -> str:
    if review.reconcile_now(buyback=sale, by=by(request)):
        return "The sellback is closed now."
    return "Still open: it has no outcome yet, or its lease still runs. It is tried again every 15 seconds."


def _seen(request: HttpRequest) -> int:
    """The proposal that the page has shown; one that cannot be, of a form that names none."""
    sent = request.POST.get("proposal", "")
    return int(sent) if sent.isascii() and sent.isdigit() and len(sent) < 19 else 0


STEPS = {
    "reconcile": Step(
        "Reconcile now",
        "Ask the treasury about this sellback now?",
        "If it was paid, the sellback settles; if it was declined, the item is held again; else it stays open.",
        _reconcile,
    ),
    "settled": Step(
        "Propose: it was paid",
        "Propose that this sellback was paid?",
        "Nothing moves yet. When another person confirms, the sellback settles: the item counts as sold and paid.",
        _propose("settled"),
        wants_reason=True,
    ),
    "failed": Step(
        "Propose: it was not paid",
        "Propose that this sellback was not paid?",
        "Nothing moves yet. When another person confirms, the sellback fails and the user holds the item again.",
        _propose("failed"),
        wants_reason=True,
    ),
    "confirm": Step(
        "Confirm the proposal",
        "Confirm this proposal? This cannot be undone.",
        "The sellback ends as proposed, for good. You say that you have made sure of it yourself.",
        _confirm,
    ),
    "withdraw": Step(
        "Withdraw the proposal",
        "Withdraw this proposal?",
        "The sellback stays in review, and anybody may propose anew.",
        _withdraw,
    ),
}


def steps_of(request: HttpRequest, pk: str) -> dict[str, Step]:
    """The buttons that this person finds on the page of this sale."""
    try:
        sale = Buyback.objects.select_related("proposal").filter(pk=pk).first()
    except (ValidationError, ValueError):
        return {}
    if sale is None or not request.user.has_perm(RIGHT):
        return {}
    return {name: STEPS[name] for name in _names(sale, str(by(request)))}


def _names(sale: Buyback, person: str) -> tuple[str, ...]:
    if sale.state in review.RECONCILED:
        return ("reconcile",)
    if sale.state != Buyback.State.REVIEW:
        return ()
    proposal = getattr(sale, "proposal", None)
    if proposal is None:
        return ("settled", "failed")
    return ("withdraw",) if proposal.proposed_by == person else ("confirm", "withdraw")


def take_step(model_admin: ModelAdmin, request: HttpRequest, pk: UUID) -> HttpResponse:
    """Ask, or, once confirmed, act and go back to the sale, saying what came of it."""
    if not (model_admin.has_view_permission(request) and request.user.has_perm(RIGHT)):
        raise PermissionDenied
    sale = Buyback.objects.select_related("environment__partner", "item", "proposal").filter(pk=pk).first()
    step = STEPS.get(request.POST.get("step", ""))
    if sale is None or step is None:
        raise Http404("No such step")
    if "confirmed" not in request.POST:
        return _ask(model_admin, request, sale, step)
    try:
        messages.success(request, step.act(request, sale))
    except Refusal as refusal:
        messages.error(request, refusal.sentence)
    return HttpResponseRedirect(reverse("admin:buyback_buyback_change", args=[pk]))


def _ask(model_admin: ModelAdmin, request: HttpRequest, sale: Buyback, step: Step) -> HttpResponse:
    context: dict[str, Any] = {
        **model_admin.admin_site.each_context(request),
        "title": step.question,
        "opts": model_admin.opts,
        "sale": sale,
        "proposal": getattr(sale, "proposal", None),
        "step": step,
        "name": request.POST["step"],
    }
    return TemplateResponse(request, "admin/buyback/buyback/step.html", context)

"""Buttons on an admin page of a row: a POST shows a confirmation page, a second POST acts.

A step calls the same action as the API and the dashboard. Its refusal is shown on the row's page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_POST

from config.admin.model_admin import LookingAdmin
from config.foundation.errors import Refusal
from config.foundation.reasons import LONGEST_REASON, ReasonRequired
from config.web.second_factor import ask_factor, is_fresh


class NoQuestions(forms.Form):
    """A step without input."""


class ReasonForm(forms.Form):
    """A reason, stored permanently."""

    reason = forms.CharField(
        max_length=LONGEST_REASON,
        label="Why? Stored permanently, shown to admins only.",
        widget=forms.Textarea(attrs={"rows": 3, "cols": 70}),
        error_messages={"required": ReasonRequired.sentence},
    )


@dataclass(frozen=True)
class Step:
    """A button: its right, label, question, consequence, form and action.

    A ``fresh`` step asks for a second factor if the session has not used one recently.
    ``act`` gets the request, the row and the form's values. It returns the success message, or a
    page.
    """

    right: str
    label: str
    question: str
    consequence: str
    act: Callable[[HttpRequest, Any, dict[str, Any]], str | HttpResponse]
    form: type[forms.Form] = NoQuestions
    fresh: bool = False


class SteppedAdmin(LookingAdmin):
    """A page of a row with buttons. A subclass defines the steps, which apply, and facts."""

    change_form_template = "admin/stepped.html"
    steps: ClassVar[dict[str, Step]] = {}

    def offered(self, request: HttpRequest, row: Any) -> Iterable[str]:
        """Names of the steps that apply to this row in its state."""
        raise NotImplementedError

    def facts(self, row: Any) -> list[str]:
        """Facts about the row for the confirmation page."""
        raise NotImplementedError

    def hidden(self, row: Any) -> dict[str, Any]:
        """Hidden fields of the confirmation page: the values that it showed."""
        return {}

    def initial(self, row: Any) -> dict[str, Any]:
        """Initial values of a step's form, by field name."""
        return {}

    def get_urls(self) -> list[URLPattern]:
        """Before Django's own patterns, whose last one matches every address."""
        name = f"{self.opts.app_label}_{self.opts.model_name}_step"
        view = self.admin_site.admin_view(require_POST(self.step_view))
        return [path("<path:object_id>/step/", view, name=name), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        row = self.get_object(request, object_id)
        names = self.offered(request, row) if row is not None else ()
        may = {
            name: self.steps[name]
            for name in names
            if request.user.has_perm(self.steps[name].right)
        }
        more = {"steps": may, **(extra_context or {})}
        response: HttpResponse = super().change_view(request, object_id, form_url, more)
        return response

    def step_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show the confirmation page; once confirmed, act and return to the row with the result."""
        step = self.steps.get(request.POST.get("step", ""))
        if not self.has_view_permission(request) or (
            step and not request.user.has_perm(step.right)
        ):
            raise PermissionDenied
        row = self.get_object(request, object_id)
        if row is None or step is None:
            raise Http404("No such step")
        if step.fresh and not is_fresh(request):
            messages.info(request, "Confirm your second factor first, then repeat this step.")
            return ask_factor(request, self._address(row))
        form = step.form(
            request.POST if "confirmed" in request.POST else None, initial=self.initial(row)
        )
        if not form.is_valid():
            return self._ask(request, row, step, form)
        try:
            outcome = step.act(request, row, form.cleaned_data)
            if isinstance(outcome, HttpResponse):
                return outcome
            messages.success(request, outcome)
        except Refusal as refusal:
            messages.error(request, refusal.sentence)
        return HttpResponseRedirect(self._address(row))

    def _ask(self, request: HttpRequest, row: Any, step: Step, form: forms.Form) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": step.question,
            "opts": self.opts,
            "row": row,
            "row_address": self._address(row),
            "facts": self.facts(row),
            "hidden": self.hidden(row) | {"step": request.POST["step"], "confirmed": "yes"},
            "step": step,
            "form": form,
        }
        return TemplateResponse(request, "admin/step.html", context)

    def _address(self, row: Any) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[row.pk])

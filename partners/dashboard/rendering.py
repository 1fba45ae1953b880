"""Renders a page whole, or only its changing part for htmx."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django_htmx.middleware import HtmxDetails

from partners.dashboard.sections import SECTIONS
from partners.models import Mode

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True)
class Chip:
    """A filter in use: the parameter to remove, its label and its value in words."""

    name: str
    label: StrOrPromise
    text: StrOrPromise


def page(
    request: HttpRequest,
    template: str,
    context: dict[str, Any],
    *,
    part: str = "",
    status: int = 200,
) -> HttpResponse:
    """The whole page, or only ``part`` for an htmx request (not boosted, not restoring history)."""
    htmx = cast("HtmxDetails", getattr(request, "htmx", None))
    wants_part = bool(part and htmx and not htmx.boosted and not htmx.history_restore_request)
    context = {"modes": Mode.choices, "sections": SECTIONS, **context}
    response = render(
        request, f"{template}#{part}" if wants_part else template, context, status=status
    )
    patch_vary_headers(response, ["HX-Request"])
    return response

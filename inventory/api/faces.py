"""Public pictures that the project draws for cards."""

from __future__ import annotations

import hashlib
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseNotFound
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from inventory.faces.face import back_svg, face_svg
from inventory.models import Card

# A picture changes only when an import renames its card. Browsers may keep it for a month, and
# revalidate it in the background after a day.
CACHE = "public, max-age=86400, stale-while-revalidate=2592000"


@require_safe
def face(request: HttpRequest, public_id: str) -> HttpResponseBase:
    """The SVG picture of a card, by the id that the API shows; 404 for an unknown id."""
    # An id cannot contain NUL, and PostgreSQL would reject the comparison.
    found = None
    if "\x00" not in public_id:
        found = Card.objects.filter(public_id=public_id).values_list("name", "attributes").first()
    if found is None:
        return HttpResponseNotFound(
            "No such card", content_type="text/plain"
        )  # an image address, so the text is never shown
    name, attributes = found
    return _svg(request, face_svg(name, _texts(attributes)))


@require_safe
def back(request: HttpRequest) -> HttpResponseBase:
    """The SVG back that every card shares."""
    return _svg(request, back_svg())


def _texts(attributes: Any) -> dict[str, str]:
    """The readable attributes of a card. Malformed attributes are ignored."""
    rows = (
        [row for row in attributes if isinstance(row, dict)] if isinstance(attributes, list) else []
    )
    return {
        str(row["trait_type"]): str(row["value"])
        for row in rows
        if {"trait_type", "value"} <= set(row)
    }


def _svg(request: HttpRequest, picture: str) -> HttpResponseBase:
    etag = f'"{hashlib.sha256(picture.encode()).hexdigest()[:32]}"'
    response = HttpResponse(picture, content_type="image/svg+xml; charset=utf-8")
    response.headers["ETag"] = etag
    response.headers["Cache-Control"] = CACHE
    return get_conditional_response(request, etag, response=response) or response

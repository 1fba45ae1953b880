"""Public pages of the catalogue: the faces the project draws for its cards."""

from __future__ import annotations

import hashlib
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseNotFound
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from inventory.faces.face import back_svg, face_svg
from inventory.models import Card

# A face changes only when an import renames its card, so a browser may show its copy for a month;
# after a day it asks, in the background, whether the copy still holds.
CACHE = "public, max-age=86400, stale-while-revalidate=2592000"


@require_safe
def face(request: HttpRequest, public_id: str) -> HttpResponseBase:
    """The SVG face of a card, by the id the API shows; 404 for an id no card has."""
    # A NUL cannot be in an id, and the database would refuse to compare it.
    found = None
    if "\x00" not in public_id:
        found = Card.objects.filter(public_id=public_id).values_list("name", "attributes").first()
    if found is None:
        return HttpResponseNotFound(
            "No such card", content_type="text/plain"
        )  # not a page: nobody reads it
    name, attributes = found
    return _svg(request, face_svg(name, _texts(attributes)))


@require_safe
def back(request: HttpRequest) -> HttpResponseBase:
    """The SVG back every card shares."""
    return _svg(request, back_svg())


def _texts(attributes: Any) -> dict[str, str]:
    """What can be read of a card's attributes. A picture is no place to complain, so the rest is
    not drawn.
    """
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
    # Nothing in a face may run, should somebody open it by itself.
    response.headers["Content-Security-Policy"] = "default-src 'none'"
    return get_conditional_response(request, etag, response=response) or response

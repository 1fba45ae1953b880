"""The API description as JSON and as a page. Public: it contains no data."""

from __future__ import annotations

import gzip
import re
from functools import cache

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer
from drf_spectacular.views import SpectacularSwaggerSplitView
from rest_framework.permissions import AllowAny
from rest_framework.renderers import TemplateHTMLRenderer

ACCEPTS_GZIP = re.compile(r"\bgzip\b")


@cache
def document() -> bytes:
    """The whole description as JSON, built once for each process."""
    made = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    rendered: bytes = OpenApiJsonRenderer().render(made, renderer_context={})
    return rendered


@cache
def compressed() -> bytes:
    """``document``, compressed once."""
    return gzip.compress(document(), mtime=0)


@require_safe
def schema(request: HttpRequest) -> HttpResponse:
    """``GET /api/schema``: public, because it contains no data."""
    packed = ACCEPTS_GZIP.search(request.META.get("HTTP_ACCEPT_ENCODING", "")) is not None
    response = HttpResponse(
        compressed() if packed else document(), content_type="application/vnd.oai.openapi+json"
    )
    patch_vary_headers(response, ["Accept-Encoding"])
    if packed:
        response["Content-Encoding"] = "gzip"
    return response


class Docs(SpectacularSwaggerSplitView):
    """``GET /api/docs``: the description to read and try, with only our own scripts and styles."""

    permission_classes = [AllowAny]
    renderer_classes = [TemplateHTMLRenderer]
    url_name = "api-schema"

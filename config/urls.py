"""All addresses of the server."""

from __future__ import annotations

from django.conf import settings
from django.contrib import admin
from django.urls import include, path

from buyback.admin import home
from config import api
from config.openapi import pages as reference
from inventory.api import faces
from partners.api.views import UnknownRoute
from partners.models import Mode

urlpatterns = [
    path("faces/back.svg", faces.back),
    path("faces/<path:public_id>.svg", faces.face),
    path("api/schema", reference.schema, name="api-schema"),
    path("api/docs", reference.Docs.as_view(), name="api-docs"),
    path("api/v1", UnknownRoute.as_view(), {"mode": Mode.LIVE}),
    path("_/api/v1", UnknownRoute.as_view(), {"mode": Mode.SANDBOX}),
    path("api/v1/", include("config.api"), {"mode": Mode.LIVE}),
    path("_/api/v1/", include(api.sandbox_urlpatterns), {"mode": Mode.SANDBOX}),
    path("_/api/v1/", include("config.api"), {"mode": Mode.SANDBOX}),
    path(settings.ADMIN_PATH, home.home),
    path(f"{settings.ADMIN_PATH}exposure/", home.refresh, name="refresh_exposure"),
    path(settings.ADMIN_PATH, admin.site.urls),
    path("", include("partners.dashboard.accounts")),
    path("", include("config.dashboard")),
]

handler500 = "partners.dashboard.home.fault"

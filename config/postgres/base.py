"""The database engine `config.postgres`: starts or joins the embedded server when a connection is wanted."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    """Everything is Django's own but the host."""

    def get_connection_params(self) -> dict[str, Any]:
        from config import embedded

        params: dict[str, Any] = super().get_connection_params()
        params["host"] = embedded.join(settings.DATA_DIR, fast=getattr(settings, "EMBEDDED_FAST", False))
        return params

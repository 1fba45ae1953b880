"""`manage.py describe_api`: writes docs/api/openapi.json, which a test compares."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from config.openapi.pages import document


class Command(BaseCommand):
    """Write the API description."""

    help = "Write the API's OpenAPI description to docs/api/openapi.json."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        path = settings.BASE_DIR / "docs" / "api" / "openapi.json"
        path.write_text(
            json.dumps(json.loads(document()), indent=1, ensure_ascii=False) + "\n",
            encoding="utf-8",
        )
        self.stdout.write(f"{path.relative_to(settings.BASE_DIR)}")

"""The whole partner API on one page. ``config/urls.py`` includes it twice: live and sandbox."""

from __future__ import annotations

from typing import Any

urlpatterns: list[Any] = []

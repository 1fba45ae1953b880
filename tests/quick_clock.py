"""Celery's application for a fast beat in tests: ``celery -A tests.quick_clock beat``."""

from __future__ import annotations

from config.celery import SCHEDULE, app

app.conf.beat_schedule = {"close windows": SCHEDULE["close windows"] | {"schedule": 0.5}}

__all__ = ["app"]

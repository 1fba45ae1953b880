"""The models' declarations by name, for tests of the database."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.db import models

APPS = ("partners", "inventory", "buyback")


def our_models() -> list[type[models.Model]]:
    """Every model of ours that has a table."""
    return [model for app in APPS for model in apps.get_app_config(app).get_models()]


def field_label(field: models.Field[Any, Any]) -> str:
    """``app.Model.field``."""
    return f"{field.model._meta.label}.{field.name}"


def constraints() -> Iterator[str]:
    """Names of constraints that one row can break; a column's UNIQUE has the column's label."""
    for model in our_models():
        for constraint in model._meta.constraints:
            if not (isinstance(constraint, models.UniqueConstraint) and "id" in constraint.fields):
                yield constraint.name
        for field in model._meta.local_concrete_fields:
            if field.unique and not field.primary_key:
                yield field_label(field)


def triggers() -> Iterator[str]:
    """``app.Model:trigger`` of every trigger."""
    for model in our_models():
        for trigger in getattr(model._meta, "triggers", ()):
            yield f"{model._meta.label}:{trigger.name}"


def source(model: type[models.Model]) -> list[str]:
    """The source lines of the model's class."""
    return inspect.getsource(model).splitlines()

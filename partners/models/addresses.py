"""E-mail addresses in columns: stored, looked up and compared in one spelling."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import models

from config.foundation.email_address import canonical, canonical_or

# What the database itself checks: the characters of ``canonical``.
SPELLING = r"^[!-?\[-~]+@[a-z0-9]([a-z0-9.-]*[a-z0-9])?$"


if TYPE_CHECKING:
    EmailColumn = models.EmailField[Any, str]
else:
    EmailColumn = models.EmailField


class AddressField(EmailColumn):
    """An address in its canonical spelling, whichever spelling a form, a filter or a row gives."""

    def to_python(self, value: Any) -> Any:
        """Raises ValidationError."""
        if not value:
            return value
        try:
            return canonical(str(value))
        except ValueError as error:
            raise ValidationError(validate_email.message, code="invalid") from error

    def get_prep_value(self, value: Any) -> Any:
        # not CharField's, which calls to_python: a filter by nonsense finds nothing
        return _spelt(models.Field.get_prep_value(self, value))

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        value = _spelt(super().pre_save(model_instance, add))
        setattr(model_instance, self.attname, value)
        return value

    def deconstruct(self) -> Any:
        """As Django's field, because a migration imports nothing of ours."""
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.EmailField", args, kwargs


def _spelt(value: Any) -> Any:
    return canonical_or(value) if isinstance(value, str) else value

"""The one spelling in which e-mail addresses are stored and compared.

It is ASCII: lower case, NFC, and the domain as IDNA 2008 has it (UTS 46, non-transitional, as in
browsers). ``x@münchen.example`` and ``x@xn--mnchen-3ya.example`` are one address. A look-alike in
another script is another address, and its ``xn--`` shows. Mail goes to this spelling alone: other
programs map some letters (ß) to another domain.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Any

import idna
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import models

LONGEST = 254  # characters
# Quoted names ("a b"@…) are left out: each has many spellings.
_NAME = re.compile(r"[-!#$%&'*+/=?^_`{|}~0-9a-z]+(\.[-!#$%&'*+/=?^_`{|}~0-9a-z]+)*")
_DOMAIN = re.compile(r"[a-z0-9.-]+")


def canonical(text: str) -> str:
    """The stored spelling of an address. Raises ValueError if it is none that can be stored."""
    text = text.strip()
    if len(text) > LONGEST:
        raise ValueError("too long")
    name, _, domain = unicodedata.normalize("NFC", text).rpartition("@")
    name, domain = name.lower(), _ascii(domain)
    found = f"{name}@{domain}"
    if len(found) > LONGEST or not (_NAME.fullmatch(name) and _DOMAIN.fullmatch(domain)):
        raise ValueError("not an e-mail address")
    try:
        validate_email(found)
    except ValidationError as error:
        raise ValueError("not an e-mail address") from error
    return found


def canonical_or(text: str) -> str:
    """The stored spelling, or ``text`` itself, which then equals no stored address."""
    try:
        return canonical(text)
    except ValueError:
        return text


def _ascii(domain: str) -> str:
    """The domain in ASCII. Raises ValueError for labels that IDNA does not allow."""
    if domain.isascii() and "xn--" not in domain.lower():
        return domain.lower()
    # Decoded first, so that an A-label that spells its letters in another way is not kept.
    return idna.encode(idna.decode(domain, uts46=True), uts46=True).decode()


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

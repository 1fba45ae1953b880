"""A brake on guessing passwords, the same at every door that takes one: the dashboard's login and the admin's.

What is promised: within 15 minutes at most ten wrong passwords of one account from one network address are looked at,
and at most fifty from one address over all accounts, however many come at the very same time. Each attempt takes a
place before the password is looked at, by ``cache.add``, which gives a place to one caller alone on every cache; a
right password gives it back. There is no number to be counted up, so no failure is lost to another. What is not
promised: a cache that is emptied forgets, and whoever guesses from many addresses has as many chances. The address is
the one the server sees: behind a proxy that passes none on, all its callers are one.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth.forms import AuthenticationForm
from django.core.cache import cache
from django.core.exceptions import ValidationError

MOST_FAILURES = 10  # of one account from one address
MOST_OF_AN_ADDRESS = 50  # over all accounts
MEMORY_SECONDS = 15 * 60


class TooManyFailures(ValidationError):
    """This address has failed too often lately, for this account or for all together."""

    def __init__(self) -> None:
        super().__init__(
            "Too many failed attempts. Wait 15 minutes, then try again; the right password works then.",
            code="too_many_failures",
        )


@dataclass(frozen=True)
class Places:
    """So many failures of ``subject`` have a place; each is free again 15 minutes after it was taken."""

    subject: str
    most: int

    @property
    def keys(self) -> list[str]:
        """Hashed, so that the cache holds no e-mail address."""
        digest = hashlib.sha256(self.subject.encode()).hexdigest()
        return [f"login:{digest}:{number}" for number in range(self.most)]

    def take(self) -> str:
        """The key of a place that is now ours. Raises TooManyFailures if there is none left."""
        taken = cache.get_many(self.keys)
        for key in self.keys:
            if key not in taken and cache.add(key, 1, MEMORY_SECONDS):
                return key
        raise TooManyFailures

    def clear(self) -> None:
        """All free again."""
        cache.delete_many(self.keys)


class BrakedForm(AuthenticationForm):
    """E-mail address and password, looked at only while there have not been too many failures."""

    def clean(self) -> dict[str, Any]:
        """Check the pair. Raises ValidationError; TooManyFailures without looking at the password."""
        email, password = self.cleaned_data.get("username"), self.cleaned_data.get("password")
        if not email or not password:
            return super().clean()  # nothing was guessed
        address = self.request.META.get("REMOTE_ADDR", "") if self.request else ""
        account = Places(f"{email.lower()}\n{address}", MOST_FAILURES)
        place_of_account = account.take()
        try:
            place_of_address = Places(address, MOST_OF_AN_ADDRESS).take()
        except TooManyFailures:
            cache.delete(place_of_account)
            raise
        cleaned = super().clean()
        account.clear()
        cache.delete(place_of_address)  # its own alone: whoever has one account may still be guessing another's
        return cleaned


class AdminLoginForm(BrakedForm, AdminAuthenticationForm):
    """The admin's: staff alone get in."""

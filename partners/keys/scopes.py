"""Scopes of keys. A key without scopes has full access; every view names the scopes it needs."""

from __future__ import annotations

from collections.abc import Iterable

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from config.foundation.codes import Code
from config.foundation.errors import Refusal
from partners.models import ApiKey, Scope

EVERY = tuple(Scope)  # for calls that affect everything, such as emptying a sandbox


class InsufficientScope(Refusal):
    """The key opens this environment, but not this call."""

    code = Code.INSUFFICIENT_SCOPE
    sentence, status = "Insufficient scope", 403


class UnknownScope(Refusal):
    """No call uses this scope."""

    code = Code.UNKNOWN_SCOPE
    sentence = f"A key's scopes are any of {', '.join(Scope)}"


def clean_scopes(scopes: Iterable[str]) -> list[str]:
    """The scopes without duplicates, in the order of ``Scope``. Raises UnknownScope."""
    wanted = set(scopes)
    if not wanted <= set(Scope):
        raise UnknownScope
    return [str(scope) for scope in Scope if scope in wanted]


class HasScope(BasePermission):
    """Refuses a scoped key that lacks the view's scopes."""

    def has_permission(self, request: Request, view: object) -> bool:
        key, wanted = request.auth, getattr(view, "scopes", EVERY)
        if isinstance(key, ApiKey) and key.scopes and not set(wanted) <= set(key.scopes):
            raise InsufficientScope
        return True

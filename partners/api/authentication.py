"""Authentication: an ``X-API-Key`` opens one environment, on that environment's base URL only."""

from __future__ import annotations

from typing import Any

from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from config.foundation import clock
from config.foundation.errors import InvalidApiKey
from partners.keys.api_keys import find, touch
from partners.models import ApiKey


class KeyAuthentication(BaseAuthentication):
    """Sets ``request.auth`` to the ApiKey, with its environment and partner. There is no user."""

    def authenticate(self, request: Request) -> tuple[None, ApiKey]:
        """Raises InvalidApiKey for a missing, unknown, revoked, expired or suspended key.

        A key of the other mode, or from an address that it is not for, is refused in the same way.
        """
        mode = str(request.parser_context["kwargs"]["mode"])
        address = request.META.get("REMOTE_ADDR", "")
        key = find(request.META.get("HTTP_X_API_KEY", ""), mode, address=address)
        if key is None:
            raise InvalidApiKey
        touch(key, clock.now())
        return None, key


class HasKey(BasePermission):
    """Allows callers with a key. The project's default permission refuses everyone."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return isinstance(request.auth, ApiKey)


class Nobody(BasePermission):
    """The default permission: a view that does not name its callers refuses all of them."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return False

"""Who is calling: ``X-API-Key`` opens one environment, on that environment's own base only."""

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
    """Sets ``request.auth`` to the ApiKey, its environment and partner loaded; there is no user
    behind a key.
    """

    def authenticate(self, request: Request) -> tuple[None, ApiKey]:
        """Raises InvalidApiKey for a key that is missing, unknown, revoked, expired, suspended, or
        of the other mode.
        """
        mode = str(request.parser_context["kwargs"]["mode"])
        key = find(request.META.get("HTTP_X_API_KEY", ""), mode)
        if key is None:
            raise InvalidApiKey
        touch(key, clock.now())
        return None, key


class HasKey(BasePermission):
    """Opens a view to callers with a key. The project's default permission refuses everybody."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return isinstance(request.auth, ApiKey)


class Nobody(BasePermission):
    """The default: a view that forgets to say who may call it answers nobody."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return False

"""Invitations as rows, without the rules of inviting."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any

from partners.models import Invitation, Partner
from tests.world import NOW


def make_invitation(partner: Partner, email: str = "", **fields: Any) -> Invitation:
    """An open invitation for a viewer, with an unknown link."""
    known: dict[str, Any] = {
        "role": "viewer",
        "digest": secrets.token_bytes(32),
        "created_by": "system",
    }
    known |= {
        "email": email or f"{secrets.token_hex(4)}@x.test",
        "expires_at": NOW + timedelta(days=7),
    }
    return Invitation.objects.create(partner=partner, **known | fields)

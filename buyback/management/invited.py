"""What a command prints about an invitation that it made."""

from __future__ import annotations

from django.conf import settings

from partners.models import Invitation
from partners.people.invitations import address, mail


def handed_over(invitation: Invitation, secret: str) -> str:
    """Mail the link, or show it. A link without a host cannot be mailed: see ``PUBLIC_URL``."""
    link = address(secret, "")
    if settings.PUBLIC_URL and mail(invitation, link):
        return f"The invitation was sent to {invitation.email}."
    return f"Invitation link, shown once: {link}"

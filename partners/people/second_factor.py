"""Who needs a second factor, and removing the factors of a user who lost them."""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from django.db import transaction

from partners.models import Membership, User
from partners.records import audit
from partners.records.actor import Actor


def must_have_factor(user: User) -> bool:
    """Staff always; a member if one of their partners requires it."""
    return (
        user.is_staff
        or Membership.objects.filter(user=user, partner__requires_factor=True).exists()
    )


def remove_factors(*, user: User, by: Actor) -> int:
    """Remove all factors and recovery codes; returns how many.

    If the user needs a factor, the next login sets one up.
    """
    with transaction.atomic():
        rows = Authenticator.objects.select_for_update().filter(user=user)
        kinds = sorted(rows.values_list("type", flat=True))
        if kinds:
            rows.delete()
            audit.record(
                actor=by, action="user.factors_removed", target=user, before={"factors": kinds}
            )
    return len(kinds)

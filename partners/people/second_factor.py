"""Who needs a second factor, and removing the factors of a user who lost them."""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.db.models.functions import Now

from partners.models import Membership, User
from partners.records import audit
from partners.records.actor import Actor


def must_have_factor(user: User) -> bool:
    """Staff always; a member if one of their partners requires it."""
    return (
        user.is_staff
        or Membership.objects.filter(user=user, partner__requires_factor=True).exists()
    )


def distrust(*, user: User) -> None:
    """Someone else changed what this account signs in with: from now on it is recent.

    A recent account confirms nothing (``partners.decisions.dual_control``).
    """
    User.objects.filter(pk=user.pk).update(trusted_since=Now())


def remove_factors(*, user: User, by: Actor) -> int:
    """Remove all factors and recovery codes; returns how many.

    If the user needs a factor, the next login sets one up.
    """
    with transaction.atomic():
        rows = Authenticator.objects.select_for_update().filter(user=user)
        kinds = sorted(rows.values_list("type", flat=True))
        if kinds:
            rows.delete()
            distrust(user=user)
            audit.record(
                actor=by, action="user.factors_removed", target=user, before={"factors": kinds}
            )
    return len(kinds)

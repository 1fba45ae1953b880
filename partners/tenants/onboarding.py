"""A partner's beginning, its name, and its suspension. Every action is audited in its own
transaction.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.db import transaction

from config.foundation.codes import Code
from config.foundation.errors import Refusal
from config.foundation.names import clean_name
from config.foundation.reasons import clean_reason
from partners.keys.api_keys import issue_key
from partners.models import ApiKey, Environment, Invitation, Mode, Partner, Role
from partners.people.invitations import invite
from partners.records import audit
from partners.records.actor import Actor

FIRST_KEY = "First key"
SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


class BadSlug(Refusal):
    """A slug that cannot stand in an address or a command."""

    code = Code.INVALID_SLUG
    sentence = "A slug has 1 to 60 lower-case letters, digits and single hyphens between them"


class SlugTaken(Refusal):
    """Another partner has this slug."""

    code = Code.SLUG_TAKEN
    sentence = "Another partner has this slug"


def create_partner(*, name: str, slug: str, by: Actor) -> Partner:
    """A new active partner with its live and its sandbox environment. Raises BadName, BadSlug,
    SlugTaken.
    """
    name = clean_name(name, limit=200)
    if len(slug) > 60 or not SLUG.fullmatch(slug):
        raise BadSlug
    with transaction.atomic():
        partner, created = Partner.objects.get_or_create(slug=slug, defaults={"name": name})
        if not created:
            raise SlugTaken
        Environment.objects.bulk_create(Environment(partner=partner, mode=mode) for mode in Mode)
        audit.record(
            actor=by,
            action="partner.created",
            target=partner,
            partner=partner,
            after={"name": name, "slug": slug, "status": partner.status},
        )
    return partner


@dataclass(frozen=True, slots=True)
class Onboarded:
    """A partner that can begin: its first owner's invitation with its secret, and a key to each
    environment with its text, all shown this once.
    """

    partner: Partner
    invitation: Invitation
    secret: str
    keys: list[tuple[ApiKey, str]]


def onboard_partner(*, name: str, slug: str, owner: str, by: Actor) -> Onboarded:
    """A partner, both its environments, its owner invited by e-mail address, a first key to each:
    all or nothing.

    Raises BadName, BadSlug, SlugTaken, BadEmail.
    """
    with transaction.atomic():
        partner = create_partner(name=name, slug=slug, by=by)
        invitation, secret = invite(partner=partner, email=owner, role=Role.OWNER, by=by)
        environments = partner.environments.select_related("partner").order_by("mode")
        keys = [
            issue_key(environment=environment, name=FIRST_KEY, by=by)
            for environment in environments
        ]
    return Onboarded(partner, invitation, secret, keys)


def rename_partner(*, partner: Partner, name: str, by: Actor) -> Partner:
    """Another name, the same slug. Raises BadName."""
    return _change(partner, "partner.renamed", "name", clean_name(name, limit=200), by)


def suspend_partner(*, partner: Partner, reason: str, by: Actor) -> Partner:
    """From the next call on, the partner's keys answer 401 and its dashboard is read-only. Safe to
    repeat.

    Raises ReasonRequired.
    """
    return _change(
        partner, "partner.suspended", "status", Partner.Status.SUSPENDED, by, clean_reason(reason)
    )


def reactivate_partner(*, partner: Partner, reason: str, by: Actor) -> Partner:
    """The partner's keys and dashboard work again. Safe to repeat. Raises ReasonRequired."""
    return _change(
        partner, "partner.reactivated", "status", Partner.Status.ACTIVE, by, clean_reason(reason)
    )


def require_factor(*, partner: Partner, required: bool, by: Actor) -> Partner:
    """Whether every member needs a second factor to see the dashboard. From the next page on; safe
    to repeat.
    """
    return _change(partner, "partner.factor_requirement_changed", "requires_factor", required, by)


def _change(  # noqa: PLR0917  (one row, one field, and who and why)
    partner: Partner, action: str, field: str, value: str | bool, by: Actor, reason: str = ""
) -> Partner:
    """Set one field of the locked row; nothing is written or audited where it already holds
    ``value``.
    """
    with transaction.atomic():
        locked = Partner.objects.select_for_update(no_key=True).get(pk=partner.pk)
        before = getattr(locked, field)
        if before != value:
            setattr(locked, field, value)
            locked.save(update_fields=[field])
            audit.record(
                actor=by,
                action=action,
                target=locked,
                partner=locked,
                before={field: before},
                after={field: value} | ({"reason": reason} if reason else {}),
            )
    return locked

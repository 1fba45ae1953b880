"""Creating, renaming and suspending partners. Every action is audited in its transaction."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.db import transaction

from config.foundation.codes import Code
from config.foundation.errors import Refusal
from config.foundation.names import clean_name
from config.foundation.reasons import clean_reason
from partners.decisions.access import propose_owner
from partners.keys.api_keys import issue_key
from partners.models import AccessProposal, ApiKey, Environment, Mode, Partner
from partners.records import audit
from partners.records.actor import Actor

FIRST_KEY, FIRST_OWNER = "First key", "First owner of a new partner"
SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


class BadSlug(Refusal):
    """The slug cannot be used in an address or a command."""

    code = Code.INVALID_SLUG
    sentence = "A slug has 1 to 60 lower-case letters, digits and single hyphens between them"


class SlugTaken(Refusal):
    """Another partner has this slug."""

    code = Code.SLUG_TAKEN
    sentence = "Another partner has this slug"


def create_partner(*, name: str, slug: str, by: Actor) -> Partner:
    """A new active partner with live and sandbox. Raises BadName, BadSlug, SlugTaken."""
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
    """A new partner: the proposal of its first owner, and its sandbox key, shown once."""

    partner: Partner
    proposal: AccessProposal
    key: ApiKey
    text: str


def onboard_partner(*, name: str, slug: str, owner: str, by: Actor) -> Onboarded:
    """Create a partner, both environments and a sandbox key, and propose its first owner.

    The owner is invited when another person confirms, and creates the live keys. All or nothing.
    Raises BadName, BadSlug, SlugTaken, BadEmail, PeopleOnly.
    """
    with transaction.atomic():
        partner = create_partner(name=name, slug=slug, by=by)
        proposal = propose_owner(partner=partner, email=owner, reason=FIRST_OWNER, by=by)
        sandbox = partner.environments.select_related("partner").get(mode=Mode.SANDBOX)
        key, text = issue_key(environment=sandbox, name=FIRST_KEY, by=by)
    return Onboarded(partner, proposal, key, text)


def rename_partner(*, partner: Partner, name: str, by: Actor) -> Partner:
    """Change the name; the slug stays. Raises BadName."""
    return _change(partner, "partner.renamed", "name", clean_name(name, limit=200), by)


def suspend_partner(*, partner: Partner, reason: str, by: Actor) -> Partner:
    """Suspend: from the next call, keys answer 401 and the dashboard is read-only. Repeatable.

    Raises ReasonRequired.
    """
    return _change(
        partner, "partner.suspended", "status", Partner.Status.SUSPENDED, by, clean_reason(reason)
    )


def reactivate_partner(*, partner: Partner, reason: str, by: Actor) -> Partner:
    """Make the partner's keys and dashboard work again. Repeatable. Raises ReasonRequired."""
    return _change(
        partner, "partner.reactivated", "status", Partner.Status.ACTIVE, by, clean_reason(reason)
    )


def require_factor(*, partner: Partner, required: bool, by: Actor) -> Partner:
    """Set whether members need a second factor for the dashboard. Repeatable."""
    return _change(partner, "partner.factor_requirement_changed", "requires_factor", required, by)


def _change(  # noqa: PLR0917  (one row, one field, and who and why)
    partner: Partner, action: str, field: str, value: str | bool, by: Actor, reason: str = ""
) -> Partner:
    """Set one field of the locked row. An unchanged value is neither written nor audited."""
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

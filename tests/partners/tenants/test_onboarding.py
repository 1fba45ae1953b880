"""Partners: created with both environments, renamed, suspended, reinstated, and audited."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from config.foundation.errors import Refusal
from config.foundation.names import BadName
from config.foundation.reasons import ReasonRequired
from partners.keys.api_keys import find
from partners.models import ApiKey, AuditEntry, Environment, Invitation, Partner, User
from partners.people.team import BadEmail
from partners.records.actor import SYSTEM, Actor
from partners.tenants import onboarding
from partners.tenants.onboarding import (
    BadSlug,
    SlugTaken,
    create_partner,
    onboard_partner,
    reactivate_partner,
    rename_partner,
    suspend_partner,
)
from tests.world import make_partner

ANNA = Actor("user", "anna@x.test")


def _audited() -> list[str]:
    return list(AuditEntry.objects.order_by("created_at", "id").values_list("action", flat=True))


def test_it_makes_both_environments(db: None) -> None:
    partner = create_partner(name="  Tidewater  ", slug="tidewater-2", by=SYSTEM)
    assert (partner.name, partner.slug, partner.status) == ("Tidewater", "tidewater-2", "active")
    assert sorted(partner.environments.values_list("mode", flat=True)) == ["live", "sandbox"]
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.partner, entry.actor) == ("partner.created", partner, "system")
    assert entry.after == {"name": "Tidewater", "slug": "tidewater-2", "status": "active"}


@pytest.mark.parametrize(
    ("name", "slug", "error"),
    [
        ("", "ok", BadName),
        ("   ", "ok", BadName),
        ("x" * 201, "ok", BadName),
        ("a\x00b", "ok", BadName),
        ("a\ud800", "ok", BadName),
        ("line\nline", "ok", BadName),
        ("Ok", "", BadSlug),
        ("Ok", "Upper", BadSlug),
        ("Ok", "two--hyphens", BadSlug),
        ("Ok", "-start", BadSlug),
        ("Ok", "ok\n", BadSlug),
        ("Ok", "é", BadSlug),
        ("Ok", "x" * 61, BadSlug),
        ("Ok", "taken", SlugTaken),
    ],
)
def test_it_refuses_a_name_or_slug_and_makes_nothing(
    db: None, name: str, slug: str, error: type[Refusal]
) -> None:
    make_partner(slug="taken")
    with pytest.raises(error):
        create_partner(name=name, slug=slug, by=SYSTEM)
    assert (Partner.objects.count(), Environment.objects.count(), AuditEntry.objects.count()) == (
        1,
        0,
        0,
    )


def test_it_suspends_and_reactivates(db: None) -> None:
    partner = make_partner()
    assert suspend_partner(partner=partner, reason="so", by=SYSTEM).status == "suspended"
    assert reactivate_partner(partner=partner, reason="so", by=SYSTEM).status == "active"
    assert _audited() == ["partner.suspended", "partner.reactivated"]
    assert AuditEntry.objects.filter(action="partner.suspended").values_list(
        "before", "after"
    ).get() == (
        {"status": "active"},
        {"status": "suspended", "reason": "so"},
    )


def test_it_audits_a_repeated_suspension_once(db: None) -> None:
    partner = make_partner()
    for _ in range(2):
        suspend_partner(partner=partner, reason="so", by=SYSTEM)
    assert _audited() == ["partner.suspended"]


def test_it_onboards_with_a_proposed_owner_and_a_sandbox_key(db: None) -> None:
    begun = onboard_partner(name="Tidewater", slug="tidewater", owner="Mia@Tidewater.test", by=ANNA)
    assert (begun.proposal.email, begun.proposal.kind) == ("mia@tidewater.test", "owner")
    assert not User.objects.exists()
    assert not Invitation.objects.exists()
    assert find(begun.text, "sandbox") == begun.key == ApiKey.objects.get()
    assert _audited() == ["partner.created", "access.proposed", "api_key.issued"]


@pytest.mark.parametrize(
    ("change", "error"),
    [({"owner": "nobody"}, BadEmail), ({"slug": "taken"}, SlugTaken), ({"name": " "}, BadName)],
    ids=["owner", "slug", "name"],
)
def test_it_onboards_all_or_nothing(db: None, change: dict[str, str], error: type[Refusal]) -> None:
    make_partner(slug="taken")
    with pytest.raises(error):
        onboard_partner(**{"name": "Ok", "slug": "ok", "owner": "mia@ok.test"} | change, by=ANNA)
    rows = (Partner, Environment, ApiKey, Invitation, User, AuditEntry)
    assert [model._default_manager.count() for model in rows] == [1, 0, 0, 0, 0, 0]


def test_it_rolls_everything_back_when_the_last_step_fails(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(**_: object) -> None:
        raise ConnectionError

    monkeypatch.setattr(onboarding, "issue_key", lost)
    with pytest.raises(ConnectionError):
        onboard_partner(name="Ok", slug="ok", owner="mia@ok.test", by=ANNA)
    assert (Partner.objects.count(), Invitation.objects.count(), AuditEntry.objects.count()) == (
        0,
        0,
        0,
    )


@pytest.mark.parametrize("act", [suspend_partner, reactivate_partner])
def test_it_requires_a_reason(db: None, act: Callable[..., Partner]) -> None:
    partner = make_partner()
    with pytest.raises(ReasonRequired):
        act(partner=partner, reason=" ", by=SYSTEM)
    assert not AuditEntry.objects.exists()


def test_it_renames(db: None) -> None:
    partner = make_partner(name="Old")
    rename_partner(partner=partner, name="New", by=SYSTEM)
    partner.refresh_from_db()
    assert (partner.name, _audited()) == ("New", ["partner.renamed"])


def test_it_refuses_a_bad_name_and_keeps_the_old_one(db: None) -> None:
    partner = make_partner(name="Old")
    with pytest.raises(BadName):
        rename_partner(partner=partner, name=" ", by=SYSTEM)
    partner.refresh_from_db()
    assert (partner.name, _audited()) == ("Old", [])

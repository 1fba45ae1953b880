"""Partners: made with both environments, renamed, suspended, reactivated; each once, each audited."""

from __future__ import annotations

import pytest

from config.errors import Refusal
from partners.actor import SYSTEM
from partners.models import AuditEntry, Environment, Partner
from partners.names import BadName
from partners.onboarding import (
    BadSlug,
    SlugTaken,
    create_partner,
    reactivate_partner,
    rename_partner,
    suspend_partner,
)
from tests.world import make_partner


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
def test_it_refuses_a_name_or_slug_and_makes_nothing(db: None, name: str, slug: str, error: type[Refusal]) -> None:
    make_partner(slug="taken")
    with pytest.raises(error):
        create_partner(name=name, slug=slug, by=SYSTEM)
    assert (Partner.objects.count(), Environment.objects.count(), AuditEntry.objects.count()) == (1, 0, 0)


def test_it_suspends_and_reactivates(db: None) -> None:
    partner = make_partner()
    assert suspend_partner(partner=partner, by=SYSTEM).status == "suspended"
    assert reactivate_partner(partner=partner, by=SYSTEM).status == "active"
    assert _audited() == ["partner.suspended", "partner.reactivated"]
    assert AuditEntry.objects.filter(action="partner.suspended").values_list("before", "after").get() == (
        {"status": "active"},
        {"status": "suspended"},
    )


def test_it_audits_a_repeated_suspension_once(db: None) -> None:
    partner = make_partner()
    for _ in range(2):
        suspend_partner(partner=partner, by=SYSTEM)
    assert _audited() == ["partner.suspended"]


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

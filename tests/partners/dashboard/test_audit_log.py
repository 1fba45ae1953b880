"""The audit log: what owners see, and that others do not."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from partners.dashboard import paging
from partners.models import AuditEntry
from tests.dashboard.steps import HTMX, signed_in
from tests.world import NOW, World, make_audit_entry

AUDIT = "/dashboard/live/audit/"


def written(world: World) -> None:
    for partner, actor in ((world.northwind, "user:a@x.test"), (world.juniper, "user:b@x.test")):
        make_audit_entry(
            partner=partner.partner,
            actor=actor,
            action="member.role_changed",
            target="partners.membership:7",
            before={"role": "viewer", "email": "c@x.test"},
            after={"role": "owner", "email": "c@x.test"},
            request_id="request-7",
        )


def test_it_shows_who_changed_what(world: World) -> None:
    written(world)
    page = signed_in(world.northwind.owner).get(AUDIT)
    (entry,) = page.context["page"].rows
    assert entry.changes == [("role", "viewer", "owner")]
    text = page.content.decode()
    for part in (
        "a@x.test",
        "member.role_changed",
        "partners.membership:7",
        "request-7",
        "<del>viewer</del>",
    ):
        assert part in text
    assert "b@x.test" not in text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("actor=A@x", 1),
        ("actor=b@x", 0),
        ("action=member.", 1),
        ("action=role", 0),
        ("target=membership:7", 1),
        ("request=request-7", 1),
        ("request=request", 0),
        ("actor=%00", 0),
    ],
)
def test_it_filters(world: World, query: str, found: int) -> None:
    written(world)
    page = signed_in(world.northwind.owner).get(f"{AUDIT}?{query}", headers=HTMX)
    assert len(page.context["page"].rows) == found


def test_it_pages_by_keyset(
    world: World, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(120):
        make_audit_entry(partner=world.northwind.partner, target=f"row:{number}")
    client, seen, after = signed_in(world.northwind.owner), [], ""
    while True:
        with django_assert_num_queries(6):
            found = client.get(AUDIT, {"after": after}).context["page"]
        seen += [row.pk for row in found.rows]
        after = found.next
        if not after:
            break
    assert seen == list(
        AuditEntry.objects.order_by("-created_at", "-id").values_list("pk", flat=True)
    )


def test_it_searches_a_limited_number_of_entries(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "LOOK_THROUGH", 3)
    for number in range(4):
        make_audit_entry(
            partner=world.northwind.partner,
            target=f"row:{number}",
            created_at=NOW + timedelta(days=number),
        )
    client = signed_in(world.northwind.owner)
    first = client.get(AUDIT + "?target=row:0")
    assert (first.context["page"].rows, first.context["page"].cut) == ([], True)
    assert "No match in the newest 5,000" in first.content.decode()
    second = client.get(AUDIT, {"target": "row:0", "after": first.context["page"].next})
    assert [row.target for row in second.context["page"].rows] == ["row:0"]


def test_it_redirects_other_roles_to_the_team(world: World) -> None:
    assert "Back to Team" in signed_in(world.northwind.operator).get(AUDIT).content.decode()


def test_it_says_what_there_is_when_there_is_nothing(world: World) -> None:
    client = signed_in(world.northwind.owner)
    assert "Nothing yet" in client.get(AUDIT).content.decode()
    assert "No entry matches" in client.get(AUDIT + "?actor=x").content.decode()

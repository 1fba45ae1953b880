"""Guards and alerts in the admin: old and new values are shown before a change, by permission."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from buyback.models import Alert, TreasuryControl
from partners.models import AuditEntry
from tests.admin.conftest import address, make_staff, signed_in, snapshot
from tests.world import World, make_alert, make_treasury_control

YES = {"confirmed": "yes"}
CHANGE = address(TreasuryControl, "change", 1)
ADD = address(TreasuryControl, "add")


@pytest.fixture
def admin(world: World) -> Client:
    return signed_in(world.admin)


def filled(client: Client, path: str, **changes: Any) -> dict[str, Any]:
    """The form's data as a browser would send it, with these changes."""
    form = client.get(path).context["adminform"].form
    sent = {bound.html_name: bound.value() for bound in form} | {"reason": "because"} | changes
    return {name: value for name, value in sent.items() if value not in (None, False)}


def audited() -> list[tuple[str, Any, Any]]:
    return list(AuditEntry.objects.values_list("actor", "before", "after"))


def test_it_asks_before_it_pauses(admin: Client) -> None:
    make_treasury_control()
    sent, before = filled(admin, CHANGE, paused="on"), snapshot()
    page = admin.post(CHANGE, sent)
    assert page.context["changes"] == [("Paused", "no", "yes")]
    assert snapshot() == before
    confirmed = dict(page.context["sent"]) | YES
    assert admin.post(CHANGE, confirmed).status_code == 302
    assert TreasuryControl.objects.get().paused
    assert audited() == [
        ("user:admin@phygitals.test", {"paused": False}, {"paused": True, "reason": "because"})
    ]


def test_it_makes_the_one_row(admin: Client) -> None:
    sent = filled(admin, ADD, cap_per_sale="500")
    assert admin.post(ADD, sent).context["changes"] == [("Cap per sale", "no limit", "$500.00")]
    assert not TreasuryControl.objects.exists()
    assert admin.post(ADD, sent | YES).status_code == 302
    assert TreasuryControl.objects.get().cap_per_sale == Decimal(500)
    assert admin.get(ADD).status_code == 403


@pytest.mark.parametrize("confirmed", [{}, YES])
@pytest.mark.parametrize(
    "change", [{"reason": ""}, {"reason": "x" * 501}, {"cap_per_hour": "0"}, {"cap_per_hour": "x"}]
)
def test_it_refuses_a_form_that_is_not_in_order(
    admin: Client, change: dict[str, str], confirmed: dict[str, str]
) -> None:
    make_treasury_control(paused=True)
    before = snapshot()
    page = admin.post(CHANGE, filled(admin, CHANGE, **change) | confirmed)
    assert page.context["adminform"].form.errors
    assert snapshot() == before


def test_it_does_not_overwrite_a_change_made_since(admin: Client) -> None:
    row = make_treasury_control()
    sent = filled(admin, CHANGE, cap_per_sale="50")
    row.paused = True
    row.save()
    before = snapshot()
    page = admin.post(CHANGE, sent | YES, follow=True)
    assert "Someone else changed these settings." in page.content.decode()
    assert snapshot() == before


@pytest.mark.parametrize("rights", [[], ["view"]])
def test_it_is_set_by_those_who_may(world: World, admin: Client, rights: list[str]) -> None:
    make_treasury_control()
    sent = filled(admin, CHANGE, paused="on")
    staff = signed_in(make_staff(rights))
    page, before = staff.get(CHANGE), snapshot()
    assert page.status_code == (200 if rights else 403)
    assert b'name="reason"' not in page.content
    assert b'name="_save"' not in page.content
    for path in (CHANGE, ADD, address(TreasuryControl, "delete", 1)):
        for confirmed in ({}, YES):
            assert staff.post(path, sent | confirmed).status_code == 403
    assert snapshot() == before


def test_it_is_never_deleted(admin: Client) -> None:
    make_treasury_control()
    assert admin.post(address(TreasuryControl, "delete", 1), {"post": "yes"}).status_code == 403
    assert TreasuryControl.objects.count() == 1


def mark(client: Client, *alerts: Alert) -> None:
    sent = {"action": "mark_as_seen", "_selected_action": [str(alert.pk) for alert in alerts]}
    client.post(address(Alert, "changelist"), sent)


def test_it_marks_alerts_as_seen(world: World, admin: Client) -> None:
    alerts = [make_alert(world.northwind.live) for _ in range(3)]
    mark(admin, *alerts[:2])
    assert [Alert.objects.get(pk=alert.pk).seen_at is not None for alert in alerts] == [
        True,
        True,
        False,
    ]
    assert (
        AuditEntry.objects.filter(action="alert.seen", partner=world.northwind.partner).count() == 2
    )
    unseen = (
        admin.get(address(Alert, "changelist"), {"seen_at__isempty": "1"}).context["cl"].result_list
    )
    assert list(unseen) == alerts[2:]


@pytest.mark.parametrize("rights", [[], ["view"], ["resolve"]])
def test_it_lets_only_those_who_may_mark_alerts(world: World, rights: list[str]) -> None:
    alert = make_alert(world.northwind.live)
    mark(signed_in(make_staff(rights)), alert)
    assert Alert.objects.get().seen_at is None
    assert not AuditEntry.objects.exclude(action="access.denied").exists()


def test_it_shows_the_newest_alert_first(world: World, admin: Client) -> None:
    alerts = [make_alert(world.northwind.live) for _ in range(3)]
    assert list(admin.get(address(Alert, "changelist")).context["cl"].result_list) == alerts[::-1]


@pytest.mark.parametrize("sent", [{}, YES])
def test_it_pauses_only_with_a_second_factor_used_recently(
    world: World, sent: dict[str, str]
) -> None:
    make_treasury_control()
    client, before = signed_in(world.admin, fresh=False), snapshot()
    answer = client.post(CHANGE, filled(client, CHANGE, paused="on") | sent)
    assert answer.headers["Location"].startswith("/account/factors/reauthenticate/?next=")
    assert snapshot() == before

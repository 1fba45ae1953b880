"""Nobody can change money, states or records by any form, address, bulk action or forged POST."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from partners.models import ApiKey, Partner, User
from tests.admin.conftest import LOCKED, address, make_staff, signed_in, snapshot
from tests.world import World


def _forged(row: Model) -> dict[str, str]:
    """Every column of the row with a different value."""
    values = {field.name: str(field.value_from_object(row)) for field in row._meta.concrete_fields}
    return values | {
        "amount": "999.99",
        "state": "failed",
        "fmv": "1.00",
        "role": "owner",
        "_save": "Save",
    }


@pytest.fixture(params=["superuser", "staff with every permission"])
def insider(request: pytest.FixtureRequest, trade: World) -> Client:
    """People with every right that can be given."""
    everything = make_staff(["view", "add", "change", "delete"])
    return signed_in(trade.admin if request.param == "superuser" else everything)


@pytest.mark.parametrize("label", LOCKED)
def test_it_shows_but_does_not_write(insider: Client, label: str) -> None:
    model = apps.get_model(label)
    row = model._default_manager.order_by("pk").first()
    assert row is not None
    before = snapshot()
    assert insider.get(address(model, "changelist")).status_code == 200
    page = insider.get(address(model, "change", row.pk))
    assert page.status_code == 200
    assert b'name="_save"' not in page.content
    assert insider.get(address(model, "add")).status_code == 403
    assert insider.post(address(model, "add"), _forged(row)).status_code == 403
    assert insider.post(address(model, "change", row.pk), _forged(row)).status_code == 403
    assert insider.post(address(model, "delete", row.pk), {"post": "yes"}).status_code == 403
    bulk = {"action": "delete_selected", "_selected_action": [str(row.pk)], "post": "yes"}
    insider.post(address(model, "changelist"), bulk)
    assert snapshot() == before


@pytest.mark.parametrize(
    "label", ["inventory.pack", "inventory.card", "partners.partner", "partners.user"]
)
def test_it_deletes_nothing_that_rows_point_to(insider: Client, label: str) -> None:
    model = apps.get_model(label)
    row = model._default_manager.order_by("pk").first()
    assert row is not None
    before = snapshot()
    assert insider.post(address(model, "delete", row.pk), {"post": "yes"}).status_code == 403
    bulk = {"action": "delete_selected", "_selected_action": [str(row.pk)], "post": "yes"}
    insider.post(address(model, "changelist"), bulk)
    assert snapshot() == before


def test_it_does_not_edit_a_key(insider: Client) -> None:
    key = ApiKey.objects.order_by("pk")[0]
    before = snapshot()
    forged = _forged(key) | {"revoked_at_0": "", "name": "Mine"}
    assert insider.post(address(ApiKey, "change", key.pk), forged).status_code == 403
    assert snapshot() == before


def test_it_changes_nothing_of_a_partner_but_its_name(insider: Client, trade: World) -> None:
    partner, environment = trade.northwind.partner, trade.northwind.sandbox
    forged = {
        "name": "Renamed",
        "slug": "stolen",
        "status": "suspended",
        "environments-TOTAL_FORMS": "1",
        "environments-INITIAL_FORMS": "1",
        "environments-0-id": str(environment.pk),
        "environments-0-mode": "live",
        "environments-0-DELETE": "on",
        "memberships-TOTAL_FORMS": "1",
        "memberships-INITIAL_FORMS": "0",
        "memberships-0-user": str(trade.juniper.viewer.pk),
        "memberships-0-role": "owner",
        "invitations-TOTAL_FORMS": "1",
        "invitations-INITIAL_FORMS": "0",
        "invitations-0-email": "mine@example.test",
        "invitations-0-role": "owner",
    }
    before = snapshot()
    insider.post(address(Partner, "change", partner.pk), forged)
    after = snapshot()
    partner.refresh_from_db()
    assert (partner.name, partner.slug, partner.status) == ("Renamed", "northwind", "active")
    changed = {label for label, rows in after.items() if rows != before[label]}
    assert changed == {"partners.Partner", "partners.AuditEntry"}


def test_it_lets_no_staff_raise_themselves(trade: World) -> None:
    staff, target = make_staff(["view", "add", "change", "delete"]), make_staff([])
    before = snapshot()
    raised = {"email": "x@example.test", "is_staff": "on", "is_superuser": "on", "is_active": "on"}
    client = signed_in(staff)
    for user in (staff, target, trade.admin):
        assert client.post(address(User, "change", user.pk), raised).status_code == 403
        new = {
            "password1": "a whole new phrase",
            "password2": "a whole new phrase",
            "usable_password": "true",
        }
        assert (
            client.post(reverse("admin:auth_user_password_change", args=[user.pk]), new).status_code
            == 403
        )
    assert snapshot() == before

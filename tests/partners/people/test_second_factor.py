"""Second factors: set-up, sign-in, requirement and loss."""

from __future__ import annotations

import re
from pathlib import Path

import allauth
import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoCaptureOnCommitCallbacks

from partners.models import AuditEntry
from partners.people.allauth_adapters import FACTOR_CHANGES
from partners.people.second_factor import remove_factors
from partners.records.actor import SYSTEM
from partners.tenants.onboarding import require_factor
from tests.dashboard.steps import HTMX, signed_in
from tests.factors import TOTP_SECRET, give_factor
from tests.partners.people.conftest import HalfMinute, give_code, sign_in
from tests.world import World

INDEX = "/account/factors/"
LIVE = "/dashboard/live/"


def test_it_sets_up_an_app_and_asks_for_its_digits(
    world: World, app: HalfMinute, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("allauth.mfa.totp.internal.auth.generate_totp_secret", lambda: TOTP_SECRET)
    client, email = Client(), world.northwind.owner.email
    sign_in(client, email)
    assert TOTP_SECRET in client.get(INDEX + "totp/activate/").content.decode()
    answer = client.post(INDEX + "totp/activate/", {"code": app.code()})
    assert answer.headers["Location"] == INDEX + "recovery-codes/"
    assert (
        len(
            re.findall(
                r"<code>\d{8}</code>", client.get(INDEX + "recovery-codes/").content.decode()
            )
        )
        == 10
    )
    other = Client()
    assert sign_in(other, email).headers["Location"] == INDEX + "authenticate/"
    assert other.get(LIVE).status_code == 302
    assert give_code(other, app.code()).headers["Location"] == "/dashboard/"
    assert other.get(LIVE).status_code == 200


def test_it_audits_every_change_of_ones_own_factors_and_no_secret(
    world: World,
    app: HalfMinute,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    monkeypatch.setattr("allauth.mfa.totp.internal.auth.generate_totp_secret", lambda: TOTP_SECRET)
    client, owner = Client(), world.northwind.owner
    sign_in(client, owner.email)
    client.get(INDEX + "totp/activate/")
    for path, form in (("totp/activate/", {"code": app.code()}), ("recovery-codes/generate/", {})):
        with django_capture_on_commit_callbacks(execute=True):
            client.post(INDEX + path, form)
    client.post(INDEX + "totp/deactivate/")
    entries = list(
        AuditEntry.objects.exclude(action="user.signed_in")
        .order_by("id")
        .values_list("actor", "action", "before", "after")
    )
    assert entries == [
        (f"user:{owner.email}", "user.factor_added", None, {"factor": "totp"}),
        (f"user:{owner.email}", "user.recovery_codes_made", None, None),
        (f"user:{owner.email}", "user.factor_removed", {"factor": "totp"}, None),
    ]


def test_it_knows_every_change_of_factors_that_allauth_tells_of() -> None:
    folder = Path(str(allauth.__file__)).parent / "templates" / "mfa" / "email"
    mails = {
        f"mfa/email/{path.name.removesuffix('_subject.txt')}"
        for path in folder.glob("*_subject.txt")
    }
    assert mails == set(FACTOR_CHANGES)


def test_it_takes_a_code_once_and_no_other(world: World, app: HalfMinute) -> None:
    give_factor(world.northwind.owner)
    code = app.code()
    first, second = Client(), Client()
    for client in (first, second):
        sign_in(client, world.northwind.owner.email)
    assert give_code(first, "000000").status_code == 200
    assert give_code(first, code).status_code == 302
    assert "This code was already used" in give_code(second, code).content.decode()
    assert second.get(LIVE).status_code == 302
    app.number -= 3
    past = app.code()
    app.number += 2
    assert "Incorrect code" in give_code(second, past).content.decode()


@pytest.mark.parametrize("steps", [-1, 1])
def test_it_accepts_one_step_of_clock_difference(world: World, app: HalfMinute, steps: int) -> None:
    give_factor(world.northwind.owner)
    client = Client()
    sign_in(client, world.northwind.owner.email)
    code = app.code()
    app.number += steps
    assert give_code(client, code).status_code == 302


def test_a_used_code_stays_used_as_long_as_it_would_be_accepted(
    world: World, app: HalfMinute, monkeypatch: pytest.MonkeyPatch
) -> None:
    """django-allauth remembers it for 30 seconds, which is less than the tolerance."""
    give_factor(world.northwind.owner)
    first, second = Client(), Client()
    for client in (first, second):
        sign_in(client, world.northwind.owner.email)
    code = app.code()
    assert give_code(first, code).status_code == 302
    app.number += 1
    monkeypatch.setattr("allauth.mfa.totp.internal.auth.TOTP._mark_code_used", lambda *_: True)
    assert "This code was already used" in give_code(second, code).content.decode()
    assert second.get(LIVE).status_code == 302


def test_it_stops_guessing_digits_after_ten_failures(world: World, app: HalfMinute) -> None:
    give_factor(world.northwind.owner)
    client = Client()
    sign_in(client, world.northwind.owner.email)
    for _ in range(10):
        assert "Incorrect code" in give_code(client, "000000").content.decode()
    assert "Too many failed attempts" in give_code(client, app.code()).content.decode()


def test_it_shows_recovery_codes_once(world: World, app: HalfMinute) -> None:
    give_factor(world.northwind.owner)
    client = Client()
    sign_in(client, world.northwind.owner.email)
    give_code(client, app.code())
    client.post(INDEX + "recovery-codes/generate/")
    codes = re.findall(
        r"<code>(\d{8})</code>", client.get(INDEX + "recovery-codes/").content.decode()
    )
    assert codes[0] not in client.get(INDEX + "recovery-codes/").content.decode()
    assert client.get(INDEX + "recovery-codes/download/").status_code == 403
    for status in (302, 200):
        other = Client()
        sign_in(other, world.northwind.owner.email)
        assert give_code(other, codes[0]).status_code == status


def test_it_keeps_no_secret_in_the_clear(world: World) -> None:
    factor = give_factor(world.northwind.owner)
    assert TOTP_SECRET not in str(Authenticator.objects.filter(pk=factor.pk).values())


def test_it_leads_a_member_to_set_one_up_where_it_is_required(world: World) -> None:
    require_factor(partner=world.northwind.partner, required=True, by=SYSTEM)
    client = signed_in(world.northwind.viewer)
    for door in (LIVE, "/dashboard/", "/dashboard/sandbox/users/"):
        assert client.get(door).headers["Location"] == INDEX
    assert client.post("/dashboard/partner/").headers["Location"] == INDEX
    assert client.get(LIVE, headers=HTMX).headers["HX-Redirect"] == INDEX
    assert "Your team requires a second factor" in client.get(INDEX).content.decode()
    give_factor(world.northwind.viewer)
    assert client.get(LIVE).status_code == 200
    assert signed_in(world.juniper.viewer).get(LIVE).status_code == 200


@pytest.mark.parametrize("required", [True, False])
def test_it_lets_the_last_factor_go_only_where_none_is_required(
    world: World, app: HalfMinute, required: bool
) -> None:
    require_factor(partner=world.northwind.partner, required=required, by=SYSTEM)
    give_factor(world.northwind.owner)
    client = Client()
    sign_in(client, world.northwind.owner.email)
    give_code(client, app.code())
    client.post(INDEX + "totp/deactivate/")
    assert Authenticator.objects.exclude(user=world.admin).exists() == required


def test_it_audits_the_requirement_once(world: World) -> None:
    for _ in range(2):
        require_factor(partner=world.northwind.partner, required=True, by=SYSTEM)
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.before, entry.after) == (
        "partner.factor_requirement_changed",
        {"requires_factor": False},
        {"requires_factor": True},
    )


def test_it_removes_lost_factors(world: World, app: HalfMinute) -> None:
    owner = world.northwind.owner
    give_factor(owner)
    assert remove_factors(user=owner, by=SYSTEM) == 1
    assert remove_factors(user=owner, by=SYSTEM) == 0
    assert AuditEntry.objects.get().before == {"factors": ["totp"]}
    assert sign_in(Client(), owner.email).headers["Location"] == "/dashboard/"


def test_it_asks_again_before_factors_are_changed(world: World) -> None:
    client = signed_in(world.northwind.owner)
    for door in ("mfa_activate_totp", "mfa_add_webauthn", "mfa_generate_recovery_codes"):
        answer = client.get(reverse(door))
        assert answer.headers["Location"].startswith("/account/confirm/?next=")

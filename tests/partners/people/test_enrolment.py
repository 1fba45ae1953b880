"""Staff set up their first second factor with a one-time code from a superuser."""

from __future__ import annotations

from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client

from config.foundation import clock
from partners.models import AuditEntry, User
from partners.people.enrolment import NoCodeNeeded, issue_code, redeem
from partners.records.actor import SHELL, SYSTEM
from tests.admin.conftest import address, make_staff, signed_in, snapshot
from tests.factors import TOTP_SECRET, give_factor
from tests.partners.people.conftest import HalfMinute, sign_in
from tests.world import World, make_user

ENROL, ACTIVATE = "/account/enrol/", "/account/factors/totp/activate/"
LIST = "/admin/partners/user/"


@pytest.fixture
def clerk(world: World) -> User:
    return make_user("clerk@phygitals.test", is_staff=True, factor=False)


def browser(user: User) -> Client:
    client = Client()
    sign_in(client, user.email)
    return client


def test_a_password_alone_sets_up_no_factor(clerk: User, app: HalfMinute) -> None:
    client = browser(clerk)
    for path in (ACTIVATE, "/account/factors/webauthn/add/"):
        for answer in (client.get(path), client.post(path, {"code": app.code()})):
            assert answer.headers["Location"] == ENROL
    assert client.post(ENROL, {"code": "0" * 16}).status_code == 422
    assert client.get(ACTIVATE).headers["Location"] == ENROL
    assert not Authenticator.objects.filter(user=clerk).exists()


def test_the_code_opens_the_page_once(
    clerk: User, app: HalfMinute, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("allauth.mfa.totp.internal.auth.generate_totp_secret", lambda: TOTP_SECRET)
    code, client = issue_code(user=clerk, by=SHELL), browser(clerk)
    assert client.post(ENROL, {"code": code}).headers["Location"] == "/account/factors/"
    assert browser(clerk).post(ENROL, {"code": code}).status_code == 422
    assert client.get(ACTIVATE).status_code == 200
    client.post(ACTIVATE, {"code": app.code()})
    assert Authenticator.objects.filter(user=clerk, type="totp").exists()
    actions = AuditEntry.objects.order_by("id").values_list("action", flat=True)
    assert [action for action in actions if "enrolment" in action] == [
        "user.enrolment_code_made",
        "user.enrolment_code_used",
    ]
    assert code not in str(list(AuditEntry.objects.values()))


def test_a_code_ends_after_a_day_and_is_for_its_account(clerk: User, world: World) -> None:
    code = issue_code(user=clerk, by=SHELL)
    other = make_user(is_staff=True, factor=False)
    assert redeem(user=other, code=code) is False
    assert redeem(user=clerk, code=code, now=clock.now() + timedelta(days=1)) is False
    assert redeem(user=clerk, code=issue_code(user=clerk, by=SHELL)) is True
    assert redeem(user=clerk, code=code) is False


def test_members_need_no_code(world: World) -> None:
    client = browser(world.northwind.owner)
    assert client.get(ACTIVATE).status_code == 200
    assert client.get(ENROL).headers["Location"] == "/account/factors/"


@pytest.mark.parametrize("who", ["member", "staff with a factor"])
def test_only_staff_without_a_factor_get_a_code(world: World, who: str) -> None:
    user = world.northwind.owner if who == "member" else make_user(is_staff=True)
    before = snapshot()
    with pytest.raises(NoCodeNeeded):
        issue_code(user=user, by=SYSTEM)
    assert snapshot() == before


def test_a_superuser_gives_it_on_one_page(clerk: User, world: World) -> None:
    form = {"action": "give_enrolment_code", "_selected_action": [str(clerk.pk)]}
    before = snapshot()
    signed_in(make_staff(["view", "change"])).post(LIST, form)
    stale = signed_in(world.admin, fresh=False).post(LIST, form)
    assert "reauthenticate" in stale.headers["Location"]
    assert snapshot() == before | {"partners.User": snapshot()["partners.User"]}
    clerk.refresh_from_db()
    assert clerk.enrolment_digest is None
    page = signed_in(world.admin).post(LIST, form)
    assert "no-store" in page["Cache-Control"]
    assert redeem(user=clerk, code=page.context["code"]) is True


def test_a_person_with_a_factor_confirms_with_it_and_not_with_the_password(world: World) -> None:
    owner = world.northwind.owner
    client = Client()
    client.force_login(owner)
    path = "/account/confirm/?next=/dashboard/"
    assert client.get(path).status_code == 200
    give_factor(owner)
    where = client.get(path).headers["Location"]
    assert where.startswith("/account/factors/reauthenticate/")
    assert client.get(where).status_code == 200
    assert client.get(address(User, "changelist")).status_code == 302

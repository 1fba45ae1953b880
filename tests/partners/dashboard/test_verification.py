"""Pages about addresses: the same for known and unknown ones; codes, and who is not verified."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core import mail
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from partners.models import AccessProposal, AuditEntry, Membership, User, VerificationCode
from partners.people.verification import make_code
from partners.records.actor import SYSTEM
from tests.admin.conftest import address, make_staff, snapshot
from tests.admin.conftest import signed_in as in_admin
from tests.dashboard.steps import confirmed, signed_in
from tests.partners.people.conftest import sign_in
from tests.world import PASSWORD, World, make_membership, make_user

TEAM, VERIFY = "/dashboard/live/team/", "/account/verify/"
EMAIL, OTHER = "mia@x.test", "another long pass phrase"
UNVERIFIED: dict[str, Any] = {"verified_at": None, "verified_by": ""}


def planted(world: World) -> User:
    """An account of Northwind's team; nobody has proved its address."""
    user = make_user(EMAIL, **UNVERIFIED, confined_to=world.northwind.partner)
    make_membership(world.northwind.partner, user=user)
    return user


def invite(world: World) -> Any:
    """Juniper's owner invites the address."""
    form = {"environment": world.juniper.live.pk, "email": EMAIL, "role": "viewer"}
    return confirmed(world.juniper.owner).post(TEAM + "invite/", form)


def link_in(text: str) -> str:
    found = re.search(r"http://testserver(/account/invitation/[^\"\s]+)", text)
    assert found is not None
    return found[1]


def without_secrets(page: str) -> str:
    """The page without what differs each time."""
    page = re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"|\d+:[\d:.]+', "", page)
    return re.sub(r"/account/invitation/[\w-]+|%2F[\w-]{43}%2F|/[\w-]{43}/", "", page)


def seen(world: World, account: str, settings: Settings) -> tuple[Any, ...]:
    """What an owner sees after inviting, and a visitor under the link; and their queries."""
    if account == "planted":
        planted(world)
    elif account != "none":
        make_membership(
            world.northwind.partner, user=make_user(EMAIL, is_active=account != "closed")
        )
    with CaptureQueriesContext(connection) as inviting:
        made = invite(world)
    text = mail.outbox[-1].body if settings.EMAIL_URL else made.content.decode()
    link = link_in(str(text))
    with CaptureQueriesContext(connection) as opening:
        opened = Client().get(link)
    return (
        made.status_code,
        without_secrets(made.content.decode()),
        len(inviting),
        opened.status_code,
        without_secrets(opened.content.decode()),
        len(opening),
    )


@pytest.mark.parametrize("mailed", [True, False])
@pytest.mark.parametrize("account", ["planted", "verified", "closed"])
def test_inviting_shows_nothing_about_the_address(
    world: World, settings: Settings, account: str, mailed: bool
) -> None:
    settings.EMAIL_URL = "memorymail://" if mailed else ""
    seen(world, "none", settings)  # the next two replace an invitation
    unknown = seen(world, "none", settings)
    assert (unknown[0], unknown[3]) == (200, 200)
    assert "Choose a password" in unknown[4]
    assert "Sign in to join" in unknown[4]
    assert seen(world, account, settings) == unknown


def test_a_mailed_link_gives_the_account_to_the_mailbox(world: World, settings: Settings) -> None:
    user = planted(world)
    who_opened_it = signed_in(user)
    assert who_opened_it.get("/dashboard/live/").status_code == 200
    settings.EMAIL_URL = "memorymail://"
    invite(world)
    link, client = link_in(str(mail.outbox[0].body)), Client()
    assert client.post(link, {"password": OTHER}).headers["Location"] == "/dashboard/"
    assert client.get("/dashboard/live/").context["request"].environment == world.juniper.live
    assert who_opened_it.get("/dashboard/live/").status_code == 302
    assert sign_in(Client(), EMAIL).status_code == 200
    assert User.objects.get(email=EMAIL).verified_by == "mail"


def test_a_signed_in_account_verifies_with_another_password(
    world: World, settings: Settings
) -> None:
    client = signed_in(planted(world))
    settings.EMAIL_URL = "memorymail://"
    invite(world)
    link = link_in(str(mail.outbox[0].body))
    assert "Choose a password" in client.get(link).content.decode()
    assert client.post(link, {"password": "short"}).status_code == 422
    assert not User.objects.get(email=EMAIL).is_verified
    assert client.post(link, {"password": OTHER}).status_code == 302
    assert client.get("/dashboard/live/").context["request"].environment == world.juniper.live


def test_a_shown_link_lets_no_unverified_account_in(world: World) -> None:
    client = signed_in(planted(world))
    link = link_in(invite(world).content.decode())
    before = snapshot()
    answer = client.post(link, {"password": OTHER})
    assert (answer.status_code, "is not verified" in answer.content.decode()) == (422, True)
    assert snapshot() == before


def test_a_code_opens_the_way_into_another_team(world: World) -> None:
    user = planted(world)
    link = link_in(invite(world).content.decode())
    _, text = make_code(user=user, by=SYSTEM)
    client = Client()
    sent = {"email": EMAIL, "code": text, "password": OTHER}
    assert client.post(VERIFY, sent).headers["Location"] == "/login/"
    sign_in(client, EMAIL, OTHER)
    assert client.post(link).status_code == 302
    assert Membership.objects.filter(user=user).count() == 2


@pytest.mark.parametrize("email", [EMAIL, "nobody@x.test"])
def test_a_wrong_code_says_the_same(world: World, email: str) -> None:
    make_code(user=planted(world), by=SYSTEM)
    sent = {"email": email, "code": "WRONG", "password": OTHER}
    answer = Client().post(VERIFY, sent)
    page = without_secrets(answer.content.decode()).replace(email, "")
    assert (answer.status_code, "do not work together" in page) == (422, True)
    assert not User.objects.get(email=EMAIL).is_verified


def test_one_network_has_ten_tries(world: World, settings: Settings) -> None:
    cache.clear()
    settings.VERIFICATION_CODE_TRIES = 20
    _, text = make_code(user=planted(world), by=SYSTEM)
    sent = {"email": EMAIL, "code": "WRONG", "password": OTHER}
    assert [Client().post(VERIFY, sent).status_code for _ in range(10)] == [422] * 10
    answer = Client().post(VERIFY, sent | {"code": text})
    assert (answer.status_code, "Wait 15 minutes" in answer.content.decode()) == (429, True)
    assert not User.objects.get(email=EMAIL).is_verified
    cache.clear()


@pytest.mark.parametrize("mailed", [True, False])
def test_the_team_page_says_who_is_not_verified_and_what_to_do(
    world: World, settings: Settings, mailed: bool
) -> None:
    settings.EMAIL_URL = "memorymail://" if mailed else ""
    client = signed_in(world.northwind.viewer)
    assert "Not verified" not in client.get(TEAM).content.decode()
    planted(world)
    page = client.get(TEAM).content.decode()
    assert page.count("Not verified</span>") == 1
    assert ("Forgot your password?" in page, "verification code" in page) == (mailed, not mailed)


def test_an_unverified_member_finds_the_page(world: World) -> None:
    assert VERIFY in signed_in(planted(world)).get("/dashboard/live/").content.decode()
    assert VERIFY not in signed_in(world.northwind.viewer).get("/dashboard/live/").content.decode()


# --- the admin -------------------------------------------------------------------------------


def make_in_admin(client: Client, *users: User, **sent: str) -> Any:
    form: dict[str, Any] = {"action": "make_verification_code"}
    form["_selected_action"] = [str(user.pk) for user in users]
    return client.post(address(User, "changelist"), form | sent, follow=True)


def confirm_in_admin(client: Client, proposal: AccessProposal) -> Any:
    path = address(AccessProposal, "change", proposal.pk).replace("change/", "step/")
    return client.post(path, {"step": "confirm", "confirmed": "yes"})


def test_two_superusers_make_a_code_that_one_page_shows(world: World) -> None:
    user, client = planted(world), in_admin(world.admin)
    assert "First check who the person is" in make_in_admin(client, user).content.decode()
    assert not AccessProposal.objects.exists()
    make_in_admin(client, user, confirmed="yes")
    proposal = AccessProposal.objects.get()
    confirm_in_admin(client, proposal)
    assert not VerificationCode.objects.exists()
    other = in_admin(make_user("other@phygitals.test", is_staff=True, is_superuser=True))
    page = confirm_in_admin(other, proposal)
    assert "no-store" in page["Cache-Control"]
    text = page.context["text"]
    assert f'value="{text}"' in page.content.decode()
    entries = AuditEntry.objects.exclude(action="access.denied").order_by("created_at", "id")
    assert [(entry.actor, entry.action) for entry in entries] == [
        (f"user:{world.admin.email}", "access.proposed"),
        ("user:other@phygitals.test", "access.confirmed"),
        ("user:other@phygitals.test", "user.verification_code_made"),
    ]
    assert text not in str([entry.after for entry in entries]) + str(dict(other.session))
    Client().post(VERIFY, {"email": EMAIL, "code": text, "password": OTHER})
    assert User.objects.get(email=EMAIL).verified_by == "code"


@pytest.mark.parametrize("case", ["staff", "verified", "two", "owner"])
def test_nobody_else_proposes_a_code(world: World, case: str) -> None:
    user = planted(world)
    if case == "staff":
        make_in_admin(in_admin(make_staff(["view", "change"])), user, confirmed="yes")
    elif case == "verified":
        answer = make_in_admin(in_admin(world.admin), world.northwind.viewer, confirmed="yes")
        assert "verified already" in answer.content.decode()
    elif case == "two":
        answer = make_in_admin(in_admin(world.admin), user, world.northwind.viewer, confirmed="yes")
        assert "one account at a time" in answer.content.decode()
    else:
        make_in_admin(signed_in(world.northwind.owner), user, confirmed="yes")
    assert not AccessProposal.objects.exists()
    assert not VerificationCode.objects.exists()


def test_passwords_do_not_verify(world: World) -> None:
    """Neither one that the user changes nor one that a superuser sets."""
    user = planted(world)
    form = {"oldpassword": PASSWORD, "password1": OTHER, "password2": OTHER}
    assert confirmed(user).post("/account/password/", form).status_code == 302
    assert not User.objects.get(email=EMAIL).is_verified

"""Doors that take an address: each knows both spellings of it, and mail goes to the stored one."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from django.conf import settings as used
from django.core import mail
from django.core.cache import cache
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from partners.decisions import access
from partners.models import AccessProposal, Invitation, Membership, Partner, User
from partners.records.actor import Actor
from tests.admin.conftest import address, signed_in, snapshot
from tests.dashboard.steps import confirmed
from tests.database.decisions import make_owner_proposal
from tests.partners.people.conftest import sign_in
from tests.world import PASSWORD, World, make_membership, make_partner, make_user

STORED = "mia@xn--mnchen-3ya.example"
SPELLINGS = [
    "mia@münchen.example",
    STORED,
    "Mia@MÜNCHEN.example",
    "mia@mu\u0308nchen.example",
    "MIA@XN--MNCHEN-3YA.EXAMPLE",
]
HOSTILE = [
    f"{'x' * 300}@x.test",
    "x\0@x.test",
    "a\u202eb@x.test",
    "x@a\u202eb.test",
    '"a b"@x.test',
    "x@x.test.",
    "рaul@x.test",
    "x@[127.0.0.1]",
    "x@x.test\nBcc: y@x.test",
]
RESET = "/account/password/reset/"


def propose(client: Client, world: World, email: str) -> Any:
    """Propose an owner of Northwind in the admin."""
    path = reverse("admin:partners_partner_step", args=[world.northwind.partner.pk])
    sent = {"step": "invite", "email": email, "reason": "so", "confirmed": "yes"}
    return client.post(path, sent, follow=True)


@pytest.fixture
def mia(world: World) -> User:
    user = make_user(STORED)
    make_membership(world.northwind.partner, user=user)
    return user


@pytest.mark.parametrize("email", SPELLINGS)
def test_it_signs_in(mia: User, email: str) -> None:
    assert sign_in(Client(), email).status_code == 302


def test_a_look_alike_does_not_sign_in(mia: User) -> None:
    for email in ("mia@munchen.example", "mia@mün\u0441hen.example", "mia@xn--mnchen.example"):
        assert sign_in(Client(), email).status_code == 200, email


def test_wrong_passwords_count_for_the_account_in_any_spelling(mia: User) -> None:
    cache.clear()
    for number in range(10):
        sign_in(Client(), SPELLINGS[number % len(SPELLINGS)], "wrong")
    assert sign_in(Client(), STORED).status_code != 302
    cache.clear()


@pytest.mark.urls("tests.partners.people.mail_urls")
@pytest.mark.parametrize("email", SPELLINGS)
def test_a_reset_goes_to_the_stored_spelling(mia: User, email: str) -> None:
    Client().post(RESET, {"email": email})
    assert [one.to for one in mail.outbox] == [[STORED]]


@pytest.mark.urls("tests.partners.people.mail_urls")
def test_a_reset_goes_to_no_other_domain(world: World) -> None:
    """A mail server may turn ß into ss, which is another domain; ours is in the mail."""
    make_user("x@straße.example")
    Client().post(RESET, {"email": "x@straße.example"})
    assert [one.to for one in mail.outbox] == [["x@xn--strae-oqa.example"]]
    Client().post(RESET, {"email": "x@strasse.example"})
    assert len(mail.outbox) == 1


@pytest.mark.urls("tests.partners.people.mail_urls")
@pytest.mark.parametrize("verified", [True, False])
def test_a_mailed_reset_verifies(world: World, verified: bool) -> None:
    known: dict[str, Any] = {} if verified else {"verified_at": None, "verified_by": ""}
    user = make_user(STORED, factor=True, **known)
    Client().post(RESET, {"email": STORED})
    link = re.search(r"http://testserver(/account/password/reset/\S+)", str(mail.outbox[0].body))
    assert link is not None
    client, new = Client(), "another long pass phrase"
    form = client.get(link[1], follow=True).redirect_chain[-1][0]
    assert not User.objects.exclude(is_staff=True).filter(pk=user.pk, verified_by="mail").exists()
    assert client.post(form, {"password1": new, "password2": new}).status_code == 302
    user.refresh_from_db()
    assert (user.is_verified, user.check_password(new)) == (True, True)
    assert user.verified_by == ("code" if verified else "mail")
    assert user.authenticator_set.exists() is verified


@pytest.mark.parametrize("email", SPELLINGS)
def test_an_owner_invites_and_sees_who_is_a_member(world: World, mia: User, email: str) -> None:
    form = {"environment": world.northwind.live.pk, "email": email, "role": "viewer"}
    again = confirmed(world.northwind.owner).post("/dashboard/live/team/invite/", form)
    assert (again.status_code, "already a member" in again.content.decode()) == (422, True)
    form["environment"] = world.juniper.live.pk
    confirmed(world.juniper.owner).post("/dashboard/live/team/invite/", form)
    assert Invitation.objects.get().email == STORED


@pytest.mark.parametrize("email", SPELLINGS)
def test_the_admin_finds_one_account(world: World, mia: User, email: str) -> None:
    page = signed_in(world.admin).get(address(User, "changelist"), {"q": email})
    assert STORED in page.content.decode()
    assert page.context["cl"].result_count == 1


@pytest.mark.parametrize("email", SPELLINGS)
def test_one_address_has_one_proposal_of_an_owner(world: World, email: str) -> None:
    client, partner = signed_in(world.admin), world.northwind.partner
    propose(client, world, STORED)
    again = propose(client, world, email)
    assert "There is already a proposal" in again.content.decode()
    assert AccessProposal.objects.get(email=email, partner=partner).email == STORED
    begun = {"name": "Tidal", "slug": "tidal", "owner": email}
    assert client.post(address(Partner, "add"), begun).status_code == 200
    proposal = AccessProposal.objects.get(partner__slug="tidal")
    assert proposal.email == STORED
    second = make_user(is_staff=True, is_superuser=True)
    granted = access.confirm(proposal=proposal, by=Actor.user(second))
    assert granted.invitation is not None
    assert granted.invitation.email == STORED


def test_a_stored_proposal_has_one_spelling(world: World) -> None:
    made = make_owner_proposal(world.northwind.partner, email=SPELLINGS[0])
    made.refresh_from_db()
    assert made.email == STORED


@pytest.mark.parametrize("email", SPELLINGS)
def test_commands_know_one_account(mia: User, email: str) -> None:
    make_partner(slug="acme")
    call_command("create_member", "acme", email, "--role", "viewer", stdout=io.StringIO())
    assert Membership.objects.get(partner__slug="acme").user == mia
    assert User.objects.get_by_natural_key(email) == mia
    call_command("create_staff", email, "--group", "support", stdout=io.StringIO())
    assert User.objects.get(is_staff=True, is_superuser=False) == mia
    root = User.objects.create_superuser("root@MÜNCHEN.example", PASSWORD)
    assert (root.email, root.verified_by) == ("root@xn--mnchen-3ya.example", "command")


@pytest.mark.parametrize("email", HOSTILE)
@pytest.mark.parametrize(
    "door", ["invite", "first owner", "proposal", "command", "login", "verify"]
)
def test_every_door_refuses_what_is_no_address(world: World, door: str, email: str) -> None:
    before, ignored = snapshot(), {"partners.AuditEntry"} if door == "login" else set()
    if door == "invite":
        form = {"environment": world.northwind.live.pk, "email": email, "role": "viewer"}
        client = confirmed(world.northwind.owner)
        assert client.post("/dashboard/live/team/invite/", form).status_code == 422
    elif door == "first owner":
        form = {"name": "Tidal", "slug": "tidal", "owner": email}
        signed_in(world.admin).post(address(Partner, "add"), form)
    elif door == "proposal":
        assert "Proposed." not in propose(signed_in(world.admin), world, email).content.decode()
    elif door == "command":
        with pytest.raises(Exception, match="valid e-mail address"):
            call_command("create_member", "northwind", email, "--role", "viewer")
        with pytest.raises(Exception, match="valid e-mail address"):
            call_command("create_staff", email, "--superuser")
    elif door == "login":
        assert sign_in(Client(), email).status_code == 200
    else:
        sent = {"email": email, "code": "ABCD", "password": PASSWORD}
        assert Client().post("/account/verify/", sent).status_code == 422
    after = snapshot()
    assert all(after[name] == before[name] for name in before.keys() - ignored)


def test_it_has_the_default_limits() -> None:
    assert (used.VERIFICATION_CODE_HOURS, used.VERIFICATION_CODE_TRIES) == (24, 5)

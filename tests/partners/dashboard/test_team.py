"""The team's pages, and accepting an invitation."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from partners.models import AuditEntry, Invitation, Membership
from tests.dashboard.steps import confirmed, signed_in
from tests.factors import give_factor
from tests.invitations import make_invitation
from tests.partners.people.conftest import sign_in
from tests.world import PASSWORD, World, make_membership, make_user

TEAM = "/dashboard/live/team/"
NEW = "new@northwind.test"


def post(client: Client, world: World, where: str, **form: Any) -> Any:
    return client.post(where, {"environment": world.northwind.live.pk} | form)


def invited(world: World, email: str = NEW) -> str:
    """The path of an invitation link, which the page shows once."""
    answer = post(
        confirmed(world.northwind.owner), world, TEAM + "invite/", email=email, role="operator"
    )
    link = re.search(
        r'value="http://testserver(/account/invitation/[^"]+)"', answer.content.decode()
    )
    assert link is not None
    return link[1]


def test_it_lists_members_and_invitations(
    world: World, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(20):
        make_membership(world.northwind.partner)
        make_invitation(world.northwind.partner, f"{number}@x.test", expires_at="2099-01-01T00:00Z")
    client = signed_in(world.northwind.viewer)
    with django_assert_num_queries(6):
        page = client.get(TEAM).content.decode()
    assert ("owner@northwind.test" in page, "19@x.test" in page) == (True, True)
    assert "juniper" not in page
    assert "Withdraw" not in page


def test_it_invites_a_new_person_who_chooses_a_password_and_is_in(world: World) -> None:
    link, client = invited(world), Client()
    assert "Join Northwind Cards" in client.get(link).content.decode()
    assert client.post(link, {"password": "short"}).status_code == 422
    assert client.post(link, {"password": PASSWORD}).headers["Location"] == "/dashboard/"
    assert client.get("/dashboard/live/").status_code == 200
    assert Client().get(link).status_code == 410


def test_it_lets_an_existing_user_sign_in_to_accept(world: World) -> None:
    user = make_user(NEW)
    make_membership(world.juniper.partner, user=user)
    link, client = invited(world), Client()
    assert "Sign in to join" in client.get(link).content.decode()
    assert client.post(link, {"password": "another long pass phrase"}).status_code == 422
    sign_in(client, NEW)
    client.post(link)
    assert client.get("/dashboard/live/").context["request"].environment == world.northwind.live


def test_it_refuses_a_link_to_other_users(world: World) -> None:
    make_user(NEW)
    link, client = invited(world), signed_in(world.juniper.owner)
    assert "Sign out, then open this link again" in client.get(link).content.decode()
    assert client.post(link).status_code == 422
    assert Membership.objects.filter(partner=world.northwind.partner).count() == 3


def test_it_mails_the_link_where_mail_is_configured(world: World, settings: Settings) -> None:
    settings.EMAIL_URL = "smtp://mail.invalid"
    client = confirmed(world.northwind.owner)
    answer = post(client, world, TEAM + "invite/", email=NEW, role="viewer")
    assert mail.outbox[0].to == [NEW]
    link = re.search(r"http://testserver/account/invitation/\S+", str(mail.outbox[0].body))
    assert link is not None
    assert f"{NEW} is invited" in answer.content.decode()
    assert link[0] not in answer.content.decode()
    assert Invitation.objects.get().mailed


def test_it_says_when_the_mail_could_not_be_sent(world: World, settings: Settings) -> None:
    settings.EMAIL_URL = "smtp://mail.invalid"
    settings.EMAIL_BACKEND, settings.EMAIL_HOST = (
        "django.core.mail.backends.smtp.EmailBackend",
        "127.0.0.1",
    )
    settings.EMAIL_PORT = 1
    answer = post(
        confirmed(world.northwind.owner), world, TEAM + "invite/", email=NEW, role="viewer"
    )
    assert "The e-mail could not be sent" in answer.content.decode()
    assert "/account/invitation/" in answer.content.decode()
    assert not Invitation.objects.get().mailed


@pytest.mark.parametrize(
    ("email", "role"), [("x", "viewer"), (NEW, "king"), ("viewer@northwind.test", "owner")]
)
def test_it_says_what_is_wrong_with_an_invitation(world: World, email: str, role: str) -> None:
    answer = post(confirmed(world.northwind.owner), world, TEAM + "invite/", email=email, role=role)
    assert answer.status_code == 422
    assert 'class="error"' in answer.content.decode()
    assert not Invitation.objects.exists()


def test_it_changes_a_role_and_removes(world: World) -> None:
    client, member = (
        confirmed(world.northwind.owner),
        Membership.objects.get(user=world.northwind.viewer),
    )
    where = reverse("dashboard:teammate", args=["live", member.pk])
    assert post(client, world, where, role="operator").status_code == 302
    assert "viewer@northwind.test is an operator now." in client.get(TEAM).content.decode()
    assert post(client, world, where + "remove/").status_code == 302
    assert signed_in(world.northwind.viewer).get("/dashboard/live/").status_code == 403
    entries = AuditEntry.objects.exclude(action="access.denied")
    assert [entry.actor for entry in entries] == ["user:owner@northwind.test"] * 2


@pytest.mark.parametrize("way", ["", "remove/"])
def test_it_keeps_the_last_owner_and_says_so(world: World, way: str) -> None:
    member = Membership.objects.get(user=world.northwind.owner)
    where = reverse("dashboard:teammate", args=["live", member.pk]) + way
    answer = post(confirmed(world.northwind.owner), world, where, role="viewer")
    assert answer.status_code == 422
    assert "A team needs at least one owner" in answer.content.decode()
    member.refresh_from_db()
    assert member.role == "owner"


def test_it_requires_a_second_factor_of_all_members(world: World) -> None:
    post(confirmed(world.northwind.owner), world, TEAM + "factor/", required="yes")
    assert signed_in(world.northwind.viewer).get(TEAM).headers["Location"] == "/account/factors/"
    give_factor(world.northwind.owner)
    post(confirmed(world.northwind.owner), world, TEAM + "factor/", required="no")
    assert signed_in(world.northwind.viewer).get(TEAM).status_code == 200


@pytest.mark.parametrize("where", ["invite/", "factor/"])
def test_it_asks_for_the_password_again_first(world: World, where: str) -> None:
    client = signed_in(world.northwind.owner)
    answer = post(client, world, TEAM + where, email=NEW, role="viewer", required="yes")
    assert answer.headers["Location"].startswith(
        "/account/confirm/?next=%2Fdashboard%2Flive%2Fteam%2F"
    )
    assert not AuditEntry.objects.exists()
    given = client.post("/account/confirm/", {"password": PASSWORD, "next": back_to(answer)})
    assert client.get(given.headers["Location"]).status_code == 200


def back_to(answer: Any) -> str:
    """The page after confirming the password."""
    location: str = answer.headers["Location"]
    return parse_qs(urlsplit(location).query)["next"][0]


@pytest.mark.parametrize(
    ("sent_from", "back"),
    [
        (f"http://testserver{TEAM}7/?x=1", TEAM + "7/"),
        ("http://elsewhere.test/x/", TEAM),
        ("javascript:alert(1)", TEAM),
        ("http://testserver", TEAM),
    ],
)
def test_it_comes_back_to_the_page_of_the_form(world: World, sent_from: str, back: str) -> None:
    client = signed_in(world.northwind.owner)
    form = {"environment": world.northwind.live.pk}
    assert back_to(client.post(f"{TEAM}7/remove/", form, headers={"referer": sent_from})) == back
    assert back_to(client.get(f"{TEAM}7/?x=1", headers={"referer": sent_from})) == f"{TEAM}7/?x=1"


def test_it_can_look_again_at_a_removal_that_was_refused(world: World) -> None:
    member = Membership.objects.get(user=world.northwind.owner)
    where = reverse("dashboard:remove", args=["live", member.pk])
    assert confirmed(world.northwind.owner).get(where).status_code == 200
    assert Membership.objects.filter(pk=member.pk).exists()


def test_it_acts_on_nothing_from_another_partners_tab(world: World) -> None:
    form = {"environment": world.juniper.live.pk, "email": NEW, "role": "viewer"}
    assert confirmed(world.northwind.owner).post(TEAM + "invite/", form).status_code == 409
    assert not Invitation.objects.exists()

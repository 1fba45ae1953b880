"""A WebAuthn challenge works only in its flow and for its account."""

from __future__ import annotations

import json
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.internal import auth
from django.test import Client

from partners.models import User
from tests.dashboard.steps import confirmed
from tests.partners.people.conftest import sign_in
from tests.world import World, make_user

FACTORS = "/account/factors/"
SECOND, ALONE = f"{FACTORS}authenticate/", f"{FACTORS}webauthn/login/"
AGAIN = f"{FACTORS}webauthn/reauthenticate/"
AJAX = {"X-Requested-With": "XMLHttpRequest"}
SIGNED = {"credential": json.dumps({"id": "x"})}


@pytest.fixture(autouse=True)
def _signatures_are_right(monkeypatch: pytest.MonkeyPatch, victim: User) -> None:
    """The attacker has a device that signs the challenge as the victim's key would."""
    monkeypatch.setattr(auth, "parse_authentication_response", lambda _: None)
    monkeypatch.setattr(auth, "get_credentials", lambda _: [])
    monkeypatch.setattr(auth, "extract_user_from_response", lambda _: victim)

    def complete(user: User, _: Any) -> Authenticator:
        auth.clear_state()
        factor: Authenticator = Authenticator.objects.get(user=user)
        return factor

    monkeypatch.setattr(auth, "complete_authentication", complete)
    monkeypatch.setattr(auth, "parse_registration_response", lambda _: None)
    monkeypatch.setattr(auth, "complete_registration", lambda _: None)


def with_key(email: str) -> User:
    user = make_user(email)
    Authenticator.objects.create(user=user, type=Authenticator.Type.WEBAUTHN, data={})
    return user


@pytest.fixture
def victim(world: World) -> User:
    return with_key("victim@x.test")


@pytest.fixture
def thief(world: World) -> User:
    return with_key("thief@x.test")


def in_second_step(user: User) -> Client:
    client = Client()
    assert sign_in(client, user.email).headers["Location"] == SECOND
    client.get(SECOND)
    return client


def user_of(client: Client) -> int:
    return int(client.session.get("_auth_user_id", 0))


def test_each_flow_accepts_its_own_challenge(victim: User) -> None:
    second = in_second_step(victim)
    second.post(SECOND, SIGNED)
    alone = Client()
    alone.get(ALONE, headers=AJAX)
    alone.post(ALONE, SIGNED)
    assert [user_of(client) for client in (second, alone)] == [victim.pk] * 2
    again = confirmed(victim)
    again.get(f"{AGAIN}?next=/dashboard/")
    assert again.post(f"{AGAIN}?next=/dashboard/", SIGNED).headers["Location"] == "/dashboard/"


def challenge(client: Client) -> Any:
    """The challenge in the browser's session, which outlives the step that asked for it."""
    return client.session[auth.STATE_SESSION_KEY]


def carrying(client: Client, state: Any) -> Client:
    """The browser with a challenge of another flow."""
    session = client.session
    session[auth.STATE_SESSION_KEY] = state
    session.save()
    return client


def test_a_second_steps_challenge_signs_in_as_nobody_else(thief: User) -> None:
    client = carrying(Client(), challenge(in_second_step(thief)))
    client.post(ALONE, SIGNED)
    assert user_of(client) == 0
    assert auth.STATE_SESSION_KEY not in client.session  # the challenge is spent


def test_a_confirmations_challenge_signs_in_as_nobody_else(thief: User) -> None:
    mine = confirmed(thief)
    mine.get(AGAIN)
    client = carrying(Client(), challenge(mine))
    client.post(ALONE, SIGNED)
    assert user_of(client) == 0


def test_a_passwordless_challenge_is_no_second_step(thief: User) -> None:
    alone = Client()
    alone.get(ALONE, headers=AJAX)
    client = carrying(in_second_step(thief), challenge(alone))
    client.post(SECOND, SIGNED)
    assert user_of(client) == 0


def test_a_page_that_issues_no_challenge_binds_none_again(thief: User) -> None:
    client = carrying(Client(), challenge(in_second_step(thief)))
    client.get(ALONE)  # no script asks: a redirect to the sign-in page
    client.post(ALONE, SIGNED)
    assert user_of(client) == 0


def test_a_second_steps_challenge_of_another_account_is_refused(thief: User, victim: User) -> None:
    client = carrying(in_second_step(victim), challenge(in_second_step(thief)))
    client.post(SECOND, SIGNED)
    assert user_of(client) == 0


def test_a_key_is_not_added_with_a_challenge_of_a_confirmation(thief: User) -> None:
    client = confirmed(thief)
    client.get(AGAIN)
    page = client.post(f"{FACTORS}webauthn/add/", SIGNED)
    assert page.status_code == 200
    assert (
        auth.STATE_SESSION_KEY not in client.session
        or "flow" not in client.session[auth.STATE_SESSION_KEY]
    )
    assert Authenticator.objects.filter(user=thief).count() == 1


def test_every_challenge_asks_for_the_person(thief: User) -> None:
    second, alone = in_second_step(thief), Client()
    alone.get(ALONE, headers=AJAX)
    again = confirmed(thief)
    again.get(AGAIN)
    for client in (second, alone, again):
        assert client.session[auth.STATE_SESSION_KEY]["user_verification"] == "required"

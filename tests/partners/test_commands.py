"""Commands that set up a partner: output, and refusals with one line, exit code 2, no effect."""

from __future__ import annotations

import io
import os
import pty
import re
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from django.core import mail
from django.core.management import call_command
from django.core.management.base import CommandError
from pytest_django.fixtures import Settings

from buyback.management import passwords
from partners.keys.api_keys import find
from partners.models import ApiKey, Environment, Invitation, Membership, Partner, User
from tests.admin.conftest import snapshot
from tests.world import (
    PASSWORD,
    make_environment,
    make_key,
    make_membership,
    make_partner,
    make_user,
)


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """A terminal where the listed passwords are typed in order."""
    typed: list[str] = []
    ours, theirs = pty.openpty()
    with os.fdopen(theirs) as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        monkeypatch.setattr(passwords, "getpass", lambda _: typed.pop(0))
        yield typed
    os.close(ours)


def _stdin(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))


def _refused(*arguments: str) -> str:
    """The sentence of a refused command: one line, exit code 2."""
    with pytest.raises(CommandError) as caught:
        call_command(*arguments)
    assert caught.value.returncode == 2
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_it_creates_a_partner_with_both_environments(db: None) -> None:
    call_command("create_partner", "Acme Cards", "--slug", "acme", stdout=io.StringIO())
    assert Partner.objects.get().name == "Acme Cards"
    assert Environment.objects.count() == 2


def test_it_refuses_a_taken_slug(db: None) -> None:
    make_partner(slug="acme")
    assert _refused("create_partner", "Acme", "--slug", "acme") == "Another partner has this slug"
    assert not Environment.objects.exists()


@pytest.mark.parametrize("mode", ["live", "sandbox"])
def test_it_prints_only_the_key(db: None, mode: str) -> None:
    make_environment(partner=make_partner(slug="acme"), mode=mode)
    printed = io.StringIO()
    call_command("create_api_key", "acme", "--mode", mode, "--name", "Server", stdout=printed)
    assert find(printed.getvalue().removesuffix("\n"), mode) == ApiKey.objects.get()


def test_it_limits_a_key_to_scopes(db: None) -> None:
    make_environment(partner=make_partner(slug="acme"))
    scopes = ("--scope", "ship:write", "--scope", "inventory:read", "--scope", "ship:write")
    call_command(
        "create_api_key", "acme", "--mode", "live", "--name", "x", *scopes, stdout=io.StringIO()
    )
    assert ApiKey.objects.get().scopes == ["inventory:read", "ship:write"]


def test_it_refuses_a_key_for_an_unknown_partner(db: None) -> None:
    refused = _refused("create_api_key", "acme", "--mode", "live", "--name", "Server")
    assert refused == "There is no partner acme."


def test_it_refuses_an_argument_that_is_not_text(db: None) -> None:
    refused = _refused("create_api_key", "a\udcff", "--mode", "live", "--name", "Server")
    assert refused == "The arguments are not valid UTF-8."


def test_it_refuses_an_eleventh_key(db: None) -> None:
    environment = make_environment(partner=make_partner(slug="acme"))
    for _ in range(10):
        make_key(environment)
    assert "at most 10 active keys" in _refused(
        "create_api_key", "acme", "--mode", "live", "--name", "x"
    )
    assert ApiKey.objects.count() == 10


def test_it_creates_a_member_with_a_password_from_standard_input(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_partner(slug="acme")
    _stdin(monkeypatch, f"{PASSWORD}\r\nnot this line\n")
    arguments = ("acme", "ops@example.test", "--role", "owner", "--password-stdin")
    call_command("create_member", *arguments, stdout=io.StringIO())
    assert Membership.objects.get().role == "owner"
    assert User.objects.get().check_password(PASSWORD)


def test_it_asks_for_a_new_users_password_twice(db: None, terminal: list[str]) -> None:
    make_partner(slug="acme")
    terminal += [PASSWORD, PASSWORD]
    call_command(
        "create_member", "acme", "ops@example.test", "--role", "viewer", stdout=io.StringIO()
    )
    assert User.objects.get().check_password(PASSWORD)


def test_it_refuses_two_passwords_that_differ(db: None, terminal: list[str]) -> None:
    make_partner(slug="acme")
    terminal += [PASSWORD, PASSWORD + "!"]
    refused = _refused("create_member", "acme", "ops@example.test", "--role", "viewer")
    assert refused == "The two passwords differ."
    assert not User.objects.exists()


def test_it_does_not_ask_for_an_existing_users_password(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_partner(slug="acme")
    make_user("ops@example.test")
    _stdin(monkeypatch, "")
    call_command(
        "create_member", "acme", "Ops@example.test", "--role", "viewer", stdout=io.StringIO()
    )
    assert User.objects.get().check_password(PASSWORD)


@pytest.mark.parametrize(
    ("arguments", "stdin", "sentence"),
    [
        (("nobody", "a@example.test"), "", "There is no partner nobody."),
        (("acme", "a@example.test"), "", "There is no terminal to ask on; use --password-stdin."),
        (
            ("acme", "a@example.test", "--password-stdin"),
            "",
            "Standard input contains no password.",
        ),
        (
            ("acme", "a@example.test", "--password-stdin"),
            "\n",
            "Standard input contains no password.",
        ),
        (("acme", "nonsense", "--password-stdin"), PASSWORD, "Enter a valid e-mail address"),
        (
            ("acme", "a@example.test", "--password-stdin"),
            "password1234\n",
            "This password is too common.",
        ),
    ],
)
def test_it_refuses_a_member_and_makes_nothing(
    db: None, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], stdin: str, sentence: str
) -> None:
    make_partner(slug="acme")
    _stdin(monkeypatch, stdin)
    assert _refused("create_member", *arguments, "--role", "viewer") == sentence
    assert (User.objects.count(), Membership.objects.count()) == (0, 0)


def _planted() -> User:
    """An unverified account of another partner, whose owner knows its password."""
    partner = make_partner()
    known: dict[str, Any] = {"verified_at": None, "verified_by": "", "confined_to": partner}
    user = make_user("ops@example.test", factor=True, **known)
    make_membership(partner, user=user)
    return user


@pytest.mark.parametrize("mailed", [True, False])
def test_it_invites_an_unverified_account_instead_of_adding_it(
    db: None, settings: Settings, mailed: bool
) -> None:
    settings.EMAIL_URL, settings.PUBLIC_URL = "memorymail://" * mailed, "https://x.test"
    user, partner, said = _planted(), make_partner(slug="acme"), io.StringIO()
    call_command("create_member", "acme", user.email, "--role", "viewer", stdout=said)
    assert not Membership.objects.filter(partner=partner).exists()
    assert (Invitation.objects.get().partner, Invitation.objects.get().mailed) == (partner, mailed)
    shown = re.search(r"https://x\.test/account/invitation/\S+", said.getvalue())
    assert (shown is None, len(mail.outbox)) == (mailed, int(mailed))
    user.refresh_from_db()
    assert (user.is_verified, user.check_password(PASSWORD)) == (False, True)


def test_it_takes_an_unverified_account_that_the_caller_vouches_for(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    user, partner, new = _planted(), make_partner(slug="acme"), "another long pass phrase"
    _stdin(monkeypatch, f"{new}\n")
    line = ("create_member", "acme", user.email, "--role", "viewer", "--verified")
    call_command(*line, "--password-stdin", stdout=io.StringIO())
    user.refresh_from_db()
    assert (user.verified_by, user.check_password(new)) == ("command", True)
    assert not user.authenticator_set.exists()
    assert Membership.objects.filter(partner=partner, user=user).exists()


def test_it_verifies_nothing_if_the_password_is_weak(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    user, _ = _planted(), make_partner(slug="acme")
    before = snapshot()
    _stdin(monkeypatch, "password1234\n")
    line = ("create_member", "acme", user.email, "--role", "viewer", "--verified")
    assert _refused(*line, "--password-stdin") == "This password is too common."
    assert snapshot() == before


@pytest.mark.parametrize("vouched", [True, False])
def test_it_verifies_a_new_account_only_where_the_caller_vouches(
    db: None, monkeypatch: pytest.MonkeyPatch, vouched: bool
) -> None:
    partner = make_partner(slug="acme")
    _stdin(monkeypatch, f"{PASSWORD}\n")
    line = ["create_member", "acme", "ops@example.test", "--role", "owner", "--password-stdin"]
    call_command(*line, *["--verified"] * vouched, stdout=io.StringIO())
    user = User.objects.get()
    assert (user.is_verified, user.confined_to) == (vouched, partner)

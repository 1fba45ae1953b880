"""Whose address it is: each proof, each door to another team, and codes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from pytest_django.fixtures import Settings

from config.foundation.errors import Refusal
from partners.models import AuditEntry, Invitation, Membership, User, VerificationCode
from partners.people.invitations import SignInFirst, accept_invitation, invite, mail
from partners.people.team import AlreadyMember, NotVerified, WeakPassword, add_member
from partners.people.verification import (
    AlreadyVerified,
    CodeUnusable,
    make_code,
    verify_by_code,
)
from partners.records.actor import SYSTEM
from tests.admin.conftest import snapshot
from tests.factors import give_factor
from tests.world import NOW, PASSWORD, World, make_membership, make_user

EMAIL = "mia@münchen.example"
STORED = "mia@xn--mnchen-3ya.example"
OTHER = "another long pass phrase"
UNVERIFIED: dict[str, Any] = {"verified_at": None, "verified_by": ""}


def planted(world: World, **fields: Any) -> User:
    """An account that Northwind's owner opened for somebody else: password, factor, no proof."""
    user = make_user(STORED, **UNVERIFIED, confined_to=world.northwind.partner, **fields)
    make_membership(world.northwind.partner, user=user)
    give_factor(user)
    return user


def invited(world: World, settings: Settings, *, mailed: bool) -> str:
    """The secret of Juniper's invitation."""
    settings.EMAIL_URL = "memorymail://" if mailed else ""
    made, secret = invite(
        partner=world.juniper.partner, email=EMAIL, role="viewer", by=SYSTEM, now=NOW
    )
    assert bool(mail(made, f"https://x.test/{secret}/")) is mailed
    return secret


def in_juniper(world: World) -> bool:
    return Membership.objects.filter(partner=world.juniper.partner, user__email=STORED).exists()


# --- accepting an invitation: how the link travelled × who asks --------------------------------

Case = tuple[bool, str, str, type[Refusal] | None, bool]


@pytest.mark.parametrize(
    "case",
    [
        (False, "none", "nobody", None, False),
        (True, "none", "nobody", None, True),
        (False, "planted", "nobody", SignInFirst, False),
        (False, "planted", "itself", NotVerified, False),
        (False, "planted", "another", SignInFirst, False),
        (True, "planted", "nobody", None, True),
        (True, "planted", "itself", None, True),
        (True, "planted", "another", SignInFirst, False),
        (False, "closed", "nobody", SignInFirst, False),
        (True, "closed", "nobody", SignInFirst, False),
        (False, "verified", "nobody", SignInFirst, True),
        (True, "verified", "nobody", SignInFirst, True),
        (False, "verified", "itself", None, True),
        (True, "verified", "itself", None, True),
    ],
)
def test_an_invitation_lets_in(world: World, settings: Settings, case: Case) -> None:
    mailed, account, asks, error, verified = case
    make: dict[str, Callable[[], User | None]] = {
        "none": lambda: None,
        "planted": lambda: planted(world),
        "closed": lambda: planted(world, is_active=False),
        "verified": lambda: make_user(STORED),
    }
    found = make[account]()
    user = {"nobody": None, "itself": found, "another": world.juniper.owner}[asks]
    secret, before = invited(world, settings, mailed=mailed), snapshot()
    if error:
        with pytest.raises(error):
            accept_invitation(secret=secret, user=user, password=OTHER, now=NOW)
        assert snapshot() == before
        return
    joined = accept_invitation(secret=secret, user=user, password=OTHER, now=NOW).user
    assert (joined.is_verified, in_juniper(world)) == (verified, True)
    assert joined.check_password(PASSWORD if account == "verified" else OTHER)


def test_a_mailed_link_takes_the_account_from_who_opened_it(
    world: World, settings: Settings
) -> None:
    user = planted(world)
    make_code(user=user, by=SYSTEM, now=NOW)
    session = user.get_session_auth_hash()
    accept_invitation(secret=invited(world, settings, mailed=True), password=OTHER, now=NOW)
    user.refresh_from_db()
    assert (user.verified_at, user.verified_by) == (NOW, "mail")
    assert user.get_session_auth_hash() != session
    assert not Authenticator.objects.filter(user=user).exists()
    assert not VerificationCode.objects.exists()
    actions = AuditEntry.objects.order_by("id").values_list("action", flat=True)
    assert set(actions) >= {"user.address_verified", "user.factors_removed", "invitation.accepted"}


def test_a_weak_password_verifies_nothing(world: World, settings: Settings) -> None:
    planted(world)
    secret, before = invited(world, settings, mailed=True), snapshot()
    with pytest.raises(WeakPassword):
        accept_invitation(secret=secret, password="short", now=NOW)
    assert snapshot() == before


def test_a_link_that_could_not_be_mailed_verifies_nothing(world: World, settings: Settings) -> None:
    made, secret = invite(
        partner=world.juniper.partner, email=EMAIL, role="viewer", by=SYSTEM, now=NOW
    )
    settings.EMAIL_URL = "smtp://mail.invalid"
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    assert mail(made, "https://x.test/") is False
    assert not Invitation.objects.get().mailed
    joined = accept_invitation(secret=secret, password=OTHER, now=NOW).user
    assert (joined.is_verified, joined.confined_to) == (False, world.juniper.partner)


def test_an_unverified_account_comes_back_to_its_own_team(world: World) -> None:
    user = planted(world)
    Membership.objects.filter(user=user).delete()
    _, secret = invite(
        partner=world.northwind.partner, email=EMAIL, role="viewer", by=SYSTEM, now=NOW
    )
    assert accept_invitation(secret=secret, user=user, now=NOW).partner == world.northwind.partner


# --- adding: what staff's commands do --------------------------------------------------------


@pytest.mark.parametrize(
    ("where", "error"), [("juniper", NotVerified), ("northwind", AlreadyMember)]
)
@pytest.mark.parametrize("password", [None, OTHER])
def test_staff_cannot_add_an_unverified_account(
    world: World, where: str, error: type[Refusal], password: str | None
) -> None:
    planted(world)
    before = snapshot()
    with pytest.raises(error):
        add_member(
            partner=getattr(world, where).partner,
            email=EMAIL,
            role="owner",
            by=SYSTEM,
            password=password,
        )
    assert snapshot() == before


def test_an_added_account_is_its_partners_alone(world: World) -> None:
    partner = world.northwind.partner
    user = add_member(partner=partner, email=EMAIL, role="viewer", by=SYSTEM).user
    assert (user.email, user.is_verified, user.confined_to) == (STORED, False, partner)
    other = add_member(
        partner=partner, email="b@x.test", role="viewer", by=SYSTEM, verified=True
    ).user
    assert (other.is_verified, other.verified_by) == (True, "command")


# --- codes ------------------------------------------------------------------------------------


def test_a_code_verifies_once_and_takes_the_account(world: World) -> None:
    user = planted(world)
    made, text = make_code(user=user, by=SYSTEM, now=NOW)
    assert (len(text), text in str(VerificationCode.objects.values().get())) == (19, False)
    typed = f" {text.lower().replace('-', ' ')} "
    verified = verify_by_code(email=EMAIL, text=typed, password=OTHER, now=NOW)
    assert (verified, verified.verified_by, verified.check_password(OTHER)) == (user, "code", True)
    assert not Authenticator.objects.filter(user=user).exists()
    before = snapshot()
    with pytest.raises(CodeUnusable):
        verify_by_code(email=EMAIL, text=text, password=PASSWORD, now=NOW)
    assert snapshot() == before
    assert text not in str(list(AuditEntry.objects.values()))
    assert made.expires_at == NOW + timedelta(hours=24)


@pytest.mark.parametrize("case", ["unknown", "expired", "replaced", "closed", "none"])
def test_a_code_is_refused_in_the_same_words(world: World, case: str) -> None:
    user = planted(world)
    text = "ABCD-EFGH-JKLM-NPQR" if case == "none" else make_code(user=user, by=SYSTEM, now=NOW)[1]
    if case == "replaced":
        make_code(user=user, by=SYSTEM, now=NOW)
    if case == "closed":
        User.objects.filter(pk=user.pk).update(is_active=False)
    email = "nobody@x.test" if case == "unknown" else EMAIL
    now = NOW + timedelta(hours=24 if case == "expired" else 0)
    with pytest.raises(CodeUnusable) as refused:
        verify_by_code(email=email, text=text, password=OTHER, now=now)
    assert str(refused.value) == CodeUnusable.sentence
    user.refresh_from_db()
    assert (user.is_verified, user.check_password(PASSWORD)) == (False, True)


def test_a_code_ends_after_so_many_wrong_tries(world: World, settings: Settings) -> None:
    settings.VERIFICATION_CODE_TRIES = 2
    _, text = make_code(user=planted(world), by=SYSTEM, now=NOW)
    for left in (1, 0):
        with pytest.raises(CodeUnusable):
            verify_by_code(email=EMAIL, text="WRONG", password=OTHER, now=NOW)
        assert VerificationCode.objects.get().tries_left == left
    with pytest.raises(CodeUnusable):
        verify_by_code(email=EMAIL, text=text, password=OTHER, now=NOW)
    assert AuditEntry.objects.filter(action="user.verification_code_wrong").count() == 2
    assert not User.objects.get(email=STORED).is_verified


def test_a_weak_password_costs_no_try(world: World) -> None:
    _, text = make_code(user=planted(world), by=SYSTEM, now=NOW)
    before = snapshot()
    with pytest.raises(WeakPassword):
        verify_by_code(email=EMAIL, text=text, password="short", now=NOW)
    assert snapshot() == before


def test_a_verified_account_gets_no_code(world: World) -> None:
    before = snapshot()
    with pytest.raises(AlreadyVerified):
        make_code(user=world.northwind.viewer, by=SYSTEM, now=NOW)
    assert snapshot() == before

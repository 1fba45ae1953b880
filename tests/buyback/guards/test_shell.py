"""Commands on the server: audited, alerted, mailed; and breaking the glass."""

from __future__ import annotations

import io
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.core.management import call_command
from django.core.management.base import CommandError
from pytest_django import DjangoCaptureOnCommitCallbacks
from pytest_django.fixtures import Settings

from buyback.models import Alert, Transfer
from inventory.models import Card
from partners.models import AccessProposal, ApiKey, AuditEntry, Invitation, User
from partners.people.enrolment import redeem
from tests.admin.conftest import snapshot
from tests.database.decisions import (
    make_owner_proposal,
    make_price_proposal,
    make_reversal,
    paid,
)
from tests.world import PASSWORD, World, make_buyback, make_item, make_proposal, make_user


def run(*arguments: str) -> str:
    said = io.StringIO()
    call_command(*arguments, stdout=said)
    return said.getvalue()


def reported() -> list[tuple[str, str]]:
    """The command and the alert of each run."""
    entries = AuditEntry.objects.filter(action="command.run", actor="shell").order_by("id")
    alerts = Alert.objects.filter(kind="shell_command").order_by("id")
    found = [(entry.target, alert.subject) for entry, alert in zip(entries, alerts, strict=True)]
    assert all(str(entry.pk) in alert.subject for entry, alert in zip(entries, alerts, strict=True))
    return [(target, subject.partition(",")[0]) for target, subject in found]


def test_each_key_is_audited_and_alerted(world: World) -> None:
    for _ in range(2):  # an unseen alert hides no second one
        text = run("create_api_key", "juniper", "--mode", "live", "--name", "x").strip()
    assert reported() == [("command:create_api_key", "create_api_key")] * 2
    everything = str(list(AuditEntry.objects.values())) + str(list(Alert.objects.values()))
    assert text.rpartition("_")[2] not in everything


def test_members_and_imports_are_audited_and_alerted(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(PASSWORD + "\n"))
    run("create_member", "juniper", "new@x.test", "--role", "owner", "--password-stdin")
    file = tmp_path / "cards.csv"
    file.write_text("source_type,listing_id,name,fmv\nalt,a1,A,950000.00\n")
    run("import_cards", str(file))
    assert Card.objects.get(listing_id="a1").fmv == Decimal(950_000)
    assert [target for target, _ in reported()] == [
        "command:create_member",
        "command:import_cards",
    ]
    assert PASSWORD not in str(list(AuditEntry.objects.values()))


def test_it_creates_staff_with_a_one_time_code(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(PASSWORD + "\n"))
    said = run("create_staff", "Clerk@x.test", "--group", "operations", "--password-stdin")
    user = User.objects.get(email="clerk@x.test")
    assert (user.is_staff, user.is_superuser, user.groups.get().name) == (True, False, "operations")
    assert user.check_password(PASSWORD)
    assert redeem(user=user, code=said.strip().rpartition(" ")[2])
    assert reported() == [("command:create_staff", "create_staff")]


def test_it_makes_no_staff_of_an_unverified_account(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_user("clerk@x.test", verified_at=None, verified_by="")
    before = snapshot()
    monkeypatch.setattr("sys.stdin", io.StringIO(PASSWORD + "\n"))
    with pytest.raises(CommandError, match="verified e-mail address") as caught:
        run("create_staff", "Clerk@x.test", "--superuser", "--password-stdin")
    assert caught.value.returncode == 2
    assert snapshot() == before


@pytest.mark.parametrize("mailed", [True, False])
def test_an_unverified_account_is_invited_audited_and_alerted(
    world: World, settings: Settings, mailed: bool
) -> None:
    settings.EMAIL_URL, settings.PUBLIC_URL = "memorymail://" * mailed, "https://x.test"
    user = make_user("clerk@x.test", verified_at=None, verified_by="")
    said = run("create_member", "juniper", user.email, "--role", "owner")
    assert ("https://x.test/account/invitation/" in said) is not mailed
    assert Invitation.objects.get().mailed is mailed
    assert not user.memberships.exists()
    assert reported() == [("command:create_member", "create_member")]


def test_django_s_own_command_is_refused(world: World) -> None:
    before = snapshot()
    with pytest.raises(CommandError, match="create_staff") as caught:
        run("createsuperuser")
    assert caught.value.returncode == 2
    assert snapshot() == before


def test_every_superuser_gets_a_mail(
    world: World,
    settings: Settings,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    settings.EMAIL_URL = "memorymail://"
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    with django_capture_on_commit_callbacks(execute=True):
        run("create_api_key", "juniper", "--mode", "live", "--name", "x")
    (sent,) = mail.outbox
    assert (sent.to, "create_api_key" in sent.subject) == ([world.admin.email], True)


def test_a_refused_command_leaves_nothing(world: World) -> None:
    before = snapshot()
    with pytest.raises(CommandError):
        run("create_api_key", "juniper", "--mode", "live", "--name", " ")
    assert snapshot() == before


# --- break_glass ----------------------------------------------------------------------------------


def pending(kind: str, world: World) -> Any:
    made: dict[str, Any] = {
        "access": lambda: make_owner_proposal(world.northwind.partner),
        "prices": make_price_proposal,
        "reversal": lambda: make_reversal(paid(world)),
        "review": lambda: make_proposal(
            make_buyback(make_item(world.northwind.live), state="review")
        ),
    }
    return made[kind]()


@pytest.mark.breaks_books("a reversal of a payout that has no other ledger line")
@pytest.mark.parametrize("kind", ["access", "prices", "reversal"])
def test_it_carries_out_one_proposal_alone(world: World, kind: str) -> None:
    proposal = pending(kind, world)
    assert f"{kind} {proposal.pk}:" in run("break_glass")
    said = run("break_glass", kind, str(proposal.pk), "--reason", "both are ill")
    proposal.refresh_from_db()
    assert (proposal.confirmed_by, proposal.confirmer) == ("shell", None)
    done = {
        "access": Invitation.objects.exists(),
        "prices": Card.objects.filter(listing_id="p1").exists(),
        "reversal": Transfer.objects.filter(debit="paid_out").exists(),
    }
    assert done == {name: name == kind for name in done}
    assert ("/account/invitation/" in said) is (kind == "access")
    assert reported() == [("command:break_glass", "break_glass")]
    assert "both are ill" in Alert.objects.get().detail


@pytest.mark.parametrize("where", ["https://x.test", ""])
def test_it_mails_an_owners_link_if_it_has_a_host(
    world: World, settings: Settings, where: str
) -> None:
    settings.EMAIL_URL, settings.PUBLIC_URL = "memorymail://", where
    proposal = make_owner_proposal(world.northwind.partner)
    said = run("break_glass", "access", str(proposal.pk), "--reason", "both are ill")
    assert ("/account/invitation/" in said, Invitation.objects.get().mailed) == (
        not where,
        bool(where),
    )
    assert [one.to for one in mail.outbox] == [["mia@x.test"]] * bool(where)


def test_it_makes_no_staff_of_an_unverified_account_either(world: World) -> None:
    user = make_user("clerk@x.test", verified_at=None, verified_by="")
    proposal = AccessProposal.objects.create(
        kind="rights",
        user=user,
        rights={"is_staff": True},
        reason="so",
        proposed_by="user:a@x.test",
    )
    with pytest.raises(CommandError, match="verified e-mail address"):
        run("break_glass", "access", str(proposal.pk), "--reason", "both are ill")
    user.refresh_from_db()
    proposal.refresh_from_db()
    assert (user.is_staff, proposal.confirmed_at) == (False, None)
    assert reported() == [("command:break_glass", "break_glass")]


@pytest.mark.parametrize(
    "arguments", [("access", "{pk}"), ("prices", "{pk}", "--reason", "x"), ("access", "0")]
)
def test_it_refuses_without_reason_or_proposal(world: World, arguments: tuple[str, ...]) -> None:
    proposal = make_owner_proposal(world.northwind.partner)
    before = snapshot()
    with pytest.raises(CommandError):
        run("break_glass", *(one.format(pk=proposal.pk) for one in arguments))
    assert snapshot() == before
    assert AccessProposal.objects.get().confirmed_at is None
    assert ApiKey.objects.count() == 4

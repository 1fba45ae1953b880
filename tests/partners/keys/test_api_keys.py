"""API keys: format, access, expiry, and limits."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from pytest_django import DjangoAssertNumQueries

from config.foundation.names import BadName
from partners.keys import api_keys
from partners.keys.api_keys import ExpiryPassed, TooManyKeys, find, issue_key, revoke_key, touch
from partners.keys.scopes import UnknownScope
from partners.models import ApiKey, AuditEntry, Environment, Mode
from partners.records.actor import SYSTEM
from partners.tenants.onboarding import reactivate_partner, suspend_partner
from tests.world import NOW, make_environment, make_key

HOUR = timedelta(hours=1)


@pytest.mark.parametrize("mode", list(Mode))
def test_it_issues_a_key_that_opens_its_environment(db: None, mode: Mode) -> None:
    environment = make_environment(mode=mode)
    row, text = issue_key(environment=environment, name="Server", by=SYSTEM)
    assert api_keys.KEY.fullmatch(text)
    assert text.startswith(f"{mode}-{row.key_id}_")
    assert (len(row.key_id), text[-4:], row.created_by) == (12, row.last_four, "system")
    found = find(text, mode)
    assert found == row
    assert found is not None
    assert found.environment == environment


def test_it_keeps_only_a_digest(db: None) -> None:
    row, text = issue_key(environment=make_environment(), name="Server", by=SYSTEM)
    row.refresh_from_db()
    assert bytes(row.digest) == hashlib.sha256(text.encode()).digest()
    secret = text.rpartition("_")[2]
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(k)::text FROM partners_apikey k")
        assert secret not in cursor.fetchone()[0]
        cursor.execute("SELECT row_to_json(a)::text FROM partners_auditentry a")
        assert secret not in cursor.fetchone()[0]


def test_it_issues_no_key_for_an_unknown_scope(db: None) -> None:
    with pytest.raises(UnknownScope):
        issue_key(
            environment=make_environment(),
            name="Server",
            scopes=["inventory:read", "root"],
            by=SYSTEM,
        )
    assert not ApiKey.objects.exists()


def test_it_audits_the_issue_and_the_revocation(db: None) -> None:
    row, _ = issue_key(environment=make_environment(), name="Server", by=SYSTEM)
    revoke_key(key=row, by=SYSTEM, now=NOW)
    entries = AuditEntry.objects.order_by("created_at", "id").values_list(
        "action", "target", "partner"
    )
    target, partner = f"partners.apikey:{row.pk}", row.environment.partner_id
    assert list(entries) == [
        ("api_key.issued", target, partner),
        ("api_key.revoked", target, partner),
    ]


def test_it_finds_a_key_in_one_query(
    db: None, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    _, text = make_key(make_environment())
    with django_assert_num_queries(1):
        found = find(text, "live")
        assert found is not None
        assert found.environment.partner.name
        assert found.environment.calls_per_minute is None  # each call is counted against this limit


def _wrong_secret(text: str) -> str:
    return text[:-1] + ("a" if text[-1] != "a" else "b")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda _: "",
        lambda text: text[:-1],
        lambda text: text + "a",
        lambda text: text + "\n",
        lambda text: " " + text,
        lambda text: text.replace("live-", "sandbox-"),
        lambda text: text.removeprefix("live-"),
        lambda text: text.upper(),
        lambda text: text.replace("_", "-"),
        lambda text: "live-" + "x" * 12 + text[17:],
        lambda text: text[:-1] + "\x00",
        lambda text: text[:-1] + "٣",
        _wrong_secret,
    ],
)
def test_it_does_not_find_a_spoiled_key(db: None, spoil: Callable[[str], str]) -> None:
    _, text = make_key(make_environment())
    assert find(text, "live") is not None
    assert find(spoil(text), "live") is None
    assert find(spoil(text), "sandbox") is None


@pytest.mark.parametrize(("mode", "other"), [("live", "sandbox"), ("sandbox", "live")])
def test_it_does_not_open_the_other_mode(db: None, mode: str, other: str) -> None:
    _, text = make_key(make_environment(mode=mode))
    assert find(text, other) is None


def test_it_rejects_a_key_whose_prefix_differs_from_its_row(db: None) -> None:
    text = f"live-{'0' * 12}_{'0' * 43}"
    digest = hashlib.sha256(text.encode()).digest()
    make_key(make_environment(mode="sandbox"), key_id="0" * 12, digest=digest)
    assert find(text, "live") is None


def test_it_stops_when_revoked(db: None) -> None:
    row, text = make_key(make_environment())
    revoke_key(key=row, by=SYSTEM)
    assert find(text, "live") is None


def test_it_keeps_the_time_of_the_first_revocation(db: None) -> None:
    row, _ = make_key(make_environment())
    for now in (NOW, NOW + HOUR):
        revoke_key(key=row, by=SYSTEM, now=now)
    row.refresh_from_db()
    assert (row.revoked_at, AuditEntry.objects.count()) == (NOW, 1)


def test_it_stops_at_the_instant_of_its_expiry(db: None) -> None:
    row, text = make_key(make_environment(), expires_at=NOW)
    assert find(text, "live", now=NOW - timedelta(microseconds=1)) == row
    assert find(text, "live", now=NOW) is None


def test_it_stops_while_its_partner_is_suspended(db: None) -> None:
    row, text = make_key(make_environment())
    suspend_partner(partner=row.environment.partner, reason="so", by=SYSTEM)
    assert find(text, "live") is None
    reactivate_partner(partner=row.environment.partner, reason="so", by=SYSTEM)
    assert find(text, "live") == row


@pytest.mark.parametrize("name", ["", " ", "x" * 101, "a\x00", "a\nb"])
def test_it_refuses_a_bad_name(db: None, name: str) -> None:
    with pytest.raises(BadName):
        issue_key(environment=make_environment(), name=name, by=SYSTEM)
    assert not ApiKey.objects.exists()


def test_it_refuses_an_expiry_that_has_passed(db: None) -> None:
    with pytest.raises(ExpiryPassed):
        issue_key(environment=make_environment(), name="Server", by=SYSTEM, expires_at=NOW, now=NOW)
    assert not ApiKey.objects.exists()


def test_it_refuses_an_eleventh_active_key(db: None) -> None:
    environment = make_environment()
    for _ in range(10):
        issue_key(environment=environment, name="Server", by=SYSTEM)
    with pytest.raises(TooManyKeys):
        issue_key(environment=environment, name="Server", by=SYSTEM)
    assert (ApiKey.objects.count(), AuditEntry.objects.count()) == (10, 10)


def test_it_counts_only_this_environments_active_keys(db: None) -> None:
    environment = make_environment()
    other = make_environment(partner=environment.partner, mode="sandbox")
    for _ in range(8):
        make_key(environment)
        make_key(other)
    make_key(environment, revoked_at=NOW)
    make_key(environment, expires_at=NOW)
    for _ in range(2):
        issue_key(environment=environment, name="Server", by=SYSTEM, now=NOW)
    with pytest.raises(TooManyKeys):
        issue_key(environment=environment, name="Server", by=SYSTEM, now=NOW)


def test_it_remembers_its_use_once_a_minute(db: None) -> None:
    row, text = make_key(make_environment())
    seen = []
    for seconds in (0, 59, 60, 61):
        used = find(text, "live")
        assert used is not None
        touch(used, NOW + timedelta(seconds=seconds))
        row.refresh_from_db()
        assert row.last_used_at is not None
        seen.append((row.last_used_at - NOW).total_seconds())
    assert seen == [0, 0, 60, 60]


def test_it_writes_nothing_for_a_key_seen_a_moment_ago(
    db: None, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    row, _ = make_key(make_environment(), last_used_at=NOW)
    with django_assert_num_queries(0):
        touch(row, NOW + timedelta(seconds=30))


def _issue_at_once(environment: Environment) -> list[str]:
    """Two simultaneous requests for a key: the result of each."""
    outcomes: list[str] = []

    def request() -> None:
        try:
            issue_key(environment=environment, name="Server", by=SYSTEM)
            outcomes.append("issued")
        except TooManyKeys:
            outcomes.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=request) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(outcomes)


@pytest.mark.django_db(transaction=True)
def test_it_issues_one_tenth_key_to_two_requests() -> None:
    environment = make_environment()
    for _ in range(9):
        make_key(environment)
    assert _issue_at_once(environment) == ["issued", "refused"]
    assert ApiKey.objects.count() == 10


@pytest.mark.django_db(transaction=True)
def test_it_would_issue_two_tenth_keys_without_the_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    environment = make_environment()
    for _ in range(9):
        make_key(environment)
    both_have_counted, random = threading.Barrier(2, timeout=20), api_keys._random

    def random_once_both_have_counted(length: int) -> str:
        both_have_counted.wait()
        return random(length)

    monkeypatch.setattr(api_keys, "_lock", lambda environment: environment)
    monkeypatch.setattr(api_keys, "_random", random_once_both_have_counted)
    assert _issue_at_once(environment) == ["issued", "issued"]
    assert ApiKey.objects.count() == 11

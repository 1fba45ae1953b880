"""The duration of a login, and revoking one remotely."""

from __future__ import annotations

import ast
import time
from pathlib import Path

import pytest
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from config.web import session_limits
from partners.models import User
from partners.templatetags.dashboard import browser
from tests.config.foundation.test_environment import manage
from tests.dashboard.steps import signed_in
from tests.partners.people.conftest import sign_in
from tests.world import NOW, PASSWORD, World

START = NOW.timestamp()
LIVE = "/dashboard/live/"
COOKIES = [
    f"{cookie}_COOKIE_{flag}"
    for cookie in ("SESSION", "CSRF")
    for flag in ("SECURE", "HTTPONLY", "SAMESITE")
]
MEMBER, STAFF = User(last_login=NOW), User(last_login=NOW, is_staff=True)


def begun(now: float = START) -> SessionStore:
    session = SessionStore()
    session_limits.begin(session, now)
    return session


@pytest.mark.parametrize(("user", "idle"), [(MEMBER, 7200), (STAFF, 1800)], ids=["member", "staff"])
def test_it_ends_after_idleness(user: User, idle: int) -> None:
    assert not session_limits.is_over(begun(), user, START + idle - 1)
    assert session_limits.is_over(begun(), user, START + idle)


@pytest.mark.parametrize(
    ("user", "most"), [(MEMBER, 43_200), (STAFF, 28_800)], ids=["member", "staff"]
)
def test_it_ends_in_any_case(user: User, most: int) -> None:
    session = begun()
    for seconds in range(0, most, 600):
        assert not session_limits.is_over(session, user, START + seconds)
    assert not session_limits.is_over(session, user, START + most - 1)
    assert session_limits.is_over(session, user, START + most)


def test_it_writes_at_most_once_a_minute() -> None:
    session = begun()
    session.modified = False
    session_limits.is_over(session, MEMBER, START + 59)
    assert not session.modified
    session_limits.is_over(session, MEMBER, START + 60)
    assert session.modified


def test_it_is_not_extended_by_polls() -> None:
    session = begun()
    for seconds in range(0, 7200, 60):
        assert not session_limits.is_over(session, MEMBER, START + seconds, by_itself=True)
    assert session_limits.is_over(session, MEMBER, START + 7200, by_itself=True)


@pytest.mark.parametrize(
    ("headers", "moved"), [({}, True), ({"X-Poll": "1"}, False)], ids=["person", "page"]
)
def test_it_distinguishes_polls_from_requests(
    world: World, headers: dict[str, str], moved: bool
) -> None:
    client = signed_in(world.northwind.owner)
    session = client.session
    session_limits.begin(session, time.time() - 600)
    session.save()
    client.get(LIVE + "activity/", headers=headers)
    assert (client.session[session_limits.SEEN] > session[session_limits.SEEN]) == moved


def test_it_counts_a_session_begun_elsewhere_from_the_last_login() -> None:
    assert not session_limits.is_over(SessionStore(), MEMBER, START + 7199)
    assert session_limits.is_over(SessionStore(), MEMBER, START + 7200)


def test_it_logs_out_an_expired_session(world: World) -> None:
    client = Client()
    sign_in(client, world.northwind.owner.email)
    assert client.get(LIVE).status_code == 200
    session = client.session
    session[session_limits.SEEN] -= settings.SESSION_IDLE_LIMIT
    session.save()
    assert client.get(LIVE).headers["Location"] == f"/login/?next={LIVE}"
    assert not SessionStore().exists(str(session.session_key))


def test_it_takes_no_further_query(
    world: World, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client = signed_in(world.northwind.owner)
    with django_assert_num_queries(3):  # session, user, memberships
        client.get("/dashboard/")


def test_it_keeps_the_cookie_from_scripts_and_other_sites(world: World) -> None:
    cookie = sign_in(Client(), world.northwind.owner.email).cookies["sessionid"]
    assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Lax", 43_200)


def test_it_sends_both_cookies_by_https_alone_where_the_address_is_https(tmp_path: Path) -> None:
    script = (
        f"from django.conf import settings as s; print([getattr(s, name) for name in {COOKIES}])"
    )
    for public_url, secure in (("https://sellback.example.com", True), ("", False)):
        printed = manage(
            tmp_path, "shell", "--no-imports", "-c", script, PUBLIC_URL=public_url
        ).stdout
        assert ast.literal_eval(printed) == [secure, True, "Lax"] * 2


def test_it_puts_the_flags_on_both_cookies(world: World, settings: Settings) -> None:
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    client = Client()
    form = client.get("/login/", secure=True)
    signed = client.post(
        "/login/", {"login": world.northwind.owner.email, "password": PASSWORD}, secure=True
    )
    for cookie in (
        form.cookies["csrftoken"],
        signed.cookies["csrftoken"],
        signed.cookies["sessionid"],
    ):
        assert (cookie["secure"], cookie["httponly"], cookie["samesite"]) == (True, True, "Lax")


def test_it_lists_ones_sessions_and_ends_one(world: World) -> None:
    here, there = Client(), Client(headers={"user-agent": "Elsewhere/1.0"})
    for client in (here, there):
        sign_in(client, world.northwind.owner.email)
    page = here.get("/account/sessions/").content.decode()
    assert ("Elsewhere/1.0" in page, "This session" in page) == (True, True)
    other = UserSession.objects.get(user_agent="Elsewhere/1.0")
    assert here.post(f"/account/sessions/{other.pk}/end/").status_code == 302
    assert there.get(LIVE).status_code == 302
    assert here.get(LIVE).status_code == 200


def test_it_forgets_a_session_that_has_ended(world: World) -> None:
    """Immediately when it is revoked, and when the password has changed since its login."""
    here, left, stale = Client(), Client(), Client()
    for client in (here, left, stale):
        sign_in(client, world.northwind.owner.email)
    SessionStore(left.session.session_key).delete()
    session = stale.session
    session["_auth_user_hash"] = "of another password"
    session.save()
    assert [one.session_key for one in here.get("/account/sessions/").context["sessions"]] == [
        here.session.session_key
    ]
    assert UserSession.objects.count() == 1


def test_it_does_not_find_another_users_session(world: World) -> None:
    mine, theirs = Client(), Client()
    sign_in(mine, world.northwind.owner.email)
    sign_in(theirs, world.juniper.owner.email)
    other = UserSession.objects.get(user=world.juniper.owner)
    assert mine.post(f"/account/sessions/{other.pk}/end/").status_code == 404
    assert mine.get(f"/account/sessions/{other.pk}/end/").status_code == 405
    assert theirs.get(LIVE).status_code == 200


def test_it_ends_every_other_session_when_the_password_changes(world: World) -> None:
    here, there = Client(), Client()
    for client in (here, there):
        sign_in(client, world.northwind.owner.email)
    new = "another long pass phrase"
    form = {"oldpassword": "correct horse battery staple", "password1": new, "password2": new}
    assert here.post("/account/password/", form).status_code == 302
    assert (here.get(LIVE).status_code, there.get(LIVE).status_code) == (200, 302)
    assert sign_in(Client(), world.northwind.owner.email, new).status_code == 302


@pytest.mark.parametrize(
    ("agent", "said"),
    [
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0",
            "Firefox on Windows",
        ),
        (
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile "
                "Safari/604.1"
            ),
            "Safari on iPhone",
        ),
        ("curl/8.5.0", "curl/8.5.0"),
        ("", "Unknown browser"),
    ],
)
def test_it_says_which_browser_it_was(agent: str, said: str) -> None:
    assert browser(agent) == said


def test_it_lists_the_newest_sessions_alone(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("partners.dashboard.sessions.MOST_SESSIONS", 2)
    for number in range(3):
        client = Client(REMOTE_ADDR=f"10.0.0.{number}")
        sign_in(client, world.northwind.owner.email)
    listed = client.get("/account/sessions/").context["sessions"]
    assert [session.ip for session in listed] == ["10.0.0.1", "10.0.0.2"]

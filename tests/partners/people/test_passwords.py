"""Forgotten passwords, with and without a mail server; and no sign-up."""

from __future__ import annotations

import re

import pytest
from django.conf import settings
from django.core import mail
from django.test import Client

from partners.models import AuditEntry
from tests.dashboard.steps import confirmed
from tests.partners.people.conftest import sign_in
from tests.world import PASSWORD, World

RESET = "/account/password/reset/"
NEW = "another long pass phrase"


@pytest.mark.django_db
def test_it_offers_no_reset_without_mail() -> None:
    assert (
        settings.EMAIL_BACKEND == "django.core.mail.backends.locmem.EmailBackend"
    )  # the tests' address
    assert Client().get(RESET).status_code == 404
    assert "Forgotten" not in Client().get("/login/").content.decode()


@pytest.mark.parametrize(
    "door", ["/account/signup/", "/signup/", "/account/email/", "/accounts/signup/"]
)
@pytest.mark.django_db
def test_it_has_no_sign_up(door: str) -> None:
    assert Client().get(door).status_code == 404


@pytest.mark.urls("tests.partners.people.mail_urls")
def test_it_mails_a_link_that_sets_a_password_once(world: World) -> None:
    assert "Forgot your password?" in Client().get("/login/").content.decode()
    Client().post(RESET, {"email": world.northwind.owner.email})
    link = re.search(r"http://testserver(/account/password/reset/\S+)", str(mail.outbox[0].body))
    assert link is not None
    client = Client()
    form = client.get(link[1], follow=True).redirect_chain[-1][0]
    assert client.post(form, {"password1": NEW, "password2": NEW}).status_code == 302
    assert AuditEntry.objects.get().action == "user.password_changed"
    assert sign_in(Client(), world.northwind.owner.email, NEW).status_code == 302
    again = Client().get(link[1], follow=True).content.decode()
    assert "password1" not in again


@pytest.mark.urls("tests.partners.people.mail_urls")
def test_it_says_the_same_of_an_unknown_address(world: World) -> None:
    known, unknown = (
        Client().post(RESET, {"email": email}, follow=True)
        for email in (world.northwind.owner.email, "nobody@northwind.test")
    )
    assert (known.redirect_chain, known.status_code) == (
        unknown.redirect_chain,
        unknown.status_code,
    )


@pytest.mark.parametrize("staff", [True, False])
def test_it_audits_a_password_change_without_the_password(world: World, staff: bool) -> None:
    user = world.admin if staff else world.northwind.viewer
    form = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    wrong = confirmed(user).post("/account/password/", form | {"oldpassword": "wrong"})
    assert (wrong.status_code, AuditEntry.objects.exists()) == (200, False)
    assert confirmed(user).post("/account/password/", form).status_code == 302
    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.action, entry.before, entry.after) == (
        f"user:{user.email}",
        "user.password_changed",
        None,
        None,
    )
    assert entry.target == f"partners.user:{user.pk}"

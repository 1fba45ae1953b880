"""The admin requires the common login and a second factor."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.admin import site
from django.test import Client

from config.web import session_limits
from partners.models import AuditEntry, User
from tests.admin.conftest import every_right, make_staff, signed_in, snapshot
from tests.admin.test_doors import OF_THE_SITE, addresses
from tests.factors import give_factor
from tests.partners.people.conftest import HalfMinute, give_code, sign_in
from tests.world import World, make_user

ADMIN = "/admin/"


def test_it_redirects_a_signed_out_user_to_the_common_login(world: World) -> None:
    login = Client().get(ADMIN, follow=True).redirect_chain[-1][0]
    assert login == "/login/?next=/admin/"
    assert (
        Client().post("/admin/login/", {"username": world.admin.email, "password": "x"}).status_code
        == 302
    )


def test_it_comes_back_to_the_page_that_was_asked_for(world: World, app: HalfMinute) -> None:
    client = Client()
    sign_in(client, world.admin.email, next="/admin/partners/partner/")
    assert give_code(client, app.code()).headers["Location"] == "/admin/partners/partner/"
    assert client.get("/admin/partners/partner/").status_code == 200


def test_it_leads_staff_without_a_factor_to_set_one_up(world: World) -> None:
    staff = make_user(is_staff=True, is_superuser=True, factor=False)
    client = signed_in(staff)
    for door in (ADMIN, "/admin/partners/partner/", "/admin/partners/apikey/add/"):
        assert client.get(door, follow=True).redirect_chain[-1][0] == "/account/factors/"
    assert "The admin requires a second factor" in client.get(ADMIN, follow=True).content.decode()
    give_factor(staff)
    assert client.get(ADMIN).status_code == 200


@pytest.mark.parametrize("make", [make_user, every_right], ids=["superuser", "every right"])
def test_it_refuses_every_address_without_a_second_factor(
    world: World, make: Callable[..., User]
) -> None:
    """Every address, with GET and POST, with every right."""
    staff = make(is_staff=True, is_superuser=True, factor=False) if make is make_user else make()
    Authenticator.objects.filter(user=staff).delete()
    client, before = signed_in(staff), snapshot()
    paths = [path for path, name in addresses(site.get_urls()) if name not in OF_THE_SITE]
    for path in (*paths, "exposure/"):
        for answer in (
            client.get(ADMIN + path),
            client.post(ADMIN + path, {"confirmed": "yes", "step": "suspend"}),
        ):
            assert answer.status_code in (302, 405), path
            assert answer.status_code == 405 or answer.headers["Location"].startswith(
                "/admin/login/"
            ), path
    assert len(paths) > 100
    assert snapshot() == before


def test_it_ends_a_staff_members_session_sooner(world: World) -> None:
    staff = make_staff(["view"])
    client = signed_in(staff)
    session = client.session
    session_limits.begin(session, time.time() - settings.STAFF_SESSION_IDLE_LIMIT)
    session.save()
    assert settings.STAFF_SESSION_IDLE_LIMIT < settings.SESSION_IDLE_LIMIT
    assert client.get(ADMIN, follow=True).redirect_chain[-1][0] == "/login/?next=/admin/"
    assert not client.session.keys()


def test_it_refuses_a_member(world: World) -> None:
    assert signed_in(world.northwind.owner).get(ADMIN, follow=True).status_code == 403


def test_it_has_one_place_to_change_a_password(world: World) -> None:
    assert (
        signed_in(world.admin).get("/admin/password_change/").headers["Location"]
        == "/account/password/"
    )


def test_it_shows_no_secrets(world: World) -> None:
    client = signed_in(world.admin)
    for model in ("mfa/authenticator", "account/emailaddress", "usersessions/usersession"):
        assert client.get(f"/admin/{model}/").status_code == 404


def test_only_superusers_remove_factors(world: World) -> None:
    owner = world.northwind.owner
    give_factor(owner)
    form = {
        "action": "remove_second_factors",
        "confirmed": "yes",
        "_selected_action": [str(owner.pk)],
    }
    signed_in(make_staff(["view", "change"])).post("/admin/partners/user/", form)
    assert not AuditEntry.objects.exists()
    signed_in(world.admin).post("/admin/partners/user/", form)
    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.action) == ("user:admin@phygitals.test", "access.proposed")
    assert Authenticator.objects.filter(user=owner).exists()

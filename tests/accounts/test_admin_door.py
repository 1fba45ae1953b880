"""The admin's door is everybody's login, and then a second factor."""

from __future__ import annotations

from django.test import Client

from partners.models import AuditEntry
from tests.accounts.conftest import HalfMinute, give_code, sign_in
from tests.admin.conftest import make_staff, signed_in
from tests.factors import give_factor
from tests.world import World, make_user

ADMIN = "/admin/"


def test_it_sends_a_stranger_to_the_one_login(world: World) -> None:
    login = Client().get(ADMIN, follow=True).redirect_chain[-1][0]
    assert login == "/login/?next=/admin/"
    assert Client().post("/admin/login/", {"username": world.admin.email, "password": "x"}).status_code == 302


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
    assert "The admin opens to accounts with a second factor" in client.get(ADMIN, follow=True).content.decode()
    give_factor(staff)
    assert client.get(ADMIN).status_code == 200


def test_it_refuses_a_member(world: World) -> None:
    assert signed_in(world.northwind.owner).get(ADMIN, follow=True).status_code == 403


def test_it_has_one_place_to_change_a_password(world: World) -> None:
    assert signed_in(world.admin).get("/admin/password_change/").headers["Location"] == "/account/password/"


def test_it_shows_nobodys_secrets(world: World) -> None:
    client = signed_in(world.admin)
    for model in ("mfa/authenticator", "account/emailaddress", "usersessions/usersession"):
        assert client.get(f"/admin/{model}/").status_code == 404


def test_it_lets_superusers_alone_remove_factors(world: World) -> None:
    owner = world.northwind.owner
    give_factor(owner)
    form = {"action": "remove_second_factors", "confirmed": "yes", "_selected_action": [str(owner.pk)]}
    signed_in(make_staff(["view", "change"])).post("/admin/partners/user/", form)
    assert not AuditEntry.objects.exists()
    signed_in(world.admin).post("/admin/partners/user/", form)
    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.action) == ("user:admin@phygitals.test", "user.factors_removed")

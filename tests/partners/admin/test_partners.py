"""Creating, suspending and reinstating partners in the admin, over HTTP."""

from __future__ import annotations

from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from buyback.models import Buyback
from partners.keys.api_keys import find
from partners.models import (
    AccessProposal,
    ApiKey,
    AuditEntry,
    Invitation,
    Membership,
    Partner,
    User,
)
from tests.admin.conftest import address, in_group, make_staff, signed_in, snapshot
from tests.dashboard.steps import sell_form
from tests.world import World, make_collector, make_item, make_user

YES = {"confirmed": "yes"}
NEW = {"name": "Tidal", "slug": "tidal", "owner": "Mia@Tidal.test"}


@pytest.fixture
def admin(world: World) -> Client:
    """A member of the operations group."""
    return signed_in(in_group("operations"))


def actions() -> list[str]:
    return list(AuditEntry.objects.order_by("created_at", "id").values_list("action", flat=True))


def test_it_begins_with_a_sandbox_key_shown_once_and_a_proposed_owner(admin: Client) -> None:
    page = admin.post(address(Partner, "add"), NEW)
    assert (page.status_code, "no-store" in page["Cache-Control"]) == (200, True)
    partner = Partner.objects.get(slug="tidal")
    proposal = AccessProposal.objects.get(partner=partner)
    assert (proposal.email, Invitation.objects.exists()) == ("mia@tidal.test", False)
    text = page.context["begun"].text
    key = find(text, "sandbox")
    assert key is not None
    assert key == ApiKey.objects.get(environment__partner=partner)
    assert f'value="{text}"' in page.content.decode()
    secret = text.rpartition("_")[2]
    for path in (
        address(Partner, "change", partner.pk),
        address(ApiKey, "changelist"),
        address(AuditEntry, "changelist"),
    ):
        assert secret not in admin.get(path).content.decode()
    assert secret not in str(admin.cookies) + str(dict(admin.session))
    assert actions() == ["partner.created", "access.proposed", "api_key.issued"]


def confirm(proposal: AccessProposal) -> Any:
    """Another member of the group confirms."""
    path = reverse("admin:partners_accessproposal_step", args=[proposal.pk])
    return signed_in(in_group("operations")).post(path, {"step": "confirm"} | YES)


def test_the_first_owner_comes_in_by_the_link(admin: Client) -> None:
    admin.post(address(Partner, "add"), NEW)
    page = confirm(AccessProposal.objects.get())
    assert "no-store" in page["Cache-Control"]
    link, word = page.context["link"], "correct horse battery staple"
    assert f'value="{link}"' in page.content.decode()
    Client().post(link, {"password": word})
    owner = Membership.objects.get(partner__slug="tidal")
    assert (owner.user.email, owner.role, owner.user.check_password(word)) == (
        "mia@tidal.test",
        "owner",
        True,
    )


def test_a_mailed_link_is_not_shown(admin: Client, settings: Settings) -> None:
    """The second person could otherwise accept it instead of the owner."""
    settings.EMAIL_URL = "memorymail://"
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    admin.post(address(Partner, "add"), NEW)
    page = confirm(AccessProposal.objects.get()).content.decode()
    assert "was sent to mia@tidal.test" in page
    assert "/account/invitation/" not in page
    assert mail.outbox[0].to == ["mia@tidal.test"]
    assert Invitation.objects.get().mailed


def test_it_proposes_another_owner_when_a_link_is_lost(admin: Client, world: World) -> None:
    partner = world.northwind.partner
    sent = {"email": "Max@Tidal.test", "reason": "lost the link"} | YES
    links = []
    for _ in range(2):
        press(admin, partner, "invite", **sent)
        links.append(confirm(AccessProposal.objects.get(confirmed_at=None)).context["link"])
    lost, valid = (Client().get(link).status_code for link in links)
    assert (lost, valid) == (410, 200)
    assert "max@tidal.test" in admin.get(address(Partner, "change", partner.pk)).content.decode()


@pytest.mark.parametrize(
    "change",
    [
        {"name": ""},
        {"name": "a\x07b"},
        {"slug": "Not ok"},
        {"slug": "not_ok"},
        {"slug": "northwind"},
        {"owner": ""},
        {"owner": "nobody"},
        {"owner": f"{'x' * 300}@tidal.test"},
    ],
    ids=str,
)
def test_it_does_nothing_for_an_invalid_form(admin: Client, change: dict[str, str]) -> None:
    before = snapshot()
    assert admin.post(address(Partner, "add"), NEW | change).status_code in (200, 302)
    assert snapshot() == before


def test_it_makes_nothing_twice(admin: Client) -> None:
    admin.post(address(Partner, "add"), NEW)
    before = snapshot()
    assert "already exists" in admin.post(address(Partner, "add"), NEW).content.decode()
    assert snapshot() == before


def press(client: Client, partner: Partner, step: str, **sent: Any) -> Any:
    return client.post(
        reverse("admin:partners_partner_step", args=[partner.pk]),
        {"step": step} | sent,
        follow=True,
    )


def inventory(key: str, mode: str) -> int:
    base = "" if mode == "live" else "/_"
    return Client().get(f"{base}/api/v1/inventory/ann", headers={"X-API-Key": key}).status_code


def test_it_suspends_and_reinstates_a_partner_immediately(admin: Client, world: World) -> None:
    north, partner = world.northwind, world.northwind.partner
    item = make_item(north.live, collector=make_collector(north.live, "ann"), now=north.live.now())
    make_collector(north.sandbox, "ann")
    make_collector(world.juniper.live, "ann")
    operator = signed_in(north.operator)
    rows = {"sell": item.pk, "holdings": item.collector_id}
    sell, page = (reverse(f"dashboard:{name}", args=["live", pk]) for name, pk in rows.items())
    assert (inventory(north.live_key, "live"), inventory(north.sandbox_key, "sandbox")) == (
        200,
        200,
    )

    asked = press(admin, partner, "suspend").content.decode()
    assert "its keys answer 401. Its dashboard is read-only" in asked
    assert inventory(north.live_key, "live") == 200
    press(admin, partner, "suspend", reason="unpaid", **YES)
    assert (inventory(north.live_key, "live"), inventory(north.sandbox_key, "sandbox")) == (
        401,
        401,
    )
    assert (operator.get(page).status_code, operator.post(sell, sell_form(item)).status_code) == (
        200,
        403,
    )
    assert inventory(world.juniper.live_key, "live") == 200
    assert not Buyback.objects.exists()

    press(admin, partner, "reactivate", reason="paid since", **YES)
    assert inventory(north.live_key, "live") == 200
    assert operator.post(sell, sell_form(item)).status_code in (200, 302)
    assert Buyback.objects.count() == 1
    entries = AuditEntry.objects.filter(action__startswith="partner.").order_by("created_at")
    assert [(entry.before, entry.after) for entry in entries] == [
        ({"status": "active"}, {"status": "suspended", "reason": "unpaid"}),
        ({"status": "suspended"}, {"status": "active", "reason": "paid since"}),
    ]


def test_it_requires_a_reason(admin: Client, world: World) -> None:
    before = snapshot()
    assert (
        "Give a reason"
        in press(admin, world.northwind.partner, "suspend", reason="", **YES).content.decode()
    )
    assert snapshot() == before


def test_it_leads_to_all_that_belongs_to_a_partner(admin: Client, world: World) -> None:
    page = admin.get(address(Partner, "change", world.northwind.partner.pk)).content.decode()
    for model in ("buyback/statement", "buyback/buyback", "partners/auditentry", "partners/apikey"):
        assert f"/admin/{model}/?" in page
    assert list(
        admin.get(address(Partner, "change", world.northwind.partner.pk)).context["steps"]
    ) == [
        "suspend",
        "keys",
        "calls",
        "invite",
    ]


@pytest.mark.parametrize("rights", [[], ["view"], ["view", "resolve", "reverse", "set", "check"]])
def test_it_lets_only_those_who_may(world: World, rights: list[str]) -> None:
    client, before = signed_in(make_staff(rights)), snapshot()
    assert press(client, world.northwind.partner, "suspend", reason="so", **YES).status_code == 403
    assert client.post(address(Partner, "add"), NEW).status_code == 403
    assert snapshot() == before


def test_it_lets_only_superusers_set_a_members_credentials(world: World) -> None:
    """A person who sets another's password or address could act under the other's name."""
    everything = signed_in(make_staff(["view", "add", "change", "delete"]))
    owner, before = world.northwind.owner, snapshot()
    new = {
        "password1": "a whole new phrase",
        "password2": "a whole new phrase",
        "usable_password": "true",
    }
    assert (
        everything.post(
            reverse("admin:auth_user_password_change", args=[owner.pk]), new
        ).status_code
        == 403
    )
    everything.post(
        address(User, "change", owner.pk), {"email": "mine@example.test", "is_active": "on"}
    )
    assert snapshot() == before
    hidden = make_user("root@phygitals.test", is_superuser=True, factor=False)
    assert everything.post(address(User, "change", hidden.pk), {"is_active": ""}).status_code == 403

"""The admin's permissions as a table: who may open which page."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from inventory.models import Item, Pack
from partners.models import ApiKey, User
from tests.admin.conftest import address, make_staff, signed_in, snapshot
from tests.world import World, make_user

# who: index, list of items, list of packs, new pack, new key, new group
TABLE = {
    "nobody": (302, 302, 302, 302, 302, 302),
    "member": (302, 302, 302, 302, 302, 302),
    "inactive admin": (302, 302, 302, 302, 302, 302),
    "staff without permissions": (200, 403, 403, 403, 403, 403),
    "staff who view": (200, 200, 200, 403, 403, 403),
    "staff with all": (200, 200, 200, 200, 200, 403),
    "superuser": (200, 200, 200, 200, 200, 403),
}


def _browser(who: str, trade: World) -> Client:
    people = {
        "member": lambda: trade.northwind.owner,
        "inactive admin": lambda: make_user(is_staff=True, is_superuser=True, is_active=False),
        "staff without permissions": lambda: make_staff([]),
        "staff who view": lambda: make_staff(["view"]),
        "staff with all": lambda: make_staff(["view", "add", "change", "delete"]),
        "superuser": lambda: trade.admin,
    }
    return signed_in(people[who]()) if who in people else Client()


@pytest.mark.parametrize("who", TABLE)
def test_it_opens_by_the_table(trade: World, who: str) -> None:
    client = _browser(who, trade)
    doors = (
        reverse("admin:index"),
        address(Item, "changelist"),
        address(Pack, "changelist"),
        address(Pack, "add"),
        address(ApiKey, "add"),
        address(Group, "add"),
    )
    assert tuple(client.get(door).status_code for door in doors) == TABLE[who]


@pytest.mark.parametrize("who", ["nobody", "member", "staff without permissions", "staff who view"])
@pytest.mark.parametrize(("label", "action"), [("apikey", "revoke")])
def test_it_offers_its_buttons_to_those_who_may_change(
    trade: World, who: str, label: str, action: str
) -> None:
    client, before = _browser(who, trade), snapshot()
    model = apps.get_model("partners", label)
    everything = [str(row.pk) for row in model._default_manager.all()]
    chosen = {"action": action, "confirmed": "yes", "_selected_action": everything}
    client.post(address(model, "changelist"), chosen)
    assert snapshot() == before


def test_it_lets_staff_manage_partner_people_but_not_other_staff(trade: World) -> None:
    client = signed_in(make_staff(["view", "change"]))
    member = client.get(address(User, "change", trade.northwind.viewer.pk))
    admin = client.get(address(User, "change", trade.admin.pk))
    assert (b'name="_save"' in member.content, b'name="_save"' in admin.content) == (True, False)
    assert b'name="is_superuser"' not in member.content

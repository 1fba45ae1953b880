"""Every admin page from its registry, for every role: who may view, write and press buttons."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.contrib.admin import site
from django.contrib.auth.models import Group
from django.db.models import Model
from django.urls import URLPattern, URLResolver, reverse

from tests.admin.conftest import MODELS, address, browser_of
from tests.admin.staff_groups import GROUPS
from tests.world import World, make_treasury_control

ROLES = (
    "nobody",
    "member",
    "staff",
    "support",
    "operations",
    "treasury",
    "every right",
    "superuser",
)
ACCOUNTS = {"auth.group", "partners.user"}  # accounts and rights
OPERATIONS = {
    "inventory.pack": {"add", "change"},
    "inventory.card": {"add", "change"},
    "partners.partner": {"add", "change"},
    "partners.apikey": {"add"},
    "partners.membership": {"delete"},
}
TREASURY = {"buyback.treasurycontrol": {"change"}}
WRITES: dict[str, dict[str, set[str]]] = {
    "operations": OPERATIONS,
    "treasury": TREASURY,
    "every right": OPERATIONS | TREASURY | {"partners.user": {"change"}},
    "superuser": OPERATIONS | TREASURY | {"partners.user": {"change"}},
}
BUTTONS = {
    ("buyback", "buyback", "reconcile"): {"treasury"},
    ("buyback", "buyback", "settled"): {"treasury"},
    ("buyback", "buyback", "failed"): {"treasury"},
    ("buyback", "buyback", "confirm"): {"treasury"},
    ("buyback", "buyback", "withdraw"): {"treasury"},
    ("buyback", "buyback", "reverse"): {"treasury"},
    ("buyback", "buyback", "confirm_reversal"): {"treasury"},
    ("buyback", "buyback", "withdraw_reversal"): {"treasury"},
    ("buyback", "difference", "resolve"): {"treasury"},
    ("buyback", "difference", "confirm_resolution"): {"treasury"},
    ("buyback", "difference", "withdraw_resolution"): {"treasury"},
    ("partners", "partner", "suspend"): {"operations"},
    ("partners", "partner", "reactivate"): {"operations"},
    ("partners", "partner", "keys"): {"operations"},
    ("partners", "partner", "calls"): {"operations"},
    ("partners", "partner", "invite"): {"operations"},
    ("partners", "partner", "cap"): {"treasury"},
    ("partners", "accessproposal", "confirm"): {"operations"},
    ("partners", "accessproposal", "withdraw"): {"operations"},
    ("inventory", "priceproposal", "confirm"): {"operations"},
    ("inventory", "priceproposal", "withdraw"): {"operations"},
    ("inventory", "pack", "enable"): {"operations"},
    ("inventory", "pack", "pause"): {"operations"},
    ("inventory", "item", "extend"): {"operations"},
    ("inventory", "item", "close"): {"operations"},
    ("inventory", "collector", "forget"): {"operations"},
    ("inventory", "shippingorder", "processing"): {"operations"},
    ("inventory", "shippingorder", "label_created"): {"operations"},
    ("inventory", "shippingorder", "shipped"): {"operations"},
    ("inventory", "shippingorder", "delivered"): {"operations"},
    ("inventory", "shippingorder", "cancelled"): {"operations"},
    ("inventory", "shippingorder", "failed"): {"operations"},
}
OF_DJANGO = re.compile(r"_(changelist|add|history|delete|change)$")
OF_THE_SITE = {
    "index",
    "login",
    "logout",
    "password_change",
    "password_change_done",
    "jsi18n",
    "view_on_site",
    None,
}


def may(who: str, label: str, what: str) -> bool:
    """By the tables above."""
    if what != "view":
        return what in WRITES.get(who, {}).get(label, set())
    if who in ("every right", "superuser"):
        return True
    if label == "partners.accessproposal":
        return who == "operations"
    return who in GROUPS and label not in ACCOUNTS


def status(who: str, *, allowed: bool) -> int:
    """Strangers get the login page, staff without the right get 403."""
    if who in ("nobody", "member"):
        return 302
    return 200 if allowed else 403


def a_row(model: type[Model], world: World) -> Any:
    if model._meta.label_lower == "partners.user":
        return world.juniper.viewer  # staff are tested separately
    return model._default_manager.order_by("pk").first()


@pytest.fixture
def full(trade: World) -> World:
    make_treasury_control()
    return trade


@pytest.mark.parametrize("who", ROLES)
def test_it_opens_every_page_by_the_table(full: World, who: str) -> None:
    """A form is shown only to those who may change something in it."""
    client, wrong, forms = browser_of(who, full), {}, set()
    for model in MODELS:
        label, row = model._meta.label_lower, a_row(model, full)
        pages = {
            address(model, "changelist"): "view",
            address(model, "add"): "add",
            address(model, "change", row.pk): "view",
            address(model, "history", row.pk): "view",
            address(model, "delete", row.pk): "delete",
        }
        for page, right in pages.items():
            answer, wanted = client.get(page), status(who, allowed=may(who, label, right))
            if answer.status_code != wanted:
                wrong[page] = (answer.status_code, wanted)
            if page.endswith("/change/") and b'name="_save"' in answer.content:
                forms.add(label)
    assert wrong == {}
    assert forms == {label for label, rights in WRITES.get(who, {}).items() if "change" in rights}


@pytest.mark.parametrize("who", ROLES)
def test_it_offers_its_buttons_by_the_table(full: World, who: str) -> None:
    client, wrong = browser_of(who, full), {}
    for (app, name, step), groups in BUTTONS.items():
        row = a_row(apps.get_model(app, name), full)
        answer = client.post(
            reverse(f"admin:{app}_{name}_step", args=[row.pk]), {"step": step}
        ).status_code
        wanted = status(who, allowed=who in groups | {"every right", "superuser"})
        if answer != wanted:
            wrong[step] = (answer, wanted)
    check = client.post(reverse("admin:buyback_transfer_check")).status_code
    assert check == status(who, allowed=who in ("treasury", "every right", "superuser"))
    assert wrong == {}


def test_the_table_has_every_button_there_is() -> None:
    steps = {
        (model._meta.app_label, model._meta.model_name, step)
        for model in MODELS
        for step in getattr(site._registry[model], "steps", ())
    }
    assert steps == set(BUTTONS)


def addresses(patterns: Any, start: str = "") -> Iterator[tuple[str, str | None]]:
    """Every address of the admin with its name; parameters are "1"."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns, start + str(pattern.pattern))
        elif isinstance(pattern, URLPattern):
            yield start + re.sub(r"<[^>]+>", "1", str(pattern.pattern)), pattern.name


@pytest.mark.parametrize("who", ["nobody", "member", "staff"])
def test_it_opens_no_page_beyond_to_those_without_rights(full: World, who: str) -> None:
    """This includes future pages: every address checks permissions."""
    client, root, open_doors = browser_of(who, full), reverse("admin:index"), {}
    more = [(path, name) for path, name in addresses(site.get_urls()) if name not in OF_THE_SITE]
    for path, name in more:
        if OF_DJANGO.search(str(name)) or name == "app_list":
            continue
        for answer in (client.get(root + path), client.post(root + path, {"confirmed": "yes"})):
            if answer.status_code not in (302, 403, 404, 405):
                open_doors[path] = answer.status_code
            if (
                answer.status_code == 302
            ):  # to the login, or to a row's page if the value is not a key
                where = answer.headers["Location"]
                assert where.startswith(reverse("admin:login")) or client.get(
                    where
                ).status_code in (302, 403), path
    assert len(more) > 100
    assert open_doors == {}


def test_it_keeps_the_groups_of_the_table(db: None) -> None:
    """The groups as the migrations wrote them."""
    held = {
        group.name: {
            f"{one.content_type.app_label}.{one.codename}" for one in group.permissions.all()
        }
        for group in Group.objects.all()
    }
    assert held == {name: set(rights) for name, rights in GROUPS.items()}

"""Fixtures of the admin's tests: the world, with items bought and one of them sold back."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from django.contrib.admin import site
from django.contrib.auth.models import Group, Permission
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from buyback.models import Buyback
from buyback.sellback.sell_back import sell_back
from inventory.models import Item
from inventory.packs.purchases import buy_pulls
from partners.models import User
from partners.records.actor import SYSTEM
from tests.database.decisions import (
    make_owner_proposal,
    make_price_proposal,
    make_resolution,
    make_reversal,
)
from tests.kept import make_difference
from tests.shipments import make_order
from tests.world import (
    World,
    make_alert,
    make_audit_entry,
    make_idempotency_key,
    make_spend,
    make_statement,
    make_user,
)

MODELS = sorted(site._registry, key=lambda model: model._meta.label)
LOCKED = [
    "inventory.collector",
    "inventory.purchase",
    "inventory.item",
    "inventory.shippingorder",
    "buyback.buyback",
    "buyback.payout",
    "buyback.transfer",
    "buyback.statement",
    "buyback.reversal",
    "partners.accessproposal",
    "inventory.priceproposal",
    "buyback.difference",
    "partners.spend",
    "buyback.alert",
    "partners.environment",
    "partners.event",
    "partners.auditentry",
    "partners.idempotencykey",
]


def address(model: type[Model], page: str, *arguments: Any) -> str:
    """An admin page of a model: changelist, add, change, delete, history."""
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=arguments)


def filled(client: Client, path: str) -> dict[str, Any]:
    """The form's data as a browser would send it unchanged."""
    context = client.get(path).context
    formsets = [one.formset for one in context["inline_admin_formsets"]]
    forms = [context["adminform"].form]
    for formset in formsets:
        forms += [formset.management_form, *formset.forms]
    sent = {bound.html_name: bound.value() for form in forms for bound in form}
    texts = [
        name
        for name, value in sent.items()
        if isinstance(value, list) and value and isinstance(value[0], str)
    ]
    for name in texts:
        sent[name] = ",".join(sent[name])
    return {name: value for name, value in sent.items() if value is not None and value is not False}


def snapshot() -> dict[str, list[Any]]:
    """Every row of the admin's models, without login times and records of denied rights."""
    return {
        model._meta.label: [
            {name: value for name, value in row.items() if name != "last_login"}
            for row in model._default_manager.order_by("pk").values()
            if row.get("action") != "access.denied"
        ]
        for model in MODELS
        if model._meta.app_label in ("partners", "inventory", "buyback")
    }


def signed_in(user: User, *, fresh: bool = True) -> Client:
    """A browser in which ``user`` has signed in, with a second factor used just now."""
    client = Client()
    client.force_login(user)
    if fresh:
        use_factor(client, user)
    return client


def use_factor(client: Client, user: User) -> None:
    """The session's record of a second factor, as django-allauth keeps it."""
    session = client.session
    session["account_authentication_methods"] = [
        {"method": "mfa", "type": "totp", "at": time.time()}
    ]
    session["account_authentication_methods_user"] = str(user.pk)
    session.save()


def make_staff(codenames: Sequence[str]) -> User:
    """A staff member with these permissions; ``view`` and the like mean all of that kind."""
    user = make_user(is_staff=True)
    for code in codenames:
        user.user_permissions.add(*Permission.objects.filter(codename__startswith=f"{code}_"))
    return user


def in_group(name: str) -> User:
    """A staff member of one of the groups."""
    user = make_user(is_staff=True)
    user.groups.add(Group.objects.get(name=name))
    return user


def every_right() -> User:
    """A staff member with every permission who is not a superuser."""
    user = make_user(is_staff=True)
    user.user_permissions.set(Permission.objects.all())
    return user


def browser_of(who: str, world: World) -> Client:
    """The browser of ``who``: nobody, member, plain staff, a group, every right, or superuser."""
    if who == "nobody":
        return Client()
    people: dict[str, Callable[[], User]] = {
        "member": lambda: world.northwind.owner,
        "staff": lambda: make_user(is_staff=True),
        "every right": every_right,
        "superuser": lambda: world.admin,
    }
    return signed_in(people[who]() if who in people else in_group(who))


@pytest.fixture
def trade(world: World) -> World:
    """The world after users of both partners bought in both modes and sold back one item each."""
    for company in (world.northwind, world.juniper):
        for environment in (company.live, company.sandbox):
            bought = buy_pulls(
                environment=environment,
                pack_id=world.pack.public_id,
                amount=2,
                user_id="user-1",
                by=SYSTEM,
            )
            item = bought.items.order_by("pk")[0]
            sell_back(environment=environment, item_id=item.public_id, by=SYSTEM)
    make_audit_entry(partner=world.northwind.partner)
    make_alert(world.northwind.live)
    make_spend()
    make_idempotency_key(world.northwind.live)
    make_statement(world.northwind.live)
    make_reversal(Buyback.objects.order_by("pk")[0])
    make_owner_proposal(world.northwind.partner)
    make_price_proposal()
    make_resolution(make_difference(Buyback.objects.order_by("pk")[0]))
    make_order(world.northwind.live, Item.objects.held().of(world.northwind.live)[0])
    return world


@pytest.fixture
def browser(trade: World) -> Client:
    """A superuser's browser."""
    return signed_in(trade.admin)

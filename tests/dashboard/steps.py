"""Common steps of dashboard tests: signing in, the sell form, htmx requests."""

from __future__ import annotations

import re
import time
from decimal import Decimal
from typing import Any

from allauth.account.internal.flows import login
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from buyback.models import Buyback, Payout, Transfer
from buyback.sellback.offers import Offer
from inventory.models import Item
from partners.models import User

HTMX = {"HX-Request": "true"}


def signed_in(user: User) -> Client:
    """A browser of this user."""
    client = Client()
    client.force_login(user)
    return client


def confirmed(user: User) -> Client:
    """A browser in which this user has just confirmed the password and a second factor."""
    client = signed_in(user)
    session = client.session
    session[login.AUTHENTICATION_METHODS_SESSION_KEY] = [
        {"method": method, "at": time.time()} for method in ("password", "mfa")
    ]
    session[login._AUTHENTICATION_METHODS_USER_SESSION_KEY] = str(user.pk)
    session.save()
    return client


def markup(answer: Any) -> str:
    """The page without white space next to tags, where most of it does not show."""
    page = re.sub(r"\s+", " ", answer.content.decode())
    return re.sub(r" ?(<[^>]*?) ?> ?", r"\1>", page)


def sell_form(item: Item, **changes: Any) -> dict[str, Any]:
    """The sell form's data for an item at its price at the pull, or at ``amount``."""
    amount = Decimal(changes.pop("amount", item.buyback_price))
    offer = Offer.of(item, amount, item.environment.now())
    return {"environment": item.environment_id, "offer": offer.signed} | changes


def post_sale(
    client: Client, item: Item, *, headers: dict[str, str] | None = None, **changes: Any
) -> HttpResponse:
    """Send the sell form."""
    address = reverse("dashboard:sell", args=[item.environment.mode, item.pk])
    return client.post(address, sell_form(item, **changes), headers=headers)  # type: ignore[return-value]


def assert_nothing_sold(item: Item) -> None:
    """The item is unchanged, and no money moved."""
    state = item.state
    item.refresh_from_db()
    assert item.state == state
    assert not Buyback.objects.exists()
    assert not Payout.objects.exists()
    assert not Transfer.objects.exists()

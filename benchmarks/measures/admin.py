"""The admin on a small and a large world: home page, lists, searches, filters, and a row of each.

Lists come from the admin's registry, so new ones are included automatically. The method is that of
``benchmarks/measures/pages.py``, with a superuser.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from benchmarks.contestants import Shipped
from benchmarks.measures import pages

# Search texts: existing ids and names, some of them with thousands of rows, and one without any.
SEARCHES: Mapping[str, tuple[str, ...]] = {
    "inventory_item": ("{item}", "{sold}", "user-1", "nowhere"),
    "inventory_card": ("{item}", "{name}", "Mossback", "nowhere"),
    "inventory_collector": ("user-1", "nowhere"),
    "inventory_purchase": ("{purchase}", "user-1", "nowhere"),
    "buyback_buyback": ("{buyback}", "{sold}", "nowhere"),
    "buyback_payout": ("{payout}", "nowhere"),
    "buyback_transfer": ("{buyback}", "nowhere"),
    "partners_event": ("{event}", "nowhere"),
}
# Filters of a list: matching most rows, few rows, no rows; and its last page.
FILTERS: Mapping[str, tuple[str, ...]] = {
    "inventory_item": (
        "state__exact=held",
        "state__exact=selling",
        "environment__mode__exact=sandbox",
        "environment__mode__exact=live&state__exact=held&pack__id__exact=7",
        "environment__mode__exact=live&state__exact=held&environment__partner__id__exact={partner}",
        "collector__id__exact={collector}",
        "p=100",
    ),
    "inventory_card": ("pack__id__exact=7", "p=100"),
    "inventory_purchase": (
        "state__exact=pending",
        "environment__mode__exact=sandbox",
        "pack__id__exact=7",
    ),
    "buyback_buyback": ("state__exact=failed", "environment__mode__exact=sandbox"),
    "buyback_payout": ("state__exact=pending", "environment__mode__exact=sandbox"),
    "buyback_transfer": ("debit__exact=in_flight", "environment__mode__exact=sandbox", "p=100"),
    "partners_event": ("type__exact=item.pulled", "environment__mode__exact=sandbox"),
}


def measure(server: Shipped, *, seconds: float) -> tuple[dict[str, pages.Page], dict[str, str]]:
    """Every page by name, on the server's world; and pages left out, with the reason."""
    from buyback.exposure import snapshot
    from buyback.ledger.statements import close_statements

    close_statements()
    snapshot.take()
    return pages.ask(server, addresses(), session(), seconds=seconds)


def addresses() -> Iterator[tuple[str, str]]:
    """``(name, path)`` of every page; an empty path for a row of an empty table."""
    from django.contrib.admin import site
    from django.db.models import QuerySet
    from django.urls import reverse

    known = words()
    yield "first page", reverse("admin:index")
    for model in site._registry:  # noqa: SLF001  (it has no other list of them)
        name = f"{model._meta.app_label}_{model._meta.model_name}"
        rows: QuerySet[Any] = QuerySet(model)
        path, newest = reverse(f"admin:{name}_changelist"), rows.order_by("-pk").first()
        yield name, path
        for query in (*(f"q={text}" for text in SEARCHES.get(name, ())), *FILTERS.get(name, ())):
            yield f"{name}?{query}", f"{path}?{query.format_map(known)}"
        yield f"{name}, a row", reverse(f"admin:{name}_change", args=[newest.pk]) if newest else ""


def words() -> dict[str, str]:
    """Ids and names that exist in the world."""
    from buyback.models import Buyback
    from inventory.models import Item
    from partners.models import Event

    held = Item.objects.held().select_related("card", "environment").order_by("-pk")[0]
    sale = Buyback.objects.select_related("item", "payout").order_by("pk")[0]
    return {
        "item": held.public_id,
        "name": quote(held.card.name),
        "collector": str(held.collector_id),
        "purchase": str(held.purchase_id),
        "partner": str(held.environment.partner_id),
        "sold": sale.item.public_id,
        "buyback": str(sale.pk),
        "payout": str(sale.payout.pk),
        "event": str(Event.objects.order_by("pk")[0].pk),
    }


def session() -> str:
    """The session cookie of a superuser with a second factor."""
    from allauth.mfa.totp.internal import auth as totp
    from django.conf import settings
    from django.db import connection
    from django.test import Client

    from partners.models import User

    user = User.objects.create_superuser("admin@bench.test")
    totp.TOTP.activate(user, totp.generate_totp_secret())
    client = Client()
    client.force_login(user)
    connection.close()
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"

"""Every text of every page can be translated.

In a language that puts each sentence in brackets (``tests/languages.py``), only data, ids and the
product's name are outside of brackets.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import timedelta
from decimal import Decimal
from html.parser import HTMLParser
from typing import Any

import pytest
from django.apps import apps
from django.db import models
from django.test import Client
from django.urls import reverse

from buyback.models import Buyback
from config.foundation import clock
from partners.models import Role
from partners.people import invitations
from partners.records.actor import SYSTEM
from tests.bulk import make_bulk_line
from tests.calls import make_call
from tests.dashboard.rows import make_saved_view, make_tally
from tests.dashboard.steps import confirmed
from tests.dashboard.test_roles import TABLE, Stock, knock
from tests.factors import give_factor
from tests.invitations import make_invitation
from tests.languages import CLOSE, OPEN
from tests.world import (
    World,
    make_buyback,
    make_collector,
    make_item,
    make_membership,
    make_partner,
)

SPOKEN = ("title", "aria-label", "placeholder", "alt", "data-copied", "data-command")
NOT_WORDS = {"script", "style", "kbd", "code", "pre"}  # and API names
UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
NAMES = re.compile(
    rf"Instant Sellback|\bUTC\b|\bPOST\b|(?<!\w)/[\w/.-]+|(live|sandbox)-\w+…\w+|{UUID}"
)


class Page(HTMLParser):
    """Collects a page's text outside the brackets."""

    def __init__(self) -> None:
        super().__init__()
        self.silent, self.depth, self.outside = 0, 0, [""]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.silent += tag in NOT_WORDS
        self.outside += [
            without_brackets(value or "")[0] for name, value in attrs if name in SPOKEN
        ]
        self.outside.append("")

    def handle_endtag(self, tag: str) -> None:
        self.silent -= tag in NOT_WORDS
        self.outside.append("")

    def handle_data(self, data: str) -> None:
        left, self.depth = without_brackets(data, self.depth)
        self.outside.append("" if self.silent else left)


def without_brackets(text: str, depth: int = 0) -> tuple[str, int]:
    """The text outside of brackets, and the bracket depth at its end."""
    outside = []
    for letter in text:
        depth += (letter == OPEN) - (letter == CLOSE)
        if not depth and letter != CLOSE:
            outside.append(letter)
    return "".join(outside), depth


def unmarked(page: str, data: list[str]) -> set[str]:
    """Words of a page that are not translated."""
    found = Page()
    found.feed(page)
    assert found.depth == 0
    texts = {" ".join(NAMES.sub("", text).split()) for text in found.outside}
    return {text for text in texts if re.search(r"[^\W\d_]{2}", strip(text, data))}


def strip(text: str, data: list[str]) -> str:
    """The text without data: long values anywhere, short values as whole words."""
    for known in data:
        if len(known) > 5:
            text = text.replace(known, "")
    return " ".join(word for word in text.split() if word not in data)


def data() -> list[str]:
    """Every text of the database except states, longest first."""
    found: set[str] = set()
    for model in apps.get_models():
        texts = (
            models.CharField,
            models.TextField,
            models.JSONField,
            models.UUIDField,
            models.GenericIPAddressField,
        )
        names = [
            field.name
            for field in model._meta.concrete_fields
            if isinstance(field, texts) and not field.choices
        ]
        for row in model._default_manager.values_list(*names) if names else ():
            found.update(flat(row))
    return sorted((" ".join(text.split()) for text in found if text), key=len, reverse=True)


def flat(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from (name.replace("_", " ") for name in value)
        yield from flat(list(value.values()))
    elif isinstance(value, list | tuple):
        for one in value:
            yield from flat(one)
    elif value is not None:
        yield str(value).removeprefix("user:")


def invited(world: World) -> str:
    """The secret of an invitation."""
    return invitations.invite(
        partner=world.northwind.partner, email="new@x.test", role="viewer", by=SYSTEM
    )[1]


def furnish(world: World) -> Stock:
    """Rows of every kind and state in both environments, and the rows of addresses."""
    here, now, stock = world.northwind.live, clock.now(), Stock(world.northwind)
    collector = make_collector(here, "usr_7Q2")
    for state in ("held", "selling", "shipping", "shipped"):
        make_item(here, collector=collector, state=state, expires_at=now + timedelta(minutes=60))
    make_item(
        here,
        collector=collector,
        expires_at=now - timedelta(minutes=1),
        now=now - timedelta(days=2),
    )
    make_item(here, collector=collector, expires_at=None)
    vars(stock)["collector"] = collector.pk
    for code, detail in (
        ("price_unavailable", "timeout"),
        ("declined", "no funds"),
        ("abandoned", ""),
    ):
        make_buyback(
            make_item(here, collector=collector),
            state=Buyback.State.FAILED,
            failure_code=code,
            failure_detail=detail,
        )
    line = make_bulk_line(make_item(here), state="refused", reason="expired")
    for state in ("pending", "selling", "cancelled"):
        make_bulk_line(make_item(here), bulk=line.bulk, state=state)
    vars(stock)["bulk"] = line.bulk_id
    make_tally(here, held_value=Decimal("12.50"))
    make_saved_view(world.northwind.owner, here)
    make_call(here, status=429)
    make_invitation(world.northwind.partner)
    make_membership(
        make_partner(name="Wren Row", slug="wren"), user=world.northwind.owner, role="viewer"
    )
    return stock


def addresses(stock: Stock) -> Iterable[str]:
    """Pages that are not in the table of roles, and other states of those that are."""
    live = [
        name for name, door in TABLE.items() if not door.row and not door.post and "csv" not in name
    ]
    yield from (reverse(f"dashboard:{name}", args=["sandbox"]) for name in live)
    queries: tuple[str, ...] = (
        "users/?q=777",
        "search/?q=777",
        "search/?q=usr",
        "search/?q=North",
        "audit/?actor=77",
    )
    queries += (
        "buybacks/?state=failed&min=1&from=2026-01-01&to=2026-12-31&user=77&by=77",
        "payouts/?when=today&max=9",
    )
    queries += (
        "expiring/?within=1h&least=9&most=9&user=77",
        "developers/requests/?status=4xx&path=/x&request=7&key=x",
    )
    queries += (
        f"users/{stock.collector}/?view=table",
        f"users/{stock.collector}/?sort=value",
        "statements/?month=2026-01",
    )
    yield from (f"/dashboard/live/{query}" for query in queries)
    yield "/nowhere"


# Account pages; the second group needs a second factor.
PAGES: tuple[str, ...] = (
    "factors/",
    "factors/totp/activate/",
    "factors/webauthn/",
    "factors/webauthn/add/",
)
PAGES += ("sessions/", "password/", "confirm/", "invitation/x/")
WITH_FACTOR = (
    "factors/",
    "factors/totp/deactivate/",
    "factors/recovery-codes/",
    "factors/recovery-codes/generate/",
)


@pytest.fixture
def stock(world: World) -> Stock:
    return furnish(world)


EVERY_STATE = pytest.mark.breaks_books(reason="rows of every state, as no sale left them")


def asking(client: Client, language: str) -> Client:
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = language
    return client


@EVERY_STATE
@pytest.mark.parametrize("role", ["viewer", "owner"])
def test_it_can_be_translated_whole(world: World, stock: Stock, bracketed: str, role: str) -> None:
    client, left = asking(confirmed(getattr(world.northwind, role)), bracketed), {}
    for name, door in TABLE.items():
        answer = knock(client, name, stock, world.northwind)
        assert answer.status_code == door.roles[Role.values.index(role)], name
        if answer["Content-Type"].startswith("text/html"):
            assert answer["Content-Language"] == bracketed
            left[name] = unmarked(answer.content.decode(), data())
    assert len(left) > 30
    assert {name: words for name, words in left.items() if words} == {}


@EVERY_STATE
def test_it_can_be_translated_in_every_state(world: World, stock: Stock, bracketed: str) -> None:
    owner = world.northwind.owner
    client, left = asking(confirmed(owner), bracketed), {}

    def look(browser: Client, *pages: str) -> None:
        for address in pages:
            answer = browser.get(address)
            assert answer.status_code in (200, 404, 410), address
            assert OPEN in answer.content.decode(), address
            left[address] = unmarked(answer.content.decode(), data())

    look(client, *addresses(stock), *(f"/account/{page}" for page in PAGES))
    look(asking(Client(), bracketed), "/login/", f"/account/invitation/{invited(world)}/")
    give_factor(owner)
    look(client, *(f"/account/{page}" for page in WITH_FACTOR))
    assert {address: words for address, words in left.items() if words} == {}


@EVERY_STATE
def test_it_draws_and_fills_in_the_same_in_every_language(
    world: World, stock: Stock, bracketed: str
) -> None:
    client = confirmed(world.northwind.owner)
    for address in (
        "/dashboard/live/",
        "/dashboard/live/payouts/?min=9.50",
        "/dashboard/live/expiring/?least=9.50",
    ):
        pages = [
            asking(client, language).get(address).content.decode() for language in ("en", bracketed)
        ]
        drawn = [
            re.findall(r' (?:x|y|height|width|points|value)="[\d.,]+"', page) for page in pages
        ]
        assert drawn[0] == drawn[1]


def test_it_uses_english_for_unknown_languages(world: World) -> None:
    client = confirmed(world.northwind.viewer)
    answer = asking(client, "fr-FR, de;q=0.8").get("/dashboard/live/")
    assert answer["Content-Language"] == "en"
    assert "<h1>Overview</h1>" in answer.content.decode()
    assert 'lang="en"' in answer.content.decode()

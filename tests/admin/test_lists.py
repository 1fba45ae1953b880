"""Lists take as many queries for 100 rows as for one, count no big table, and find exact ids."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin import ModelAdmin, site
from django.contrib.auth.models import Group
from django.db import connection
from django.db.models import Model, Q, UniqueConstraint
from django.forms import ModelChoiceField
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

import config.admin.model_admin
from buyback.models import Alert, Buyback, Payout, Transfer, TreasuryControl
from config.admin import counts
from config.admin.counts import EstimatedPaginator
from inventory.models import Card, Collector, Item, Purchase, ShippingOrder
from partners.models import ApiKey, AuditEntry, Event, IdempotencyKey, Partner, Spend, User
from tests.admin.conftest import MODELS, address, signed_in
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
    make_buyback,
    make_card,
    make_environment,
    make_event,
    make_idempotency_key,
    make_item,
    make_key,
    make_membership,
    make_pack,
    make_payout,
    make_spend,
    make_statement,
    make_transfer,
    make_user,
)


def _fill(rows: int) -> None:
    """Add this many rows of every model, each with its own parents."""
    for _ in range(rows):
        environment = make_environment()
        make_key(environment)
        make_membership(environment.partner)
        make_event(environment)
        make_idempotency_key(environment)
        make_audit_entry(partner=environment.partner)
        make_alert(environment)
        make_spend(scope=f"partner:{environment.partner_id}")
        buyback = make_buyback(make_item(environment, card=make_card(pack=make_pack())))
        make_payout(buyback)
        make_transfer(buyback)
        make_reversal(buyback)
        make_owner_proposal(environment.partner)
        make_price_proposal()
        make_resolution(make_difference(buyback))
        make_statement(environment)
        make_order(environment, make_item(environment))
        Group.objects.create(name=f"Group of {environment}")
    TreasuryControl.objects.get_or_create()


ONE_ROW = {TreasuryControl}  # there is only one


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_it_counts_no_big_table_and_offers_no_long_choice(db: None, model: type[Model]) -> None:
    page = site._registry[model]
    assert page.paginator is EstimatedPaginator
    assert (page.show_full_result_count, page.date_hierarchy) == (False, None)
    assert max(page.list_per_page, page.list_max_show_all) <= 200
    for shown in (page, *(inline(model, site) for inline in page.inlines)):
        offered = {*shown.autocomplete_fields, *shown.raw_id_fields, *shown.filter_horizontal}
        assert set(_choices(shown)) <= offered, shown


def _choices(page: Any) -> list[str]:
    """Related rows that a form on this page would list completely."""
    request = RequestFactory().get("/")
    request.user = User(is_active=True, is_staff=True, is_superuser=True)
    whole = isinstance(page, ModelAdmin)
    if not (page.has_add_permission(request) if whole else page.has_add_permission(request, None)):
        return []
    fields = (
        page.get_form(request) if whole else page.get_formset(request).form
    ).base_fields.items()
    parent = getattr(page, "parent_model", None)
    return [
        name
        for name, field in fields
        if isinstance(field, ModelChoiceField)
        and field.queryset is not None
        and field.queryset.model is not parent
    ]


def _queries(client: Client, path: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert client.get(path).status_code == 200
    return len(queries)


@pytest.mark.breaks_books("sold rows without a sale, for the sake of their number")
def test_it_takes_as_many_queries_for_100_rows_as_for_one(db: None) -> None:
    """Every list and a row of each. A new model needs a way to create rows in ``_fill``."""
    client = signed_in(make_user(is_staff=True, is_superuser=True))
    _fill(1)
    lists = [address(model, "changelist") for model in MODELS]
    rows = [model._default_manager.first() for model in MODELS]
    paths = [*lists, *(address(type(row), "change", row.pk) for row in rows if row is not None)]
    for path in paths:
        client.get(path)  # Django queries its list of models once per process
    few = {path: _queries(client, path) for path in paths}
    _fill(99)
    assert {path: _queries(client, path) for path in paths} == few
    assert max(few[path] for path in lists) <= 17
    sizes = {
        model._meta.label: model._default_manager.count()
        for model in MODELS
        if model not in ONE_ROW
    }
    assert {label: size for label, size in sizes.items() if size < 100} == {}


def _found(client: Client, model: type[Model], term: object) -> list[object]:
    response = client.get(address(model, "changelist"), {"q": str(term)})
    assert response.status_code == 200
    return [row.pk for row in response.context["cl"].result_list]


@pytest.mark.parametrize(
    ("model", "field"),
    [
        (Item, "public_id"),
        (Purchase, "pk"),
        (Purchase, "public_id"),
        (ShippingOrder, "public_id"),
        (Buyback, "pk"),
        (Payout, "pk"),
        (Payout, "buyback_id"),
        (Alert, "pk"),
        (Alert, "subject"),
        (Spend, "scope"),
        (Transfer, "pk"),
        (Transfer, "buyback_id"),
        (Event, "pk"),
        (AuditEntry, "pk"),
        (Card, "public_id"),
        (Card, "name"),
        (IdempotencyKey, "pk"),
        (ApiKey, "key_id"),
        (Partner, "slug"),
        (User, "email"),
    ],
)
def test_it_finds_by_exact_id(browser: Client, model: type[Model], field: str) -> None:
    for row in model._default_manager.all()[:3]:
        assert row.pk in _found(browser, model, getattr(row, field))


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_it_looks_up_by_an_index_what_it_finds_by_exact_value(model: type[Model]) -> None:
    fields = [
        name.removeprefix("=")
        for name in site._registry[model].search_fields
        if name.startswith("=")
    ]
    assert [name for name in fields if not _begins_an_index(model, name)] == []


def _begins_an_index(model: Any, path: str) -> bool:
    """Whether an index over all rows starts with the column, possibly after the environment.

    There are few environments, so PostgreSQL skips from one to the next.
    """
    *way, name = path.split("__")
    for step in way:
        model = model._meta.get_field(step).related_model
    field = model._meta.pk if name == "pk" else model._meta.get_field(name)
    rules = [
        *model._meta.indexes,
        *(rule for rule in model._meta.constraints if isinstance(rule, UniqueConstraint)),
    ]
    whole = (None, Q(**{f"{field.name}__isnull": False}))  # rows with a value are found
    starts = {tuple(rule.fields[:2]) for rule in rules if rule.condition in whole}
    found = {start[0] for start in starts if start} | {
        start[1] for start in starts if start[:1] == ("environment",)
    }
    return bool(field.unique or field.db_index or field.name in found)


def test_it_finds_a_card_by_how_its_name_begins(browser: Client) -> None:
    card = make_card(name="Moss Heron, foil")
    assert _found(browser, Card, "moss her") == [card.pk]
    assert _found(browser, Card, "Heron") == []


def test_it_finds_everything_of_a_user(browser: Client) -> None:
    assert len(_found(browser, Collector, "user-1")) == 4
    assert len(_found(browser, Item, "user-1")) == 8
    assert len(_found(browser, Payout, "user-1")) == 4


@pytest.mark.parametrize("term", ["nothing like this", "'; --", "a\x00b", "9" * 40, "%", "–"])
def test_it_finds_nothing_without_complaint(browser: Client, term: str) -> None:
    searched = [model for model in MODELS if "\x00" not in term]
    assert [_found(browser, model, term) for model in searched] == [[] for _ in searched]
    assert browser.get(address(Item, "changelist"), {"q": term}).status_code == 200


def test_it_offers_related_rows_by_search(browser: Client, trade: World) -> None:
    asked = {
        "app_label": "partners",
        "model_name": "apikey",
        "field_name": "environment",
        "term": "juniper",
    }
    answer = browser.get(reverse("admin:autocomplete"), asked).json()
    assert [one["text"] for one in answer["results"]] == [
        "Juniper & Sons (live)",
        "Juniper & Sons (sandbox)",
    ]


def test_it_shows_the_planners_estimate_of_a_big_table(
    browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counts, "_rows_at_the_last_analyze", lambda _: 5_000_000)
    monkeypatch.setattr(site._registry[Item], "list_per_page", 2)
    with CaptureQueriesContext(connection) as queries:
        page = browser.get(address(Item, "changelist"), {"_facets": "True"})
    assert b"about" in page.content
    assert b"5,000,000" in page.content
    assert not [one for one in queries if "COUNT(" in one["sql"] and "inventory_item" in one["sql"]]
    assert page.context["cl"].paginator.num_pages == 100


@pytest.mark.django_db
def test_it_counts_small_tables_exactly() -> None:
    for _ in range(3):
        make_card()
    paginator = EstimatedPaginator(Card.objects.order_by("pk"), 2)
    assert (paginator.count, paginator.estimated, paginator.num_pages) == (3, False, 2)


@pytest.mark.django_db
def test_it_counts_up_to_a_limit_and_estimates_above(monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(3):
        make_card()
    monkeypatch.setattr(counts, "BIG", 2)
    with CaptureQueriesContext(connection) as queries:
        paginator = EstimatedPaginator(Card.objects.filter(fmv__gt=0).order_by("pk"), 2)
        assert paginator.count > 0
    assert paginator.estimated
    assert [
        one["sql"] for one in queries if "COUNT(" in one["sql"] and "LIMIT 3" not in one["sql"]
    ] == []


def test_it_prefers_listed_rows_to_an_estimate(
    browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counts, "BIG", -1)
    listed = browser.get(address(Card, "changelist"), {"source_type__exact": "ebay"}).context["cl"]
    assert (
        listed.result_count
        == len(listed.result_list)
        == Card.objects.filter(source_type="ebay").count()
    )
    assert (listed.paginator.estimated, listed.multi_page) == (False, False)


def test_it_lists_no_more_than_a_page_holds(
    browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the planner expects few rows, and the list is shown without pages."""
    page = site._registry[Card]
    monkeypatch.setattr(page, "list_max_show_all", 4)
    monkeypatch.setattr(counts, "BIG", -1)
    monkeypatch.setattr(EstimatedPaginator, "count", 1)
    assert len(browser.get(address(Card, "changelist")).context["cl"].result_list) == 4


def test_it_gives_up_a_search_that_takes_too_long(
    browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(config.admin.model_admin, "LONGEST", 50)
    slow = Card.objects.extra(where=["pg_sleep(0.2) IS NOT NULL"])
    monkeypatch.setattr(site._registry[Card], "get_queryset", lambda _: slow)
    path = address(Card, "changelist")
    answer = browser.get(path, {"source_type__exact": "ebay"})
    assert (answer.status_code, answer.headers["Location"]) == (302, path)
    assert "takes too long" in browser.get(address(Item, "changelist")).content.decode()
    with pytest.raises(counts.TooLong):
        browser.get(path)


def test_it_finds_the_rows_of_one_partner_in_one_mode(browser: Client, trade: World) -> None:
    juniper = str(trade.juniper.partner.pk)
    chosen = {"environment__mode__exact": "sandbox", "environment__partner__id__exact": juniper}
    with CaptureQueriesContext(connection) as queries:
        found = browser.get(address(Item, "changelist"), chosen).context["cl"].result_list
    assert {row.environment_id for row in found} == {trade.juniper.sandbox.pk}
    assert len(found) == Item.objects.of(trade.juniper.sandbox).count()
    counts = [
        one["sql"] for one in queries if "COUNT(" in one["sql"] and "inventory_item" in one["sql"]
    ]
    assert len(counts) == 1
    assert "JOIN" not in counts[0]
    assert (
        browser.get(
            address(Item, "changelist"), {"environment__partner__id__exact": "x"}
        ).status_code
        == 302
    )


@pytest.mark.django_db
def test_it_estimates_what_takes_too_long_to_count(monkeypatch: pytest.MonkeyPatch) -> None:
    make_card()
    monkeypatch.setattr(counts, "PATIENCE", 1)
    slow = Card.objects.extra(where=["pg_sleep(0.2) IS NOT NULL"]).order_by("pk")
    paginator = EstimatedPaginator(slow, 2)
    assert paginator.count >= 0
    assert paginator.estimated
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() == ("0",)


@pytest.mark.parametrize(
    "query", ["q=" + "x" * 2000, "pk__in=" + "1," * 1000, "&".join(["pk=1"] * 21)]
)
def test_it_looks_for_no_more_than_any_link_of_ours(db: None, query: str) -> None:
    superuser, path = (
        signed_in(make_user(is_staff=True, is_superuser=True)),
        reverse("admin:inventory_item_changelist"),
    )
    with CaptureQueriesContext(connection) as asked:
        answer = superuser.get(f"{path}?{query}")
    assert (answer.status_code, answer.headers["Location"]) == (302, path)
    assert not [one for one in asked if "inventory_item" in one["sql"]]
    assert "The search is too long" in superuser.get(path).content.decode()


@pytest.mark.parametrize("order", ["2", "-3.1", "1." * 500])
def test_it_sorts_no_list(world: World, order: str) -> None:
    items = [make_item(world.northwind.live) for _ in range(3)]
    client = signed_in(make_user(is_staff=True, is_superuser=True))
    page = client.get(reverse("admin:inventory_item_changelist"), {"o": order})
    assert [row.pk for row in page.context["cl"].result_list] == [
        item.pk for item in reversed(items)
    ]
    assert "o=" not in page.context["cl"].get_query_string()

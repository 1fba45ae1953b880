"""Rows after a row: each once, in few queries, without an open transaction in between."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from pytest_django import DjangoAssertNumQueries

from config.foundation.keyset import after, walk
from partners.models import Environment, Event
from tests.world import NOW, World, make_event

ORDER = ("-created_at", "-id")


@pytest.fixture
def here(world: World) -> Environment:
    """Seven events, in pairs with the same time."""
    for number in range(7):
        make_event(world.northwind.live, created_at=NOW + timedelta(seconds=number // 2))
    return world.northwind.live


@pytest.mark.parametrize(("size", "queries"), [(1, 8), (2, 4), (3, 3), (7, 2), (8, 1)])
def test_it_walks_over_every_row_once(
    here: Environment, size: int, queries: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    wanted = list(Event.objects.filter(environment=here).order_by(*ORDER))
    with django_assert_num_queries(queries):
        assert list(walk(Event.objects.filter(environment=here), ORDER, size=size)) == wanted


def test_it_walks_forwards_as_well(here: Environment) -> None:
    rows = Event.objects.filter(environment=here)
    assert list(walk(rows, ("created_at", "id"), size=2)) == list(rows.order_by("created_at", "id"))


def test_it_skips_rows_written_meanwhile(here: Environment) -> None:
    """New rows come before the start of a newest-first walk; unread rows are read as they are."""
    walking = walk(Event.objects.filter(environment=here), ORDER, size=2)
    seen = [next(walking)]
    make_event(here, created_at=NOW + timedelta(days=1))
    make_event(here, created_at=NOW - timedelta(days=1))
    assert len([*seen, *walking]) == 8


def test_it_starts_behind_a_row(here: Environment) -> None:
    rows = Event.objects.filter(environment=here).order_by(*ORDER)
    third = rows[2]
    assert list(after(rows, ORDER, [third.created_at, third.pk])) == list(rows)[3:]


@pytest.mark.django_db(transaction=True)
def test_it_leaves_no_transaction_open(here: Environment) -> None:
    walking = walk(Event.objects.filter(environment=here), ORDER, size=2)
    next(walking)
    assert connection.connection.info.transaction_status.name == "IDLE"

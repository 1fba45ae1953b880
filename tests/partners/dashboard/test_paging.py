"""Keyset pages, forwards and back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from partners.dashboard.paging import NEWEST, Page, keyset
from partners.models import Event
from tests.world import NOW, World, make_event


@pytest.fixture
def events(world: World) -> list[Event]:
    """Eight events, newest first, in pairs with the same time."""
    for number in range(8):
        make_event(world.northwind.live, created_at=NOW + timedelta(seconds=number // 2))
    return list(Event.objects.all())


def page(after: str = "", before: str | None = "") -> Page[Event]:
    return keyset(Event.objects.all(), NEWEST, after, before=before, size=3)


def test_it_walks_to_the_end_and_back(events: list[Event]) -> None:
    first = page()
    second = page(first.next)
    third = page(second.next)
    assert [first.rows, second.rows, third.rows] == [events[:3], events[3:6], events[6:]]
    assert (first.first, first.previous, third.next) == (True, "", "")
    back = page(before=third.previous)
    assert (back.rows, back.first) == (events[3:6], False)
    assert page(back.next).rows == events[6:]
    assert page(before=back.previous) == first


def test_it_fills_the_first_page_when_the_way_back_ends_early(events: list[Event]) -> None:
    first = page()
    cursor = page(page(first.next).next).previous
    other = keyset(Event.objects.all(), NEWEST, "", before=cursor, size=7)
    assert (other.rows, other.first) == (events[:7], True)


def test_it_shows_no_previous_page_unless_requested(events: list[Event]) -> None:
    assert page(page(before=None).next, before=None).previous == ""


@pytest.mark.parametrize("cursor", ["x", "a:b:c", "\0"])
def test_it_starts_over_from_another_environments_cursor(events: list[Event], cursor: str) -> None:
    assert page(before=cursor) == page(cursor) == page()

"""Two simultaneous counts of held items: the later one wins."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import closing

import pytest
from django.db import connection
from django.db.backends.utils import CursorWrapper

from inventory.models import UserTally
from inventory.tallies import COUNT_USERS, count_items
from tests.dashboard.rows import make_user_tally
from tests.processes import until
from tests.threads import together
from tests.world import World, make_collector, make_item

pytestmark = pytest.mark.django_db(transaction=True)


def counted(world: World, lock: str, earlier: Callable[[], object]) -> int:
    """The count of a user who got a second item between the ``earlier`` read and the later one.

    The later one holds ``lock`` until it has written.
    """
    ann, locked = make_collector(world.northwind.live), threading.Event()
    make_item(world.northwind.live, collector=ann)
    back = make_item(world.northwind.live, collector=ann, state="shipping")
    make_user_tally(world.northwind.live, collector=ann, size=5)

    def later() -> None:
        other = connection.copy()
        with closing(other), other.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute(lock)
            locked.set()
            until(lambda: somebody_waits(cursor))
            cursor.execute("UPDATE inventory_item SET state = 'held' WHERE id = %s", [back.pk])
            cursor.execute(COUNT_USERS, {"now": None})
            cursor.execute("COMMIT")

    def begin() -> None:
        assert locked.wait(timeout=30)
        earlier()

    together([later, begin])
    return UserTally.objects.get().size


def somebody_waits(cursor: CursorWrapper) -> bool:
    cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")
    return bool(cursor.fetchone() == (True,))


def count_without_the_lock() -> None:
    with connection.cursor() as cursor:
        cursor.execute(COUNT_USERS, {"now": None})


def test_it_shows_the_earlier_count_standing_without_the_lock(world: World) -> None:
    """The control: the earlier count has read, and waits for the row to write outdated figures."""
    assert counted(world, "SELECT FROM inventory_usertally FOR UPDATE", count_without_the_lock) == 1


def test_the_later_count_wins(world: World) -> None:
    lock = "LOCK TABLE inventory_usertally IN SHARE ROW EXCLUSIVE MODE"
    assert counted(world, lock, count_items) == 2

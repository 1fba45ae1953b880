"""One run of a task at a time, by a mark that its run removes or that expires."""

from __future__ import annotations

import pytest
from django.core.cache import cache

from config.foundation.single_run import single_run

pytestmark = pytest.mark.django_db


def test_it_allows_one_run_at_a_time() -> None:
    with (
        single_run("a", seconds=60) as first,
        single_run("a", seconds=60) as second,
        single_run("b", seconds=60) as other,
    ):
        assert (first, second, other) == (True, False, True)
    with single_run("a", seconds=60) as next_one:
        assert next_one


def test_it_keeps_the_running_ones_mark_after_refusing_another() -> None:
    with single_run("a", seconds=60):
        for _ in range(2):
            with single_run("a", seconds=60) as other:
                assert not other


def test_it_lets_the_next_run_begin_after_one_that_failed() -> None:
    with pytest.raises(ZeroDivisionError), single_run("a", seconds=60):
        raise ZeroDivisionError
    with single_run("a", seconds=60) as next_one:
        assert next_one


def test_it_starts_the_next_run_when_a_killed_ones_mark_expires() -> None:
    cache.add("alone:a", True, -1)
    with single_run("a", seconds=60) as next_one:
        assert next_one

"""The benchmarks run: a short run on a small world with our server and without peers."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from unittest.mock import Mock, patch

import pytest
from django.contrib.admin import site

from benchmarks import cpu, sell_back_sql
from benchmarks.goals import Goal
from benchmarks.hostile import cost, inputs
from benchmarks.hostile.cost import Cost
from benchmarks.hostile.inputs import Known
from benchmarks.load import Load, Numbers, percentile, run
from benchmarks.measures import admin
from benchmarks.measures.pages import Page, _asked, goals, table
from config import api
from inventory.models import Card
from partners.dashboard.paging import row_by_row

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """Both runs copy the world that the first one has built, as a developer's runs do.

    Outside of pytest's folder, because another session of pytest closes that to PostgreSQL's user.
    """
    with TemporaryDirectory(prefix="benchmarks-", ignore_cleanup_errors=True) as made:
        yield Path(made)


def quick(folder: Path, *more: str) -> tuple[str, list[str]]:
    """The output of a short run, and its goals."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.run", "--quick", *more],
        cwd=ROOT,
        env=os.environ | {"DATA_DIR": str(folder), "DJANGO_SETTINGS_MODULE": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    return done.stdout, [
        line.split("|")[1].strip() for line in lines if line.count("|") == 6 and "=" in line
    ]


def test_it_prints_every_table(folder: Path) -> None:
    printed, goals = quick(folder)
    assert goals == [
        "sales a second / pgbench",
        "CPU of a sale / pgbench",
        "statements of a sale",
        "sweep in batches / one raw UPDATE",
        "p99 of a sale, sweeping / quiet",
    ]
    assert "batches, while selling" in printed


@pytest.mark.slow
def test_it_prints_every_target_of_hostile_and_live_calls(folder: Path) -> None:
    printed, goals = quick(folder, "--only", "hostile", "live")
    assert [goal.partition(" (")[0] for goal in goals] == [
        "CPU of the most expensive call",
        "calls above their bound of CPU",
        "calls that fail beside drips",
        "p99 of reads, drips / quiet",
        "sellbacks a second, drips / quiet",
        "sellbacks a second in steps, 128 connections",
        "sellbacks in steps that fail",
        "database connections at most",
        "p99 of reads, slow treasury / quiet",
        "p99 of reads, locked sandbox row / quiet",
        "reads that fail",
    ]
    assert "sellbacks, 64 connections" in printed


def test_it_asks_every_route_of_the_api() -> None:
    database = Mock(key="live-key", world=Mock(items=2000))
    pack = Mock(public_id="P", slug="p", max_per_mint=10)
    known = Known(database, "a=b", "a=b", "sandbox-key", ["held"], "card", pack, [])
    asked = [probe for probe in inputs.of_the_api(known) if probe.key]
    for pattern in api.urlpatterns[:-1]:
        assert any(str(pattern.pattern) in probe.name for probe in asked), pattern
    assert all(len(probe.body) <= inputs.BODY or "too large" in probe.name for probe in asked)


def test_it_gives_a_batch_the_time_of_its_items() -> None:
    costs = [Cost("a", "200", 0.06, 0.1, 6), Cost("b", "200", 0.03, 0.05, 6)]
    assert [goal.verdict() for goal in cost.goals(costs)] == ["met", "met"]
    assert [goal.verdict() for goal in cost.goals([*costs, Cost("c", "200", 0.06, 0.05, 6)])] == [
        "missed by 20%",
        "missed",
    ]
    assert [row[0] for row in cost.table(costs, most=1)] == ["call", "a"]


def test_it_reads_the_clock_of_another_process() -> None:
    ended = subprocess.Popen([sys.executable, "-c", "pass"])
    ended.wait()
    found = cpu.exactly([os.getpid(), ended.pid])
    assert list(found) == [os.getpid()]
    assert 0 < found[os.getpid()] <= time.process_time()


def test_it_gives_every_position_an_item_of_its_own() -> None:
    numbers = Numbers(first=400, span=1600, start=100, count=700, step=2)
    found = {numbers[position] for position in range(numbers.count)}
    assert len(found) == 700
    assert all(400 <= number < 2000 and number % 2 == 0 for number in found)


def test_it_types_every_parameter_of_the_shipped_statement() -> None:
    text = sell_back_sql.numbered()
    assert "%(" not in text
    assert "$1::bigint" in text
    assert "$2::text" in text


def test_it_says_by_how_much_a_goal_is_missed() -> None:
    assert Goal("sales", 0.75, ">=", 1.0).verdict() == "missed by 25%"
    assert Goal("sales", 1.0, ">=", 1.0).verdict() == "met"
    assert Goal("CPU", 3.3, "<=", 3.0).verdict() == "missed by 10%"
    assert Goal("slow pages", 2, "<=", 0).verdict() == "missed"


def test_it_marks_a_page_that_is_slow_or_reads_a_table_whole() -> None:
    small = {"users": Page("users", 0.01, 0.02, 6), "payouts": Page("payouts", 0.01, 0.02, 6)}
    large = {
        "users": Page("users", 0.01, 0.11, 7, ("inventory_item",)),
        "payouts": Page("payouts", 0.01, 0.03, 6),
    }
    (_, users, payouts) = table(small, large, (1000, 2000))
    assert users[-2:] == (
        "5.50",
        "above 100 ms, reads inventory_item whole, 6 queries on the small world",
    )
    assert payouts[-2:] == ("1.50", "")
    assert [goal.verdict() for goal in goals(large)] == ["missed by 10%", "missed", "missed"]


def test_it_explains_a_statement_as_the_page_had_it_planned(db: None) -> None:
    def get(_path: str) -> None:
        with row_by_row():
            list(Card.objects.filter(name__istartswith="a")[:1])

    with patch("benchmarks.measures.pages.BIG", -2):  # every table counts as big
        browser = Mock(get=get)
        assert _asked(browser, "/") == (4, ())
        browser.get = lambda _path: list(Card.objects.order_by()[:1])
        assert _asked(browser, "/") == (1, ("inventory_card",))


class Answering(BaseHTTPRequestHandler):
    """Answers 200 to everything on a persistent connection."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """No log."""


def test_it_waits_for_as_many_answers_as_a_percentile_takes() -> None:
    with HTTPServer(("127.0.0.1", 0), Answering) as server:
        thread = Thread(target=server.handle_request)  # one connection, until it is closed
        thread.start()
        load = Load(server.server_port, "none", 0.0, 1, Numbers(0, 1, 0, 0), ("/",), least=7)
        assert run(load).done == 7
        thread.join()


def test_it_takes_percentiles_from_what_was_measured() -> None:
    assert percentile([float(number) for number in range(100)], 0.99) == 99.0
    assert percentile([], 0.5) == 0.0


def test_it_asks_for_every_list_of_the_admin(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admin, "words", lambda: defaultdict(str))
    asked = [name for name, _ in admin.addresses()]
    assert {f"{model._meta.app_label}_{model._meta.model_name}" for model in site._registry} <= set(
        asked
    )
    assert {name.split("?")[0] for name in asked if "?" in name} == {
        *admin.SEARCHES,
        *admin.FILTERS,
    }

"""Section 9's histories: the rows of ``history_cases.py``, then pages, cursors and CSV."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from django.http import HttpResponse
from pytest_django import DjangoAssertNumQueries

from partners.models import Event
from tests.contract.cases import Row
from tests.contract.history_cases import BUYBACK, BUYBACKS, EVENTS, HISTORY, PAYOUT, PAYOUTS
from tests.contract.runner import check, play, send
from tests.contract.scene import Scene
from tests.contract.test_rows import rows
from tests.world import NOW, make_event

CSV = {"Accept": "text/csv"}


@pytest.mark.parametrize(("mode", "row"), rows(HISTORY))
def test_it_returns_histories_as_in_section_9(scene: Scene, row: Row) -> None:
    play(scene, row)


def page(scene: Scene, call: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(send(scene, call).content)
    return found


def many(scene: Scene, size: int) -> list[str]:
    """This many events with the same time, newest first."""
    made = [
        make_event(scene.environment, type=Event.Type.ITEM_EXPIRED, created_at=NOW)
        for _ in range(size)
    ]
    return [str(event.pk) for event in reversed(made)]


def test_it_walks_through_every_row_once(scene: Scene) -> None:
    wanted, call, seen = many(scene, 7), f"{EVENTS}?type=item.expired&limit=3", list[str]()
    found = page(scene, call)
    while found["next_cursor"]:
        seen += [event["id"] for event in found["data"]]
        found = page(scene, f"{call}&cursor={found['next_cursor']}")
    assert seen + [event["id"] for event in found["data"]] == wanted


@pytest.mark.parametrize(
    ("limit", "shown"),
    {"1": 1, "0": 1, "-3": 1, "100": 100, "101": 100, "abc": 20, "": 20, "9" * 99: 20}.items(),
)
def test_it_clamps_the_size_of_a_page(scene: Scene, limit: str, shown: int) -> None:
    many(scene, 101)
    found = page(scene, f"{EVENTS}?limit={limit}")
    assert len(found["data"]) == shown
    assert found["next_cursor"]


def test_it_refuses_a_cursor_of_another_environment_route_or_filter(
    scenes: dict[str, Scene], db: None
) -> None:
    for here, there in (("live", "sandbox"), ("sandbox", "live")):
        many(scenes[here], 2)
        cursor = page(scenes[here], f"{EVENTS}?limit=1")["next_cursor"]
        assert send(scenes[here], f"{EVENTS}?cursor={cursor}").status_code == 200
        for scene, call in (
            (scenes[there], f"{EVENTS}?cursor={cursor}"),
            (scenes[here], f"{PAYOUTS}?cursor={cursor}"),
            (scenes[here], f"{EVENTS}?type=item.expired&cursor={cursor}"),
            (scenes[here], f"{EVENTS}?cursor={cursor[:-1]}"),
        ):
            check(scene, send(scene, call), 400, "Invalid cursor")


def lines(answer: HttpResponse) -> list[list[str]]:
    assert answer["Content-Type"] == "text/csv; charset=utf-8; header=present"
    return list(csv.reader(io.StringIO(answer.getvalue().decode())))


@pytest.mark.parametrize(("call", "shape"), [(BUYBACKS, BUYBACK), (PAYOUTS, PAYOUT)])
def test_it_writes_the_same_rows_as_csv(scene: Scene, call: str, shape: dict[str, Any]) -> None:
    answer, shown = (
        send(scene, f"{call}?user_id=ada", headers=CSV),
        page(scene, f"{call}?user_id=ada")["data"],
    )
    head, *body = lines(answer)
    assert head == list(shape)
    assert [row[0] for row in body] == [one["id"] for one in shown]
    assert body[0][head.index("amount")] == "70.13"
    assert (answer["Content-Disposition"], answer["Vary"]) == (
        f'attachment; filename="{call[5:]}.csv"',
        "Accept",
    )
    assert answer["X-RateLimit-Limit"]


def test_it_writes_every_row_as_csv_from_the_cursor_on(
    scene: Scene, django_assert_num_queries: Any
) -> None:
    wanted = many(scene, 1500)
    cursor = page(scene, f"{EVENTS}?type=item.expired&limit=1")["next_cursor"]
    with django_assert_num_queries(3):  # the key and two chunks
        answer = send(scene, f"{EVENTS}?type=item.expired&limit=1&cursor={cursor}", headers=CSV)
        assert [line[0] for line in lines(answer)[1:]] == wanted[1:]


def test_it_defuses_a_formula_in_csv(scene: Scene) -> None:
    bobs = scene.environment.collectors.filter(user_id="bob")
    bobs.update(user_id="=HYPERLINK(1)")
    found = lines(send(scene, f"{PAYOUTS}?user_id=%3DHYPERLINK(1)", headers=CSV))
    assert found[1][3] == "'=HYPERLINK(1)"


def test_it_refuses_in_json_whatever_was_asked_for(scene: Scene) -> None:
    check(scene, send(scene, f"{EVENTS}?type=x", headers=CSV), 400, "Invalid type")
    check(scene, send(scene, EVENTS, key=None, headers=CSV), 401, "Invalid API key")


@pytest.mark.parametrize("call", [BUYBACKS, PAYOUTS, EVENTS])
def test_it_takes_as_many_queries_for_100_rows_as_for_one(
    scene: Scene, call: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    page(scene, call)  # records the use of the key, once a minute
    for limit in (1, 100):
        with django_assert_num_queries(2):
            page(scene, f"{call}?limit={limit}")


@pytest.mark.parametrize(
    ("accept", "kind"), [("text/csv", "text/csv"), ("text/csv," * 200, "application/json")]
)
def test_it_reads_no_longer_list_of_types(scene: Scene, accept: str, kind: str) -> None:
    answer = send(scene, "GET /payouts", headers={"Accept": accept})
    assert (answer.status_code, answer["Content-Type"].partition(";")[0]) == (200, kind)

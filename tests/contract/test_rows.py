"""The contract's rows, one test each (``cases.py``)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection, transaction

from tests.contract import cases, sellback_cases
from tests.contract.cases import BUY, MALFORMED, MISSING_FIELD, SELL, VALID, Row
from tests.contract.pack_cases import LIMITS, PACKS
from tests.contract.runner import check, everything, malformed, play, send
from tests.contract.scene import Scene

Param = Any


def rows(listed: list[Row]) -> list[Param]:
    """Each row in each mode it is for."""
    return [
        pytest.param(mode, row, id=f"{mode}-{row.call[:40]}-{row.when}")
        for row in listed
        for mode in ("live", "sandbox")
        if row.only in ("", mode)
    ]


@pytest.mark.parametrize(("mode", "row"), rows(cases.SELLBACK))
def test_it_sells_back_as_section_2_says(scene: Scene, row: Row) -> None:
    play(scene, row)


@pytest.mark.parametrize(("mode", "row"), rows(cases.INVENTORY))
def test_it_shows_an_inventory_as_sections_3_and_4_say(scene: Scene, row: Row) -> None:
    play(scene, row)


@pytest.mark.parametrize(("mode", "row"), rows(PACKS))
def test_it_shows_packs_as_section_5_says(scene: Scene, row: Row) -> None:
    play(scene, row)


@pytest.mark.parametrize(("mode", "row"), rows(cases.PURCHASES))
def test_it_sells_pulls_as_section_6_says(scene: Scene, row: Row) -> None:
    play(scene, row)


@pytest.mark.parametrize(("mode", "row"), rows(cases.STATUSES))
def test_it_returns_a_purchases_status_as_in_section_6(scene: Scene, row: Row) -> None:
    play(scene, row)


@pytest.mark.parametrize(("mode", "row"), rows(cases.NO_ROUTE))
def test_it_knows_no_other_route(scene: Scene, row: Row) -> None:
    play(scene, row)


@pytest.mark.parametrize(("mode", "row"), rows(cases.WRONG_METHOD))
def test_it_knows_no_other_method(scene: Scene, row: Row) -> None:
    play(scene, row)


@pytest.mark.parametrize(("mode", "row"), rows(sellback_cases.SELLBACKS))
def test_it_returns_quotes_batches_and_status_as_in_section_9(scene: Scene, row: Row) -> None:
    play(scene, row)


# Where a whole class of calls must change nothing, one test sends all and compares once.


@pytest.mark.parametrize("call", VALID)
def test_it_opens_to_no_other_key(scene: Scene, call: str) -> None:
    before = everything()
    for whose in cases.REFUSED_KEYS:
        response = send(scene, call, VALID[call], key=scene.keys[whose])
        assert (whose, response.status_code) == (whose, 401)
        check(scene, response, 401, cases.NO_KEY)
    assert everything() == before


@pytest.mark.parametrize("call", VALID)
def test_it_opens_to_the_right_key(scene: Scene, call: str) -> None:
    assert send(scene, call, VALID[call]).status_code == 200


@pytest.mark.parametrize("call", MISSING_FIELD)
def test_it_takes_a_malformed_body_for_an_empty_one(scene: Scene, call: str) -> None:
    before = everything()
    for flaw, (body, content_type) in MALFORMED.items():
        response = send(
            scene, call, malformed(scene, body, VALID[call] or {}), content_type=content_type
        )
        assert (flaw, response.status_code) == (flaw, 400)
        check(scene, response, 400, MISSING_FIELD[call])
    assert everything() == before


@pytest.mark.parametrize("call", MISSING_FIELD)
def test_it_takes_an_odd_but_good_body(scene: Scene, call: str) -> None:
    for oddity, (body, content_type) in cases.WELL_FORMED.items():
        with transaction.atomic():
            response = send(
                scene, call, malformed(scene, body, VALID[call] or {}), content_type=content_type
            )
            transaction.set_rollback(True)
        assert (oddity, response.status_code) == (oddity, 200)


@pytest.mark.parametrize("call", MISSING_FIELD)
def test_it_refuses_a_body_over_64_kib(scene: Scene, call: str) -> None:
    body = json.dumps(scene.fill(VALID[call])).encode().ljust(64 * 1024 + 1)
    before = everything()
    for content_type in ("application/json", "text/plain"):
        check(scene, send(scene, call, body, content_type=content_type), *cases.TOO_LARGE)
    assert everything() == before


@pytest.mark.breaks_books(reason="a hundred pulls that were sold without sales")
@pytest.mark.parametrize(("limit", "shown"), LIMITS.items(), ids=lambda value: str(value)[:10])
def test_it_clamps_the_number_of_recent_pulls(scene: Scene, limit: str, shown: int) -> None:
    pull_often(scene, 130)
    pulls = json.loads(send(scene, f"GET /vm/recent-pulls?limit={limit}").content)
    assert len(pulls) == shown


def pull_often(scene: Scene, times: int) -> None:
    """More pulls of one card, each sold back, so that one card is enough."""
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO inventory_item (environment_id, mode, public_id, card_id, collector_id,
            pack_id,
                                           purchase_id, state, fmv, buyback_percent, buyback_price,
                                           purchased_at,
                                           expires_at, sold_at)
               SELECT environment_id, mode, public_id, card_id, collector_id, pack_id, purchase_id,
                      'sold', fmv, buyback_percent, buyback_price, purchased_at, expires_at,
                      purchased_at
                 FROM inventory_item, generate_series(1,
                 %s) WHERE environment_id = %s AND public_id = %s""",
            [times, scene.environment.pk, scene.names["held"]],
        )


def test_it_names_every_row_once() -> None:
    """A duplicate row is a mistake."""
    for listed in (
        cases.SELLBACK,
        sellback_cases.SELLBACKS,
        cases.PURCHASES,
        cases.STATUSES,
        cases.INVENTORY,
        PACKS,
    ):
        calls = [(row.call, repr(row.sent), row.only) for row in listed]
        assert len(calls) == len(set(calls))
    assert {BUY, SELL} < set(VALID)

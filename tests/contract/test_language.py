"""The contract's sentences do not depend on any language of the caller or the server."""

from __future__ import annotations

from dataclasses import replace

from django.db import transaction
from pytest_django import Settings

from tests.contract import (
    cases,
    history_cases,
    pack_cases,
    sandbox_cases,
    sellback_cases,
    ship_cases,
)
from tests.contract.runner import play
from tests.contract.scene import Scene

LISTED = [
    *cases.SELLBACK,
    *cases.INVENTORY,
    *cases.PURCHASES,
    *cases.STATUSES,
    *cases.NO_ROUTE,
    *cases.WRONG_METHOD,
]
LISTED += [*sellback_cases.SELLBACKS, *history_cases.HISTORY, *pack_cases.PACKS, *ship_cases.ORDERS]
LISTED += [*sandbox_cases.CONTROLS, *sandbox_cases.SCENARIOS]
ROWS = {repr((row.answer, row.only)): row for row in LISTED}


def test_it_answers_in_the_contracts_words_whatever_the_language(
    scene: Scene, mode: str, bracketed: str, settings: Settings
) -> None:
    settings.LANGUAGE_CODE = bracketed  # every page would be in brackets
    for row in ROWS.values():
        if row.only in ("", mode):
            with transaction.atomic():
                play(
                    scene,
                    replace(row, headers={**(row.headers or {}), "Accept-Language": bracketed}),
                )
                transaction.set_rollback(True)

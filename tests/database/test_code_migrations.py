"""The migrations that turn sentences into codes: each known sentence, and any other."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest
from django.db import connection

from buyback.models import Buyback
from partners.models import IdempotencyKey
from tests.world import World, make_buyback, make_idempotency_key, make_item

ATTEMPTS: Any = import_module("buyback.migrations.0013_failure_codes")
KEYS: Any = import_module("partners.migrations.0017_error_codes")
KNOWN = {
    "paused": ("paused", ""),
    "cap_reached": ("cap_reached", ""),
    "below_min_amount": ("below_min_amount", ""),
    "price_changed": ("price_changed", ""),
    "price: stale": ("price_unavailable", "stale"),
    "abandoned before the treasury was asked": ("abandoned", ""),
    "declined: closed: for good": ("declined", "closed: for good"),
    "declined: ": ("declined", ""),
    "review: it was not paid": ("not_paid", ""),
    "treasury: not found": ("outcome_unknown", "not found"),
    "mismatch: amount": ("mismatch", "amount"),
    "past the retention; treasury: timeout": ("retention_over", "timeout"),
    "paused by hand": ("other", "paused by hand"),
    "": ("", ""),
}


def run(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


@pytest.mark.django_db
@pytest.mark.parametrize("sentence", KNOWN)
def test_an_attempts_sentence_becomes_a_code_and_back(world: World, sentence: str) -> None:
    item = make_item(world.northwind.live)
    attempt = make_buyback(item, state="failed", failure_detail=sentence)
    rows = Buyback.objects.filter(pk=attempt.pk).values_list("failure_code", "failure_detail")
    run(ATTEMPTS.CODES)
    assert rows.get() == KNOWN[sentence]
    attempt.refresh_from_db()
    assert (attempt.failure.sentence if attempt.failure else "") == sentence
    run(ATTEMPTS.SENTENCES)
    assert rows.get()[1] == sentence


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (400, b'{"error":"Item not found"}', "item_not_found"),
        (404, b'{"error":"Order not found"}', "order_not_found"),
        (400, b'{"error":"Invalid destination address","details":"x"}', "invalid_address"),
        (400, b'{"error":"Amount must be less than or equal to 7"}', "too_many_pulls"),
        (400, b'{"error":"A sentence of before"}', "refused"),
        (200, b'{"error":"Item not found"}', ""),
        (200, b"\xff", ""),
    ],
)
def test_a_stored_refusal_gets_its_code(world: World, status: int, body: bytes, code: str) -> None:
    row = make_idempotency_key(world.northwind.live, status=status, body=body)
    run(KEYS.CODES)
    row = IdempotencyKey.objects.get(pk=row.pk)
    assert (row.code, row.status, bytes(row.body or b"")) == (code, status, body)

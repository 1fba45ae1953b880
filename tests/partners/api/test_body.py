"""The cost of parsing an API call's body (refusals: ``tests/contract``)."""

from __future__ import annotations

import json
from typing import Any
from unittest.mock import Mock, patch

import pytest
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from partners.api.body import MAX_DEPTH, parsed


def read(raw: bytes) -> dict[str, Any]:
    request = Request(APIRequestFactory().post("/", raw, content_type="application/json"))
    return parsed(request, raw)


@pytest.mark.parametrize(("depth", "kept"), [(MAX_DEPTH - 1, True), (MAX_DEPTH, False)])
@pytest.mark.parametrize(("left", "right"), [("[", "]"), ('{"a":', "}")])
def test_it_takes_values_nested_to_a_depth(left: str, right: str, depth: int, kept: bool) -> None:
    raw = '{"x":' + left * depth + "1" + right * depth + "}"
    assert read(raw.encode()) == (json.loads(raw) if kept else {})


def test_it_finds_the_deep_value_among_many_flat_ones() -> None:
    deep = "[" * MAX_DEPTH + "]" * MAX_DEPTH
    assert read(f'{{"x":[{"1," * 1000}{deep}]}}'.encode()) == {}


@pytest.mark.parametrize("sent", ["\\ud800", "\\udc00 \\ud83c", "a\\u0000", "\\u0000"])
@pytest.mark.parametrize("shape", ['{{"a":"{}"}}', '{{"{}":1}}', '{{"a":[{{"b":["{}"]}}]}}'])
def test_it_rejects_escapes_of_invalid_characters(shape: str, sent: str) -> None:
    assert read(shape.format(sent).encode()) == {}


@pytest.mark.parametrize("sent", ["\\u00e9", "\\ud83c\\udca1", "\\\\u0000", "\\\\ud800"])
def test_it_takes_every_other_escape(sent: str) -> None:
    raw = f'{{"a":"{sent}"}}'
    assert read(raw.encode()) == json.loads(raw)


def test_it_writes_a_body_again_only_for_its_escapes() -> None:
    with patch("partners.api.body.json.dumps", Mock(wraps=json.dumps)) as written:
        read(b'{"a":[' + b"1," * 20_000 + b"1]}")
        assert not written.called
        read(b'{"a":"\\u00e9"}')
        assert written.call_count == 1

"""Hooks for schemathesis: ids that are there in half of the calls, and no fault that was asked for.

``SCHEMATHESIS_KNOWN`` is a JSON object: name of a field or of a part of the path → one that the
server knows.
"""

from __future__ import annotations

import json
import os
from typing import Any

import schemathesis

KNOWN: dict[str, str] = json.loads(os.environ["SCHEMATHESIS_KNOWN"])


def _known(values: Any) -> Any:
    """The same values, with known ones in place of some: of those that hash evenly, so that a run
    can be repeated.
    """
    if not isinstance(values, dict):
        return values
    return {
        name: KNOWN[name] if name in KNOWN and isinstance(value, str) and len(value) % 2 else value
        for name, value in values.items()
    }


@schemathesis.hook
def map_path_parameters(context: Any, path_parameters: Any) -> Any:
    return _known(path_parameters)


@schemathesis.hook
def map_body(context: Any, body: Any) -> Any:
    return _known(body)


@schemathesis.hook
def filter_case(context: Any, case: Any) -> bool:
    """``internal_error`` answers 500 because it was asked to, and a key whose answer is kept plays
    no scenario: both have rows of their own.
    """
    headers = dict(case.headers or {})
    both = {"Idempotency-Key", "X-Sandbox-Scenario"} <= set(headers)
    return not both and "internal_error" not in {str(value) for value in headers.values()}

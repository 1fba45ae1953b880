"""Shapes of JSON values: literals, named kinds, dicts with exact keys, lists, and tuples.

A list has one shape for all elements, a tuple one for each.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

TIME_FORMAT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


class Kind(NamedTuple):
    """A named set of values."""

    name: str
    holds: Callable[[Any], bool]


def is_usd(value: Any) -> bool:
    """A finite JSON number above 0 with at most two decimals."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and math.isfinite(value) and value >= 0 and round(value, 2) == value


def text_like(pattern: str) -> Kind:
    """A string that matches a pattern completely."""
    return Kind(
        pattern, lambda value: isinstance(value, str) and re.fullmatch(pattern, value) is not None
    )


def nullable(shape: Any) -> Kind:
    """Null, or the shape."""
    return Kind(f"{shape} or null", lambda value: value is None or not list(problems(shape, value)))


def one_of(*values: Any) -> Kind:
    """One of the literals."""
    return Kind(f"one of {values}", lambda value: value in values)


TEXT = Kind("text", lambda value: isinstance(value, str) and bool(value))
STRING = Kind("string", lambda value: isinstance(value, str))
USD = Kind("USD", is_usd)
NUMBER = Kind(
    "number", lambda value: isinstance(value, int | float) and not isinstance(value, bool)
)
WHOLE = Kind("whole number", lambda value: type(value) is int)
FLAG = Kind("boolean", lambda value: isinstance(value, bool))
TIME = Kind(
    "time", lambda value: isinstance(value, str) and TIME_FORMAT.fullmatch(value) is not None
)
UUID = text_like(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
ADDRESS = text_like(r"https?://\S+")


def problems(shape: Any, value: Any, where: str = "body") -> Iterator[str]:
    """Each difference of ``value`` from the shape."""
    if isinstance(shape, Kind):
        if not shape.holds(value):
            yield f"{where} is not {shape.name}: {value!r}"
    elif isinstance(shape, dict):
        if not isinstance(value, dict) or set(value) != set(shape):
            yield f"{where} has other keys than {sorted(shape)}: {value!r}"
        else:
            for key, inner in shape.items():
                yield from problems(inner, value[key], f"{where}.{key}")
    elif isinstance(shape, list | tuple):
        yield from problems_of_list(shape, value, where)
    elif shape != value or type(shape) is bool is not type(value):
        yield f"{where} is not {shape!r}: {value!r}"


def problems_of_list(shape: list[Any] | tuple[Any, ...], value: Any, where: str) -> Iterator[str]:
    """For a list, its element shape or none; for a tuple, each element's."""
    if not isinstance(value, list) or (not isinstance(shape, list) and len(value) != len(shape)):
        yield f"{where} is not a list of {shape!r}: {value!r}"
    elif not shape and value:
        yield f"{where} is not empty: {value!r}"
    else:
        for number, inner in enumerate(value):
            one = shape[0] if isinstance(shape, list) else shape[number]
            yield from problems(one, inner, f"{where}[{number}]")

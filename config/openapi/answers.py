"""What every answer has in common: its headers, and the error envelope with its exact sentences."""

from __future__ import annotations

from typing import Any

from config.openapi.schemas import Schema, text

NUMBER = {"type": "string", "pattern": "^[0-9]+$"}
HEADERS: dict[str, dict[str, Any]] = {
    "X-Request-Id": {
        "description": "The caller's own, if it sent a sane one.",
        "schema": text(minLength=1),
    },
    "X-RateLimit-Limit": {"description": "Calls a minute of this class.", "schema": NUMBER},
    "X-RateLimit-Remaining": {"description": "Calls left in this minute.", "schema": NUMBER},
    "X-RateLimit-Reset": {"description": "Seconds until the full limit is back.", "schema": NUMBER},
    "Retry-After": {"description": "Seconds to wait before the next try.", "schema": NUMBER},
    "Idempotency-Replayed": {
        "description": "The answer is that of an earlier request with the same key.",
        "schema": {"type": "string", "enum": ["true"]},
    },
    "X-Error-Code": {
        "description": "What the request was refused for, as a word that programs can compare.",
        "schema": text(pattern="^[a-z_]+$"),
        "required": True,
    },
    "Content-Disposition": {"description": "A name for the file.", "schema": text()},
}
ALWAYS = ("X-Request-Id", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")
for _name in ALWAYS:
    HEADERS[_name]["required"] = True

TOO_MANY = "Amount must be less than or equal to "
WHEN = {
    "Invalid API key": "No key, or none that opens this environment.",
    "Insufficient scope": "The key opens this environment, but not this call.",
    "Request body too large": "More than 64 KiB.",
    "Rate limit exceeded": "More calls in this minute than the environment may make.",
}


def headers(*more: str) -> dict[str, Any]:
    """The headers that every answer carries, and those that this one may carry besides."""
    found = {name: {"$ref": f"#/components/headers/{name}"} for name in ALWAYS}
    return found | {name: {"$ref": f"#/components/headers/{name}"} for name in more}


def success(schema: Schema, description: str, *more: str) -> dict[str, Any]:
    """A 200 in JSON."""
    return {
        "description": description,
        "headers": headers(*more),
        "content": {"application/json": {"schema": schema}},
    }


def refusal(
    sentences: list[str], *more: str, beside: dict[str, Schema] | None = None
) -> dict[str, Any]:
    """The error envelope with one of these sentences; ``N`` at an end stands for a number.
    ``beside``: what else it may hold.
    """
    exact = [sentence for sentence in sentences if not sentence.endswith(TOO_MANY)]
    kinds: list[Schema] = [{"type": "string", "enum": exact}] if exact else []
    kinds += [
        {"type": "string", "pattern": f"^{sentence}[0-9]+$"}
        for sentence in sentences
        if sentence not in exact
    ]
    error = kinds[0] if len(kinds) == 1 else {"anyOf": kinds}
    body = {
        "type": "object",
        "required": ["error"],
        "additionalProperties": False,
        "properties": {"error": error, **(beside or {})},
    }
    quoted = [f"`{sentence}{'N' if sentence not in exact else ''}`" for sentence in sentences]
    reasons = [WHEN[sentence] for sentence in sentences if sentence in WHEN]
    return {
        "description": " ".join([", ".join(quoted) + ".", *reasons]),
        "headers": headers("X-Error-Code", *more),
        "content": {"application/json": {"schema": body}},
    }

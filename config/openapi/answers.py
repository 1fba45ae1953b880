"""Parts shared by all responses: headers, and the error envelope with its exact sentences."""

from __future__ import annotations

from typing import Any

from config.openapi.schemas import Schema, text

NUMBER = {"type": "string", "pattern": "^[0-9]+$"}
HEADERS: dict[str, dict[str, Any]] = {
    "X-Request-Id": {
        "description": "The caller's own request id if it is valid, else a new one.",
        "schema": text(minLength=1),
    },
    "X-RateLimit-Limit": {
        "description": "Allowed calls per minute in this class.",
        "schema": NUMBER,
    },
    "X-RateLimit-Remaining": {"description": "Calls left in this minute.", "schema": NUMBER},
    "X-RateLimit-Reset": {"description": "Seconds until the full limit is back.", "schema": NUMBER},
    "Retry-After": {"description": "Seconds to wait before a retry.", "schema": NUMBER},
    "Idempotency-Replayed": {
        "description": "The response is that of an earlier request with the same key.",
        "schema": {"type": "string", "enum": ["true"]},
    },
    "X-Error-Code": {
        "description": "Why the request was refused, as a word that programs can compare.",
        "schema": text(pattern="^[a-z_]+$"),
        "required": True,
    },
    "Content-Disposition": {"description": "The file name.", "schema": text()},
}
ALWAYS = ("X-Request-Id", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")
for _name in ALWAYS:
    HEADERS[_name]["required"] = True

TOO_MANY = "Amount must be less than or equal to "
WHEN = {
    "Invalid API key": "No key, or a key that does not open this environment.",
    "Insufficient scope": "The key lacks the scope of this call.",
    "Request body too large": "The body is larger than 64 KiB.",
    "Rate limit exceeded": "The environment has reached its limit for this minute.",
}


def headers(*more: str) -> dict[str, Any]:
    """The headers of every response, and those that this one may also have."""
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
    """The error envelope with one of these sentences. A final ``N`` stands for a number.

    ``beside``: further keys.
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

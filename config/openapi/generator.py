"""Builds an operation of the description from a row of ``operations.py``."""

from __future__ import annotations

from typing import Any

from drf_spectacular.openapi import AutoSchema

from config.foundation.errors import HostNotAllowed
from config.openapi.answers import refusal, success
from config.openapi.operations import OPERATIONS, Operation
from config.openapi.schemas import text

SANDBOX = "/_/"
KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": (
        "A repeated request with the same key gets the first response and has no second "
        "effect. Stored for 48 hours."
    ),
    "schema": text(minLength=1, maxLength=255),
}


class Described(AutoSchema):
    """The operation of a view by its row. A view without a row is not part of the API."""

    def get_operation(
        self, path: str, path_regex: str, path_prefix: str, method: str, registry: Any
    ) -> dict[str, Any] | None:
        row = OPERATIONS.get((type(self.view).__name__, method))
        return None if row is None else _operation(row, path, sandbox=path.startswith(SANDBOX))


def _operation(row: Operation, path: str, *, sandbox: bool) -> dict[str, Any]:
    found: dict[str, Any] = {
        "operationId": f"{row.id}InSandbox" if sandbox else row.id,
        "tags": [f"{row.tag} (sandbox)" if sandbox else row.tag],
        "summary": row.summary,
        "description": _description(row),
        "security": [{"key": []}],
        "parameters": _parameters(row, path, sandbox=sandbox),
        "responses": _responses(row, sandbox=sandbox),
    }
    if row.body is not None:
        found["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": row.body}},
        }
    return found


def _description(row: Operation) -> str:
    scopes = (
        f"A scoped key must have {', '.join(f'`{scope}`' for scope in row.scopes)}."
        if row.scopes
        else ""
    )
    return " ".join(part for part in (row.description, scopes) if part)


def _parameters(row: Operation, path: str, *, sandbox: bool) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for part in path.split("{")[1:]:
        name = part.partition("}")[0]
        found.append({"name": name, "in": "path", "required": True, "schema": text(minLength=1)})
    found += [{"name": name, "in": "query", "schema": schema} for name, schema in row.query.items()]
    if row.acts:
        found.append(KEY)
    if sandbox:
        played = ["internal_error", *(["in_flight"] if row.acts else []), *row.scenarios]
        description = (
            "Simulate this live outcome. Nothing is done, except for a purchase that is `pending`."
        )
        schema = {"type": "string", "enum": played}
        found.append(
            {
                "name": "X-Sandbox-Scenario",
                "in": "header",
                "description": description,
                "schema": schema,
            }
        )
    return found


def _responses(row: Operation, *, sandbox: bool) -> dict[str, Any]:
    answer = row.sandbox_answer if sandbox and row.sandbox_answer else row.answer
    replayed = ("Idempotency-Replayed",) if row.acts else ()
    # Optional headers are listed but not required: OpenAPI 3.1 headers are optional by default.
    found = {"200": success(answer, row.summary, *replayed)}
    if row.csv:
        found["200"]["content"]["text/csv"] = {"schema": text()}
    for status, sentences in sorted(_sentences(row, sandbox=sandbox).items()):
        more = ("Retry-After",) if status in (409, 429) else ()
        found[str(status)] = refusal(
            sentences,
            *more,
            *(replayed if status == 400 else ()),
            beside=row.more if status == 400 else None,
        )
    return found


def _sentences(row: Operation, *, sandbox: bool) -> dict[int, list[str]]:
    """Every refusal by status: the row's own, and those of all calls."""
    found = {status: list(sentences) for status, sentences in row.refusals.items()}
    for status, sentences in row.live_refusals.items() if not sandbox else ():
        found.setdefault(status, []).extend(sentences)
    bad = found.setdefault(400, [])
    bad += ["HTTPS is required", HostNotAllowed.sentence]
    if sandbox:
        bad.append("Unknown X-Sandbox-Scenario")
    found[401] = ["Invalid API key"]
    if row.scopes:
        found[403] = ["Insufficient scope"]
    if row.acts:
        found[413] = ["Request body too large"]
        bad.append("Invalid Idempotency-Key")
        found.setdefault(422, []).insert(0, "Idempotency-Key was used with a different request")
        if row.id not in ("sellBack", "sellBatch"):
            found[409] = ["A request with this Idempotency-Key is in progress"]
    found.setdefault(429, []).append("Rate limit exceeded")
    found[500] = [row.fault]
    return found

"""The API description: a snapshot, every route, and calls generated from it."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import get_resolver

from config.openapi import pages
from config.openapi.operations import OPERATIONS
from config.openapi.pages import document
from tests.contract.scene import Scene, make_scenes
from tests.contract.test_scopes import routes
from tests.kills.server import Server
from tests.processes import ROOT

SNAPSHOT = ROOT / "docs" / "api" / "openapi.json"
FOLDER = Path(__file__).parent / "schemathesis"


def described() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(document())
    return found


def test_it_equals_the_committed_snapshot() -> None:
    """After an intended change: run ``python3 manage.py describe_api`` and update CHANGELOG.md."""
    assert json.loads(SNAPSHOT.read_text(encoding="utf-8")) == described()


def test_it_describes_every_route() -> None:
    placed = {
        path.replace("<path:", "{").replace("<str:", "{").replace(">", "}")
        for path in routes(get_resolver(), "")
    }
    assert set(described()["paths"]) == {path for path in placed if "/api/v1/" in path}
    assert (
        len(described()["paths"]) == 2 * (len(OPERATIONS) - 3) + 3
    )  # three are only in the sandbox


def test_it_is_public_openapi_3_1() -> None:
    answer = Client().get("/api/schema")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/vnd.oai.openapi+json")
    assert json.loads(answer.content)["openapi"] == "3.1.0"


@pytest.mark.parametrize(
    ("accepts", "encoding"), [("gzip, br", "gzip"), ("br", ""), ("", ""), ("xgzip", "")]
)
def test_it_is_compressed_once_and_for_those_who_read_that(accepts: str, encoding: str) -> None:
    answer = Client().get("/api/schema", headers={"Accept-Encoding": accepts})
    body = gzip.decompress(answer.content) if encoding else answer.content
    assert (answer.get("Content-Encoding", ""), json.loads(body)["openapi"]) == (encoding, "3.1.0")
    assert "Accept-Encoding" in answer["Vary"]
    assert pages.compressed() is pages.compressed()


def test_it_can_be_read_without_a_key() -> None:
    page = Client().get("/api/docs")
    assert page.status_code == 200
    assert "default-src 'self'" in page["Content-Security-Policy"]
    script = Client().get("/api/docs?script=")
    assert (script.status_code, script["Content-Type"]) == (200, "application/javascript")


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_it_is_kept_by_the_server_whatever_is_sent(tmp_path: Path) -> None:
    """Schemathesis with all checks, against both bases of the real server."""
    scenes = make_scenes()
    server = Server(API_RATE_LIMIT=100_000_000, API_QUOTE_LIMIT=100_000_000)
    try:
        server.start()
        for scene in scenes.values():
            call_by_description(scene, server.port, tmp_path)
    finally:
        server.kill()


def call_by_description(scene: Scene, port: int, folder: Path) -> None:
    """``folder``: schemathesis' storage. One worker: two crash CPython 3.11 (gh-106905)."""
    known = {"item_id": "held", "session_id": "session", "id": "pack", "quote_id": "quote"}
    names = {field: scene.names[name] for field, name in known.items()} | {
        "user_id": "ada",
        "slug": "tidewater-box",
    }
    hooks = {
        "SCHEMATHESIS_KNOWN": json.dumps(names),
        "SCHEMATHESIS_HOOKS": "tests.contract.schemathesis.hooks",
    }
    only = "^/_/api/v1/" if scene.mode == "sandbox" else "^/api/v1/"
    arguments = (
        "--checks",
        "all",
        "--seed",
        "20260418",
        "--max-examples",
        "6",
        "--no-color",
        "--workers",
        "1",
    )
    done = subprocess.run(
        [
            sys.executable, "-m", "schemathesis.cli", "--config-file",
            str(FOLDER / "schemathesis.toml"),
            "run", f"http://127.0.0.1:{port}/api/schema", *arguments,
            "-H", ("X-API-Key: "
                f"{scene.key}"), "--include-path-regex", only, "--suppress-health-check", "all",
        ],
        env=os.environ | hooks | {"PYTHONPATH": str(ROOT)},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, (done.stdout + done.stderr)[-8000:]

"""The guide's snippets run unchanged, in order for each language, against the real server."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator

import pytest

from config.openapi.answers import TOO_MANY
from tests.contract.test_description import described
from tests.kills.server import Server
from tests.processes import ROOT
from tests.world import World

GUIDE = (ROOT / "docs" / "api" / "README.md").read_text(encoding="utf-8")


def snippets(language: str) -> str:
    """All snippets of a language as one program."""
    return "\n".join(re.findall(rf"^```{language}\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL))


@pytest.fixture
def environment(transactional_db: None, world: World) -> Iterator[dict[str, str]]:
    """A server with the world, named as in the guide."""
    server = Server()
    try:
        server.start()
        yield os.environ | {
            "SELLBACK_URL": f"http://127.0.0.1:{server.port}",
            "SELLBACK_KEY": world.northwind.sandbox_key,
        }
    finally:
        server.kill()


def program(name: str) -> str:
    """The path of a program that the guide assumes."""
    found = shutil.which(name)
    assert found, (
        f"The guide's snippets need {name}: install it (Debian's package is {PACKAGES[name]})."
    )
    return found


PACKAGES = {"sh": "dash", "curl": "curl", "node": "nodejs"}


def run(environment: dict[str, str], text: str, *command: str) -> None:
    done = subprocess.run(
        command,
        input=text,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]


@pytest.mark.slow
@pytest.mark.node
@pytest.mark.django_db(transaction=True)
def test_it_runs_what_the_guide_says(environment: dict[str, str]) -> None:
    program("curl")
    run(environment, snippets("python"), sys.executable, "-")
    run(environment, snippets("js"), program("node"), "--input-type=module", "-")
    run(environment, "set -e\n" + snippets("sh"), program("sh"))


def sentences() -> set[str]:
    """Every error sentence in the description."""
    found: set[str] = set()
    for path in described()["paths"].values():
        for operation in path.values():
            for answer in operation["responses"].values():
                schema = answer["content"]["application/json"]["schema"]
                error = schema.get("properties", {}).get("error", {})
                for kind in error.get("anyOf", [error]):
                    found |= set(kind.get("enum", []))
    return found


def test_it_says_what_to_do_about_every_error() -> None:
    assert TOO_MANY in GUIDE
    assert {sentence for sentence in sentences() if f"`{sentence}`" not in GUIDE} == set()
    assert len(sentences()) > 20

"""`manage.py audit`, against a stand-in for the advisory source."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command

from config.management.commands import audit
from tests.peers.server import Peer, Request

LOCK = f"amqp==5.4.2 --hash=sha256:{'0' * 64}\nvine==5.1.0 --hash=sha256:{'0' * 64}\n"
ADVISORY = {
    "id": "PYSEC-2026-7",
    "aliases": ["CVE-2026-7"],
    "summary": "It is weak.",
    "affected": [
        {
            "package": {"name": "amqp", "ecosystem": "PyPI"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "5.5.0"}]}],
        }
    ],
}


class Advisories(Peer):
    """An OSV API. `known`: advisories by package."""

    def __init__(self) -> None:
        super().__init__()
        self.known: dict[str, Any] = {}

    def respond(self, request: Request) -> None:
        asked = json.loads(request.body)["package"]["name"]
        request.answer(200, {"vulns": self.known[asked]} if asked in self.known else {})


@pytest.fixture
def source() -> Iterator[Advisories]:
    with Advisories() as peer:
        yield peer


def run(folder: Path, url: str, capsys: pytest.CaptureFixture[str], accepted: str = "") -> str:
    (folder / "lock.txt").write_text(LOCK)
    (folder / "accepted.toml").write_text(accepted)
    call_command("audit", source=url, lock=folder / "lock.txt", accepted=folder / "accepted.toml")
    return capsys.readouterr().out


def test_it_passes_what_has_no_advisory(
    source: Advisories, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = run(tmp_path, source.url, capsys)
    assert out == "2 locked packages have no other known vulnerability.\n"
    assert len(source.seen) == 3  # with the question whether it is there


def test_it_fails_for_a_known_vulnerability(
    source: Advisories, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source.known["amqp"] = [ADVISORY]
    with pytest.raises(CommandError, match=r"^known vulnerabilities: amqp 5\.4\.2$"):
        run(tmp_path, source.url, capsys)
    assert "PYSEC-2026-7" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "until"),
    [("PYSEC-2026-7", "2999-01-01"), ("CVE-2026-7", "2999-01-01"), ("CVE-2026-7", "2026-01-01")],
)
def test_an_accepted_one_passes_until_its_date(
    source: Advisories,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    name: str,
    until: str,
) -> None:
    source.known["amqp"] = [ADVISORY]
    accepted = f'[[accepted]]\nid = "{name}"\nreason = "never called"\nuntil = {until}\n'
    if until > "2999":
        assert "(accepted: never called)" in run(tmp_path, source.url, capsys, accepted)
        return
    with pytest.raises(CommandError, match="known vulnerabilities"):
        run(tmp_path, source.url, capsys, accepted)


def test_it_says_that_no_source_answers(
    source: Advisories, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source.stop()
    out = run(tmp_path, source.url, capsys)
    assert out == (
        f"No advisory source answers at {source.url}: the locked packages were NOT audited.\n"
    )


@pytest.mark.parametrize(
    "accepted",
    ['[[accepted]]\nid = "A"\n', '[[accepted]]\nid = "A"\nreason = " "\nuntil = 2026-01-01\n', "["],
)
def test_it_accepts_nothing_without_a_reason_and_a_date(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], accepted: str
) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"^accepted\.toml cannot be read"):
        run(tmp_path, "http://127.0.0.1:9", capsys, accepted)


def test_the_projects_own_list_is_valid() -> None:
    audit.read_accepted(audit.LOCKS / "accepted.toml", today=datetime.now(UTC).date())

"""`manage.py audit`: asks an advisory source about every locked package.

pip-audit reads `config/lock/dev.txt`, which contains the server's packages too. Exit code 1: a
package has a known vulnerability that `config/lock/accepted.toml` does not accept. Without a
reachable source one sentence says so, and the exit code is 0: what cannot be asked is no finding.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
import urllib.error
import urllib.request
from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import UTC, date, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError

LOCKS = Path(settings.BASE_DIR) / "config" / "lock"
SOURCE = "https://api.osv.dev/v1/query"
WAIT = 15  # seconds for one answer
LONGEST = 240  # seconds in all


class Command(BaseCommand):
    """Audit the locked packages."""

    help = "Ask an advisory source about every locked package."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--source", default=SOURCE, help="an OSV API's query address")
        parser.add_argument("--lock", type=Path, default=LOCKS / "dev.txt")
        parser.add_argument("--accepted", type=Path, default=LOCKS / "accepted.toml")

    def handle(self, *args: Any, **options: Any) -> None:
        if find_spec("pip_audit") is None:
            raise ImproperlyConfigured(
                "pip-audit is not installed here; install config/lock/dev.txt."
            )
        accepted = read_accepted(options["accepted"], today=datetime.now(UTC).date())
        if not is_reachable(options["source"]):
            self.stdout.write(
                f"No advisory source answers at {options['source']}: the locked packages were NOT "
                "audited."
            )
            return
        packages = ask(options["lock"], options["source"])
        found = list(findings(packages))
        for name, ids in found:
            reason = next((accepted[one] for one in ids if one in accepted), None)
            self.stdout.write(
                f"{name}: {', '.join(ids)}" + (f" (accepted: {reason})" * bool(reason))
            )
        left = [name for name, ids in found if not accepted.keys() & set(ids)]
        if left:
            raise CommandError(f"known vulnerabilities: {', '.join(sorted(set(left)))}")
        self.stdout.write(f"{len(packages)} locked packages have no other known vulnerability.")


def read_accepted(path: Path, *, today: date) -> dict[str, str]:
    """Reasons by advisory, of those whose date has not passed. Raises ImproperlyConfigured."""
    try:
        rows = tomllib.loads(path.read_text(encoding="utf-8")).get("accepted", [])
        for row in rows:
            if set(row) != {"id", "reason", "until"} or not (
                row["id"] and row["reason"].strip() and type(row["until"]) is date
            ):
                raise ValueError("an entry has not exactly id, reason and until, a date")
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise ImproperlyConfigured(f"{path.name} cannot be read: {error}.") from error
    return {row["id"]: row["reason"] for row in rows if row["until"] >= today}


def is_reachable(source: str) -> bool:
    """Whether the source answers a query. An answer with another status than 200 is none."""
    query = json.dumps({"package": {"ecosystem": "PyPI", "name": "pip"}, "version": "26"}).encode()
    request = urllib.request.Request(  # noqa: S310  (an argument of the operator)
        source, query, {"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=WAIT) as answer:  # noqa: S310
            return isinstance(json.loads(answer.read()), dict)
    except (OSError, ValueError):
        return False


def ask(lock: Path, source: str) -> list[dict[str, Any]]:
    """pip-audit's list of packages with their vulnerabilities. Raises CommandError."""
    command = [
        *(sys.executable, "-m", "pip_audit", "--requirement", str(lock), "--disable-pip"),
        *("--require-hashes", "--strict", "--format", "json", "--desc", "off", "--aliases", "on"),
        *("--progress-spinner", "off", "--timeout", str(WAIT)),
        *("--vulnerability-service", "osv", "--osv-url", source),
    ]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=LONGEST)
    except subprocess.TimeoutExpired as error:
        raise CommandError(f"pip-audit took more than {LONGEST} seconds") from error
    try:
        packages: list[dict[str, Any]] = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError, TypeError) as error:
        last = (done.stderr.strip().splitlines() or ["?"])[-1]
        raise CommandError(f"pip-audit failed: {last}") from error
    return packages


def findings(packages: list[dict[str, Any]]) -> Iterator[tuple[str, list[str]]]:
    """Each vulnerability: the package with its version, and the advisory's ids."""
    for package in packages:
        for one in package.get("vulns", []):
            yield f"{package['name']} {package['version']}", [one["id"], *one["aliases"]]

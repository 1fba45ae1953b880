"""`manage.py lint`: the gate, the same by hand and in CI; only CI does without mypy's cache.
`--relock` writes the locks first.

Every step runs, also after a failure. Exit code 1 if any failed.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError

from config.foundation import environment

ROOT = Path(settings.BASE_DIR)
LOCKS = ROOT / "config" / "lock"
LOCK_ARGUMENTS = {"app": ("--no-dev",), "dev": ("--group", "dev")}
CACHE_DEPENDS_ON = ("config/settings.py", "tests/settings.py", "pyproject.toml", "uv.lock")
# Words that plain English does without, each with a letter in brackets, so that this file has none.
UNWANTED = re.compile(
    r"\b([t]old|[w]hoever|[t]hereof|[a]new|[f]rom\W+afar|[o]n\W+a\W+leash|[l]ooked\W+through)\b",
    re.IGNORECASE,
)
TEXT = {
    *("", ".css", ".example", ".html", ".js", ".md", ".po", ".py", ".sh", ".sql", ".svg"),
    *(".toml", ".txt", ".yaml", ".yml"),
}
# Folders that are not the project's text, and migrations, which never change once applied. Hidden
# folders are excluded too, except these.
NOT_OURS = {"__pycache__", "migrations", "node_modules", "test-results", "var"}
HIDDEN_BUT_OURS = {".ci", ".github"}
# Settings of a production server, so that `check --deploy` checks those that matter.
PRODUCTION = {
    "CELERY_BROKER_URL": "redis://broker.invalid/0",
    "CACHE_URL": "redis://cache.invalid/1",
    "DATABASE_URL": "postgresql://sellback_web@database.invalid/sellback",
    "MIGRATION_DATABASE_URL": "postgresql://sellback_owner@database.invalid/sellback",
    "WORKER_DATABASE_URL": "postgresql://sellback_worker@database.invalid/sellback",
    "DEBUG": "false",
    "PUBLIC_URL": "https://sellback.invalid",
    "SECRET_KEY": (
        "a key of this check alone, long enough and varied: 0123456789 abcdefghijklmnopqrstuvwxyz"
    ),
}


class Command(BaseCommand):
    """Run the checks of code, templates, types, imports, deployment, migrations, words, locks."""

    help = "Run every check that is not a test."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--relock", action="store_true", help="resolve and export the locks first"
        )
        parser.add_argument(
            "--fix", action="store_true", help="let ruff fix and format what it can"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["relock"]:
            relock()
        failed = [
            name for name, step in self._steps(fix=options["fix"]) if not self._passes(name, step)
        ]
        for name, check in (("words", unwanted_words), ("locks", stale_lock)):
            started = time.monotonic()
            problem = check()
            self._report(name, problem, time.monotonic() - started)
            if problem:
                failed.append(name)
        if failed:
            raise CommandError(f"failed: {', '.join(failed)}")

    def _steps(self, *, fix: bool) -> list[tuple[str, list[str]]]:
        python, manage = sys.executable, str(ROOT / "manage.py")
        deploy = ["check", "--deploy", "--fail-level", "WARNING"]
        return [
            ("ruff check", [python, "-m", "ruff", "check", *(["--fix"] if fix else ["--no-fix"])]),
            ("ruff format", [python, "-m", "ruff", "format", *([] if fix else ["--check"])]),
            ("djlint", [python, "-m", "djlint", "--lint", "--quiet", "templates"]),
            ("mypy", [python, "-m", "mypy", "--cache-dir", mypy_cache()]),
            (
                "imports",
                [python, "-c", "from importlinter.cli import lint_imports_command as run; run()"],
            ),
            ("check --deploy", [python, manage, *deploy]),
            ("migrations", [python, manage, "makemigrations", "--check", "--dry-run"]),
        ]

    def _passes(self, name: str, step: list[str]) -> bool:
        extra = PRODUCTION if name == "check --deploy" else {}
        started = time.monotonic()
        done = subprocess.run(
            step, cwd=ROOT, env={**os.environ, **extra}, capture_output=True, text=True, check=False
        )
        said = (done.stdout + done.stderr).strip()
        self._report(name, said if done.returncode else "", time.monotonic() - started)
        return done.returncode == 0

    def _report(self, name: str, problem: str, seconds: float) -> None:
        self.stdout.write(f"{'FAIL' if problem else 'ok  '} {name} ({seconds:.1f} s)")
        if problem:
            self.stdout.write(problem)
        self.stdout.flush()


def mypy_cache() -> str:
    """mypy's cache folder, and none with CI=true. Removes those of earlier states.

    mypy does not notice a change of the settings, which its plugin imports. So each state of the
    settings, of mypy's configuration and of the packages has a separate folder.
    """
    if environment.flag("CI"):
        return os.devnull
    state = hashlib.sha256()
    for name in CACHE_DEPENDS_ON:
        state.update(hashlib.sha256((ROOT / name).read_bytes()).digest())
    folder = ROOT / ".mypy_cache" / f"lint-{state.hexdigest()[:16]}"
    for earlier in folder.parent.glob("lint-*"):
        if earlier != folder:
            shutil.rmtree(earlier, ignore_errors=True)
    return str(folder)


def unwanted_words() -> str:
    """Unwanted words as ``file:line: word``, one per line, or ""."""
    found = []
    for path in _texts():
        name = path.relative_to(ROOT).as_posix()
        text = path.read_text(encoding="utf-8", errors="replace")
        for match in UNWANTED.finditer(text):
            line = text.count("\n", 0, match.start()) + 1
            found.append(f"{name}:{line}: " + " ".join(re.findall(r"\w+", match[0])))
    return "\n".join(found)


def _texts() -> Iterator[Path]:
    """All text files of the project, in a fixed order."""
    for folder, inner, names in os.walk(ROOT):
        inner[:] = sorted(
            name
            for name in inner
            if name in HIDDEN_BUT_OURS or not (name.startswith(".") or name in NOT_OURS)
        )
        for name in sorted(names):
            if Path(name).suffix in TEXT and name != ".env":
                yield Path(folder, name)


def relock() -> None:
    """Resolve `uv.lock` (needs the network) and export both hashed locks."""
    _uv("lock", "--quiet")
    for name, path in _exported(LOCKS).items():
        sys.stdout.write(f"wrote {path.relative_to(ROOT)} ({name})\n")


def stale_lock() -> str:
    """Which lock is stale, or "". Works offline: `uv.lock` has the dependencies it was made for."""
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())
    locked = tomllib.loads((ROOT / "uv.lock").read_text())
    own = next(
        package for package in locked["package"] if package["name"] == wanted["project"]["name"]
    )
    said = own["metadata"]
    if _names(wanted["project"]["dependencies"]) != _stated(said["requires-dist"]):
        return "uv.lock was made for other dependencies: manage.py lint --relock"
    if _names(wanted["dependency-groups"]["dev"]) != _stated(said["requires-dev"]["dev"]):
        return "uv.lock was made for other dev dependencies: manage.py lint --relock"
    with tempfile.TemporaryDirectory() as folder:
        for name, path in _exported(Path(folder)).items():
            if path.read_text() != (LOCKS / path.name).read_text():
                return f"config/lock/{name}.txt is not what uv.lock says: manage.py lint --relock"
    return ""


def _exported(folder: Path) -> dict[str, Path]:
    paths = {name: folder / f"{name}.txt" for name in LOCK_ARGUMENTS}
    for name, path in paths.items():
        form = ("--format", "requirements-txt", "--no-header", "--no-emit-project")
        _uv(
            "export",
            "--quiet",
            "--frozen",
            *form,
            *LOCK_ARGUMENTS[name],
            "--output-file",
            str(path),
        )
    return paths


def _names(requirements: list[str]) -> set[str]:
    """`kombu[pgmq]>=5.7,<6` without spaces and with its bounds in a fixed order."""
    from packaging.requirements import Requirement

    return {_one(Requirement(text)) for text in requirements}


def _stated(entries: list[dict[str, Any]]) -> set[str]:
    from packaging.requirements import Requirement

    texts = (
        f"{one['name']}[{','.join(one.get('extras', []))}]{one.get('specifier', '')}".replace(
            "[]", ""
        )
        for one in entries
    )
    return {_one(Requirement(text)) for text in texts}


def _one(requirement: Any) -> str:
    return (
        f"{requirement.name.lower()}[{','.join(sorted(requirement.extras))}]{requirement.specifier}"
    )


def _uv(*arguments: str) -> None:
    """Run uv. Raises ImproperlyConfigured with the last line of its output."""
    done = subprocess.run(
        [sys.executable, "-m", "uv", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise ImproperlyConfigured(
            f"uv {arguments[0]} failed: {(done.stderr.strip().splitlines() or ['?'])[-1]}"
        )

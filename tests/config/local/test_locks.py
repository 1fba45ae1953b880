"""The locks match pyproject.toml and use only the public index."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.management.commands import lint
from config.management.commands import test as command

ROOT = Path(__file__).resolve().parents[3]
PUBLIC = {"https://pypi.org/simple", "https://files.pythonhosted.org/packages"}


def test_it_finds_the_locks_fresh() -> None:
    assert lint.stale_lock() == ""


def test_it_notices_a_dependency_that_is_not_locked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (ROOT / "pyproject.toml").read_text()
    (tmp_path / "pyproject.toml").write_text(text.replace('"orjson>=3.11,<4"', '"orjson>=3.10,<4"'))
    (tmp_path / "uv.lock").write_text((ROOT / "uv.lock").read_text())
    monkeypatch.setattr(lint, "ROOT", tmp_path)
    assert lint.stale_lock() == "uv.lock was made for other dependencies: manage.py lint --relock"


def test_it_names_no_index_but_the_public_one() -> None:
    found = set(
        re.findall(r'https?://[^"\s]+?/(?:simple|packages)', (ROOT / "uv.lock").read_text())
    )
    assert found == PUBLIC
    for lock in ("app", "dev"):
        assert "://" not in (ROOT / "config" / "lock" / f"{lock}.txt").read_text()


def test_it_leaves_no_browser_test_out_in_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setenv("CHROMIUM", "")
    monkeypatch.setenv("CI", "true")
    with pytest.raises(ImproperlyConfigured, match="with CI=true nothing may be left out"):
        command.find_chromium()


@pytest.fixture
def no_browser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without Chromium, outside CI; the only folder of its PATH."""
    for name, value in (("PATH", str(tmp_path)), ("CHROMIUM", ""), ("CI", "")):
        monkeypatch.setenv(name, value)
    return tmp_path


def test_it_refuses_to_leave_out_a_browser_that_is_required(
    no_browser: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[object] = []
    monkeypatch.setattr(os, "execv", lambda *arguments: started.append(arguments))
    with pytest.raises(ImproperlyConfigured) as refused:
        command.Command().execute_pytest(["--require-browser", "-q"])
    assert str(refused.value) == (
        "Browser tests cannot run: no Chromium here (set CHROMIUM, or install Debian's package "
        "chromium); --require-browser was given."
    )
    assert started == []


@pytest.mark.parametrize(
    ("given", "cores", "passed_on"),
    [
        (["-q"], 2, ["-n", "3", "--dist", "worksteal", "-q"]),
        (["-m", "quick"], 2, ["-n", "2", "--dist", "worksteal", "-m", "quick"]),
        (["-q"], 64, ["-n", "8", "--dist", "worksteal", "-q"]),
        (["-n", "1", "-q"], 2, ["-n", "1", "-q"]),
        (["-n4"], 2, ["-n4"]),
        (["--pdb"], 2, ["--pdb"]),
    ],
)
def test_it_keeps_its_own_option_from_pytest_and_uses_every_core(
    monkeypatch: pytest.MonkeyPatch, given: list[str], cores: int, passed_on: list[str]
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: cores)
    started: list[tuple[str, list[str]]] = []
    monkeypatch.setattr(os, "execv", lambda *arguments: started.append(arguments))
    monkeypatch.setattr(os, "chdir", lambda _: None)
    monkeypatch.setattr(command, "find_node", lambda: "node")
    monkeypatch.setenv("CHROMIUM", sys.executable)
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "tests.settings")
    command.Command().execute_pytest(["--require-browser", *given])
    assert started == [(sys.executable, [sys.executable, "-m", "pytest", *passed_on])]


def test_it_says_why_a_browser_could_not_be_installed(
    no_browser: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tool = no_browser / "apt-get"
    tool.write_text("#!/bin/sh\necho 'E: Unable to locate package chromium' >&2\nexit 100\n")
    tool.chmod(0o755)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert command.find_chromium() == ""
    _, *said = capsys.readouterr().err.splitlines()
    sentence = (
        "Browser tests are left out: no Chromium here (set CHROMIUM, or install Debian's package "
        "chromium); apt-get could not install chromium: E: Unable to locate package chromium."
    )
    assert said == [sentence]


def test_it_says_why_browser_tests_are_left_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setenv("CHROMIUM", "")
    monkeypatch.setenv("CI", "")
    assert command.find_chromium() == ""
    assert capsys.readouterr().err.startswith("Browser tests are left out: no Chromium here")

"""The locks match pyproject.toml and use only the public index."""

from __future__ import annotations

import re
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
    with pytest.raises(ImproperlyConfigured, match="with CI=true no test may be left out"):
        command.find_chromium()


def test_it_says_why_browser_tests_are_left_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setenv("CHROMIUM", "")
    monkeypatch.setenv("CI", "")
    assert command.find_chromium() == ""
    assert capsys.readouterr().err.startswith("Browser tests are left out: no Chromium here")

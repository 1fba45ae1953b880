"""The words and template lines that `manage.py lint` refuses, and where it looks for them."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from config.management.commands import lint

WORD, OTHER = "to" + "ld", "an" + "ew"  # in two parts, so that this file has none of them
PHRASE = ("from", "af" + "ar")


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty project."""
    monkeypatch.setattr(lint, "ROOT", tmp_path)
    return tmp_path


def test_it_finds_none_in_the_project() -> None:
    assert lint.unwanted_words() == ""


def test_it_names_file_line_and_word(tree: Path) -> None:
    (tree / "docs").mkdir()
    (tree / "docs" / "page.md").write_text(f"First.\n{WORD.title()} so, begin {OTHER}.\n")
    assert lint.unwanted_words() == f"docs/page.md:2: {WORD.title()}\ndocs/page.md:2: {OTHER}"


def test_it_finds_words_on_two_lines_of_a_comment(tree: Path) -> None:
    (tree / "module.py").write_text(f"# Seen {PHRASE[0]}\n# {PHRASE[1]}.\n")
    assert lint.unwanted_words() == f"module.py:1: {' '.join(PHRASE)}"


def test_it_leaves_parts_of_other_words_alone(tree: Path) -> None:
    (tree / "page.md").write_text(f"re{WORD}, {WORD}_by and {OTHER}s\n")
    assert lint.unwanted_words() == ""


@pytest.mark.parametrize(
    "name", ["migrations/0001.py", "var/page.md", ".venv/page.md", ".env", "picture.webp"]
)
def test_it_ignores_migrations_and_texts_that_are_not_ours(tree: Path, name: str) -> None:
    (tree / name).parent.mkdir(exist_ok=True)
    (tree / name).write_text(f"{WORD}\n")
    assert lint.unwanted_words() == ""


@pytest.mark.parametrize(
    "name", [".env.example", ".ci/run", "templates/page.html", "static/app.css", "buyback/s.sql"]
)
def test_it_reads_every_kind_of_text(tree: Path, name: str) -> None:
    (tree / name).parent.mkdir(exist_ok=True)
    (tree / name).write_text(f"{WORD}\n")
    assert lint.unwanted_words() == f"{name}:1: {WORD}"


@pytest.mark.parametrize(("length", "refused"), [(120, False), (121, True)])
def test_it_refuses_long_template_lines(tmp_path: Path, length: int, refused: bool) -> None:
    page = tmp_path / "page.html"
    page.write_text(f"<p>{'é' * (length - 7)}</p>\n")
    step = dict(lint.Command()._steps(fix=False))["djlint"]
    rules = ("--configuration", "pyproject.toml", "--rules", ".djlint_rules.yaml")
    done = subprocess.run(
        [*step[:-1], *rules, str(page)], cwd=lint.ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, "L120 1:0" in done.stdout) == (int(refused), refused)


@pytest.fixture
def configured(tree: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with the files that mypy's cache depends on, outside CI."""
    monkeypatch.setenv("CI", "")
    for name in lint.CACHE_DEPENDS_ON:
        (tree / name).parent.mkdir(exist_ok=True)
        (tree / name).write_text(name)
    return tree


def test_it_keeps_mypys_cache_while_nothing_has_changed(configured: Path) -> None:
    folder = Path(lint.mypy_cache())
    folder.mkdir(parents=True)
    assert Path(lint.mypy_cache()) == folder
    assert folder.parent == configured / ".mypy_cache"
    assert folder.exists()


@pytest.mark.parametrize("name", lint.CACHE_DEPENDS_ON)
def test_it_starts_another_cache_after_a_change_and_removes_the_earlier(
    configured: Path, name: str
) -> None:
    earlier = Path(lint.mypy_cache())
    by_hand = earlier.with_name("3.11")
    for folder in (earlier, by_hand):
        folder.mkdir(parents=True)
    (configured / name).write_text("changed")
    assert Path(lint.mypy_cache()) != earlier
    assert (earlier.exists(), by_hand.exists()) == (False, True)


def test_it_has_no_cache_in_ci(configured: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    assert lint.mypy_cache() == os.devnull

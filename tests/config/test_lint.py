"""The words that `manage.py lint` refuses, and where it looks for them."""

from __future__ import annotations

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

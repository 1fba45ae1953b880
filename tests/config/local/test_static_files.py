"""Collected files are compressed, without unused ones, and collected again only after a change."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pytest_django import Settings

from config import settings as real
from config.local.static_files import _sources, collect


@pytest.fixture
def folder(tmp_path: Path, settings: Settings) -> Path:
    """A data folder, and a source of static files with one file."""
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "page.css").write_text("body { color: navy }\n" * 50)
    settings.DATA_DIR, settings.STATIC_ROOT = tmp_path, tmp_path / "static"
    settings.STATICFILES_DIRS = [tmp_path / "source"]
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    settings.STORAGES = real.STORAGES
    return tmp_path


def collected(folder: Path) -> Path:
    """The file as pages name it."""
    manifest = json.loads((folder / "static" / "staticfiles.json").read_text())
    return folder / "static" / str(manifest["paths"]["page.css"])


def test_it_names_files_by_their_content_and_compresses_them(folder: Path) -> None:
    collect()
    made = collected(folder)
    assert made.name != "page.css"
    assert {path.name for path in made.parent.iterdir()} >= {
        made.name,
        f"{made.name}.br",
        f"{made.name}.gz",
    }


def test_it_leaves_everything_as_it_is_without_a_change(folder: Path) -> None:
    collect()
    collected(folder).write_text("as it was")
    collect()
    assert collected(folder).read_text() == "as it was"


def test_it_collects_again_after_a_change(folder: Path) -> None:
    collect()
    before = collected(folder)
    (folder / "source" / "page.css").write_text("body { color: teal }\n" * 50)
    collect()
    assert collected(folder) != before
    assert "teal" in collected(folder).read_text()


def test_it_collects_again_what_was_taken_away(folder: Path) -> None:
    collect()
    made = collected(folder)
    (folder / "static" / "staticfiles.json").unlink()
    made.unlink()
    collect()
    assert made.exists()


def test_it_leaves_out_what_no_page_shows() -> None:
    found = [line.split()[0] for line in _sources()]
    assert {"admin", "dashboard", "drf_spectacular_sidecar"} <= {
        name.split("/")[0] for name in found
    }
    assert not [name for name in found if {"rest_framework", "redoc"} & set(name.split("/"))]

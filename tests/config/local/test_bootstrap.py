"""The environment of the first run: created from the lock once, and again if it is damaged."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.local import bootstrap


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout without packages to install."""
    locks = tmp_path / "config" / "lock"
    locks.mkdir(parents=True)
    for name in ("app", "dev"):
        (locks / f"{name}.txt").write_text(f"# nothing for {name}\n")
    venv = tmp_path / ".venv"
    places = {
        "ROOT": tmp_path,
        "LOCKS": locks,
        "VENV": venv,
        "PYTHON": venv / "bin/python",
        "STAMP": venv / "lock",
    }
    for name, place in places.items():
        monkeypatch.setattr(bootstrap, name, place)
    return tmp_path


def test_it_makes_an_environment_and_knows_it_again(folder: Path) -> None:
    assert not bootstrap._fresh("app")
    bootstrap._prepare("app")
    assert bootstrap._fresh("app")
    assert not bootstrap._fresh("dev")


def test_it_installs_again_when_the_lock_has_changed(folder: Path) -> None:
    bootstrap._prepare("dev")
    (folder / "config/lock/dev.txt").write_text("# changed\n")
    assert not bootstrap._fresh("app")
    bootstrap._prepare("app")
    assert bootstrap._fresh("dev")  # a developer's environment keeps its packages


@pytest.mark.parametrize("damage", ["interrupted", "no interpreter", "interpreter does not run"])
def test_it_makes_a_broken_environment_again(folder: Path, damage: str) -> None:
    bootstrap._prepare("app")
    left_over = folder / ".venv" / "left-over"
    left_over.touch()
    if damage == "interrupted":
        bootstrap.STAMP.write_text(bootstrap.MAKING)
    else:
        bootstrap.STAMP.unlink()
        bootstrap.PYTHON.unlink()
    if damage == "interpreter does not run":
        bootstrap.PYTHON.symlink_to("/bin/false")
    bootstrap._prepare("app")
    assert bootstrap._fresh("app")
    assert not left_over.exists()


def test_it_leaves_an_environment_made_by_hand_in_place(folder: Path) -> None:
    bootstrap._prepare("app")
    bootstrap.STAMP.unlink()
    own = folder / ".venv" / "own"
    own.touch()
    bootstrap._prepare("app")
    assert own.exists()


def test_it_says_in_one_sentence_why_it_cannot_install(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    (folder / "config/lock/app.txt").write_text(f"no-such-package==1 --hash=sha256:{'0' * 64}\n")
    with pytest.raises(bootstrap.BootstrapError) as caught:
        bootstrap._prepare("app")
    assert str(caught.value).startswith(
        "Could not install the packages of config/lock/app.txt (is there a network?): No "
        "matching distribution"
    )
    assert "\n" not in str(caught.value)
    assert not bootstrap._fresh("app")

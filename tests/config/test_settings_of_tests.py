"""The tests' settings ignore a developer's server settings; child processes share the folder."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from partners.models import User
from tests.config.foundation.test_environment import ROOT

SHOW = (
    "from tests import settings as s; print(s.DATA_DIR, s.API_RATE_LIMIT, s.ADMIN_PATH, "
    "s.WEB_WORKERS, s.EMBEDDED)"
)
COMPILED = (
    "import os, sys; from tests import settings; "
    "print(sys.dont_write_bytecode, sys.pycache_prefix, "
    "os.environ['PYTHONPYCACHEPREFIX'], 'PYTHONDONTWRITEBYTECODE' in os.environ)"
)


def shown(show: str = SHOW, **variables: str) -> list[str]:
    """The settings in a separate process."""
    done = subprocess.run(
        [sys.executable, "-c", show],
        cwd=ROOT,
        env=os.environ | variables,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split()


def test_it_goes_into_its_folder_once() -> None:
    assert shown()[0] == str(settings.DATA_DIR)


def test_it_goes_below_a_folder_that_is_given(tmp_path: Path) -> None:
    assert shown(DATA_DIR=str(tmp_path))[0] == str(tmp_path / "test")


def test_it_ignores_what_a_developer_has_set() -> None:
    mine = {
        "API_RATE_LIMIT": "7",
        "ADMIN_PATH": "secret/",
        "WEB_WORKERS": "9",
        "DATABASE_POOLED": "maybe",
    }
    assert shown(**mine)[1:4] == ["6000", "admin/", "2"]


def test_its_processes_keep_what_they_have_compiled(tmp_path: Path) -> None:
    without = {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONPYCACHEPREFIX": str(tmp_path)}
    assert shown(COMPILED, **without) == ["False", str(tmp_path), str(tmp_path), "False"]


@pytest.mark.django_db
def test_it_lets_a_login_last_twelve_hours(client: Client) -> None:
    client.force_login(
        User.objects.create_user("somebody@sellback.example", "a long enough password")
    )
    assert client.session.get_expiry_age() == 12 * 3600

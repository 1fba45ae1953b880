"""An invalid setting stops a command with one sentence, and is never read as something else."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.urls import get_resolver

from config.foundation import environment

SHORT = "SECRET_KEY and each of SECRET_KEY_FALLBACKS must have at least 32 characters."
ROOT = Path(__file__).resolve().parents[3]


def manage(tmp_path: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run `manage.py` in a separate process with these settings and a separate data folder."""
    surroundings = {**os.environ, "DATA_DIR": str(tmp_path / "var"), "SECRET_KEY": "", **variables}
    surroundings.pop("DJANGO_SETTINGS_MODULE", None)
    return subprocess.run(
        [sys.executable, ROOT / "manage.py", *arguments],
        env=surroundings,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"DEBUG": "ture"}, "DEBUG='ture' is neither true nor false."),
        (
            {"DATABASE_URL": "mysql://db/x"},
            "DATABASE_URL is not a URL that starts with postgresql:// or postgres://.",
        ),
        (
            {"DATABASE_URL": "postgresql://db/x"},
            "SECRET_KEY is not set. With a DATABASE_URL it is required.",
        ),
        ({"SECRET_KEY": "x" * 31}, SHORT),
        (
            {
                "DATABASE_URL": "postgresql://db/x",
                "SECRET_KEY": "x" * 32,
                "WORKER_DATABASE_URL": "postgresql://db/y",
            },
            "WORKER_DATABASE_URL names another database than DATABASE_URL.",
        ),
        (
            {"MIGRATION_DATABASE_URL": "postgresql://db/y"},
            "MIGRATION_DATABASE_URL is set, but DATABASE_URL is not.",
        ),
        (
            {"DATABASE_URL": "postgresql://db/", "SECRET_KEY": "x" * 32},
            "DATABASE_URL names no database.",
        ),
    ],
)
def test_it_says_in_one_sentence_what_is_wrong(
    tmp_path: Path, variables: dict[str, str], sentence: str
) -> None:
    done = manage(tmp_path, "check", **variables)
    assert done.returncode == 2
    assert done.stderr == f"manage.py: {sentence}\n"
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (["nonsense"], "There is no command 'nonsense'; `manage.py help` lists them."),
        (
            ["create_member", "x"],
            "create_member: the following arguments are required: EMAIL, --role",
        ),
        (["up", "--nonsense"], "up: unrecognized arguments: --nonsense"),
    ],
)
def test_it_says_in_one_sentence_what_is_wrong_with_a_command(
    tmp_path: Path, line: list[str], sentence: str
) -> None:
    done = manage(tmp_path, *line)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"manage.py: {sentence}")
    assert done.stderr.count("\n") == 1


def test_it_keeps_the_secret_key_it_made(tmp_path: Path) -> None:
    script = "from django.conf import settings; print(settings.SECRET_KEY)"
    first, second = (
        manage(tmp_path, "shell", "--no-imports", "-c", script).stdout for _ in range(2)
    )
    assert first == second
    assert len(first.strip()) == 67
    assert (tmp_path / "var" / "secret_key").stat().st_mode & 0o777 == 0o600


def test_it_starts_no_database_by_being_imported(tmp_path: Path) -> None:
    manage(tmp_path, "check")
    assert [path.name for path in (tmp_path / "var").iterdir()] == ["secret_key"]


@pytest.mark.parametrize("value", ["0", "65536", "-1", "8000.0", "eight", "1e3", "٣"])
def test_it_refuses_a_number_out_of_bounds(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("PORT", value)
    with pytest.raises(ImproperlyConfigured, match="is not a whole number from 1 to 65535"):
        environment.whole("PORT", 8000, low=1, high=65_535)


@pytest.mark.parametrize(
    "value", ["/", "//", "../x", "a(b", "a//b", "a b", "é", "x/.", "api/v1", "login", "/static/"]
)
def test_it_refuses_an_invalid_admin_path(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("ADMIN_PATH", value)
    with pytest.raises(ImproperlyConfigured, match="ADMIN_PATH="):
        environment.path("ADMIN_PATH", "admin/", settings.TAKEN)


@pytest.mark.parametrize(
    ("value", "place"), [("", "admin/"), ("/back/office/", "back/office/"), ("ops-2", "ops-2/")]
)
def test_it_takes_a_place_for_the_admin(
    monkeypatch: pytest.MonkeyPatch, value: str, place: str
) -> None:
    monkeypatch.setenv("ADMIN_PATH", value)
    assert environment.path("ADMIN_PATH", "admin/", settings.TAKEN) == place


def test_it_knows_every_first_segment_that_is_taken() -> None:
    rows = [
        inner
        for row in get_resolver().url_patterns
        for inner in (getattr(row, "url_patterns", [row]) if not str(row.pattern) else [row])
    ]
    first = {str(row.pattern).lstrip("^").split("/")[0] for row in rows} - {"", "admin"}
    assert first | {"healthz", "static"} == set(settings.TAKEN)


@pytest.mark.parametrize("value", ["", "   "])
def test_it_takes_a_blank_value_for_unset(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("PORT", value)
    assert environment.whole("PORT", 8000, low=1, high=65_535) == 8000


@pytest.mark.parametrize("value", ["$HOME", "$$", "a\\$b", "$nothing-of-this-name"])
def test_it_takes_a_value_as_it_stands(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("TREASURY_KEY", value)
    assert environment.text("TREASURY_KEY") == value


def test_it_keeps_a_secret_key_that_starts_with_a_dollar(tmp_path: Path) -> None:
    script = "from django.conf import settings; print(settings.SECRET_KEY)"
    done = manage(
        tmp_path,
        "shell",
        "--no-imports",
        "-c",
        script,
        SECRET_KEY="$HOME and more, to thirty-two letters",
    )
    assert done.stdout == "$HOME and more, to thirty-two letters\n"


def test_it_never_repeats_a_url_that_may_hold_a_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CACHE_URL", "http://user:secret@cache/0")
    with pytest.raises(ImproperlyConfigured) as caught:
        environment.address("CACHE_URL", ("redis", "rediss"))
    assert "secret" not in str(caught.value)


def test_it_names_every_setting_in_the_example() -> None:
    read = set(
        re.findall(r'environment\.\w+\(\s*"([A-Z_]+)"', (ROOT / "config/settings.py").read_text())
    )
    shown = set(re.findall(r"^#([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert shown == read | {"PORT"}


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", ""),
        (b"# a comment\n\n  # another\n", ""),
        (b"A=1\nexport B = 2\n C=3 \r\nD='x y'\n", "A=1\nB=2\nC=3\nD='x y'"),
        (b"\xef\xbb\xbfDATABASE_URL=postgresql://db/x\n", "DATABASE_URL=postgresql://db/x"),
        (b"\xef\xbb\xbf", ""),
        ("N=Zoë".encode(), "N=Zoë"),
        (b"URL=a=b=c\nEMPTY=\n", "URL=a=b=c\nEMPTY="),
    ],
)
def test_it_reads_the_settings_file_as_intended(tmp_path: Path, content: bytes, found: str) -> None:
    path = tmp_path / ".env"
    path.write_bytes(content)
    assert environment.file_lines(path) == found


def test_it_needs_no_settings_file(tmp_path: Path) -> None:
    assert environment.file_lines(tmp_path / ".env") == ""


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("A=1".encode("utf-16"), "is not UTF-8 text. Save it as UTF-8."),
        ("A=1".encode("utf-16-be"), "is not UTF-8 text. Save it as UTF-8."),
        ("A=1".encode("utf-32"), "is not UTF-8 text. Save it as UTF-8."),
        ("A=Zoë".encode("latin-1"), "is not UTF-8 text. Save it as UTF-8."),
        (b"A=1\nDATABASE_URL postgresql://db/x", "line 2, is not NAME=value."),
        (b"DATABASE-URL=postgresql://db/x", "line 1, is not NAME=value."),
        (b"DATABASE_URL: postgresql://db/x", "line 1, is not NAME=value."),
        (b"\n=x", "line 2, is not NAME=value."),
    ],
)
def test_it_rejects_a_settings_file_that_it_cannot_read(
    tmp_path: Path, content: bytes, sentence: str
) -> None:
    path = tmp_path / ".env"
    path.write_bytes(content)
    with pytest.raises(ImproperlyConfigured, match=re.escape(sentence)):
        environment.file_lines(path)


def test_a_folder_is_no_settings_file(tmp_path: Path) -> None:
    with pytest.raises(ImproperlyConfigured, match="cannot be read"):
        environment.file_lines(tmp_path)


@pytest.mark.parametrize("host", ["", "localhost", "127.0.0.1", "127.8.9.1", "::1", "/run/pg"])
def test_these_hosts_are_on_this_machine(host: str) -> None:
    assert environment.is_local(host)


@pytest.mark.parametrize(
    "host", ["db", "10.0.0.1", "localhost.example", "127.0.0.1.example", "::2"]
)
def test_these_hosts_are_elsewhere(host: str) -> None:
    assert not environment.is_local(host)


KEY = "k" * 32
TLS = "allows a connection without TLS"


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"DATABASE_URL": "postgresql://db/x?sslmode=prefer"}, TLS),
        ({"DATABASE_URL": "postgresql://db/x?sslmode=disable"}, TLS),
        ({"DATABASE_URL": "postgresql://localhost,db/x?sslmode=allow"}, TLS),
        ({"ORACLE_URL": "http://oracle.example"}, "ORACLE_URL is not encrypted."),
        ({"CARRIER_URL": "http://10.0.0.7:81"}, "CARRIER_URL is not encrypted."),
        (
            {"TREASURY_URL": "http://treasury", "TREASURY_KEY": KEY},
            "TREASURY_URL is not encrypted.",
        ),
        ({"SECRET_KEY_FALLBACKS": f"{KEY},short"}, SHORT),
    ],
)
def test_it_needs_tls_and_long_keys(
    tmp_path: Path, variables: dict[str, str], sentence: str
) -> None:
    done = manage(tmp_path, "check", **{"SECRET_KEY": KEY} | variables)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert done.stderr.count("\n") == 1


SHOW = (
    "from django.conf import settings as s; d = s.DATABASES['default'];"
    " print(d['OPTIONS'].get('sslmode'), s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME,"
    " len(s.SECRET_KEY_FALLBACKS))"
)


@pytest.mark.parametrize(
    ("variables", "shown"),
    [
        ({}, "None sessionid csrftoken 0"),
        ({"DATABASE_URL": "postgresql://db/x"}, "require sessionid csrftoken 0"),
        ({"DATABASE_URL": "postgresql:///x?host=/run/pg"}, "prefer sessionid csrftoken 0"),
        ({"DATABASE_URL": "postgresql://127.0.0.1/x"}, "prefer sessionid csrftoken 0"),
        (
            {"DATABASE_URL": "postgresql://db/x", "DATABASE_TLS": "verify-full"},
            "verify-full sessionid csrftoken 0",
        ),
        (
            {"DATABASE_URL": "postgresql://db/x?sslmode=verify-ca"},
            "verify-ca sessionid csrftoken 0",
        ),
        (
            {
                "DATABASE_URL": "postgresql://db/x?sslmode=disable",
                "DATABASE_TLS": "off",
                "ORACLE_URL": "http://oracle.example",
                "PEER_TLS": "off",
            },
            "disable sessionid csrftoken 0",
        ),
        (
            {"PUBLIC_URL": "https://sell.example", "SECRET_KEY_FALLBACKS": f"{KEY}, {KEY}"},
            "None __Host-sessionid __Host-csrftoken 2",
        ),
    ],
)
def test_it_encrypts_by_default(tmp_path: Path, variables: dict[str, str], shown: str) -> None:
    done = manage(tmp_path, "shell", "-v0", "-c", SHOW, **{"SECRET_KEY": KEY} | variables)
    assert (done.stdout, done.stderr) == (f"{shown}\n", "")


def test_the_data_folder_is_closed_to_other_users(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        environment.make_data_dir(tmp_path / "a" / "b")
    finally:
        os.umask(before)
    assert (tmp_path / "a" / "b").stat().st_mode & 0o777 == 0o750
    environment.make_data_dir(tmp_path / "a" / "b")

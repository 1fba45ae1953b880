"""The effect of a database error on a command and on its connection."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.db import InternalError, OperationalError, connection, transaction

from config.foundation import shared_connections
from config.postgres.trouble import sentence_of
from tests.config.foundation.test_environment import manage

NOWHERE = {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing", "SECRET_KEY": "x" * 50}


@pytest.mark.parametrize(
    "command",
    [
        ("check_ledger",),
        ("migrate",),
        ("create_roles",),
        ("create_partner", "Finch", "--slug", "finch"),
    ],
)
def test_a_command_without_a_database_says_one_line(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    done = manage(tmp_path, *command, **NOWHERE)
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
    assert "Traceback" not in done.stderr
    if command[0] == "check_ledger":
        assert done.stderr == "manage.py: The database cannot be reached.\n"


@pytest.mark.slow
def test_a_command_before_the_first_migrate_says_what_to_run(tmp_path: Path) -> None:
    """The embedded server has no role to log in as yet."""
    done = manage(tmp_path, "check_ledger")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "manage.py: The database has not been set up: run manage.py migrate.\n"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("shared", [False, True])
def test_a_connection_that_cannot_write_any_more_is_dropped(
    shared: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection.close()
    monkeypatch.setattr(shared_connections._thread, "shares", shared, raising=False)
    with connection.cursor() as cursor:
        cursor.execute("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")
    with (
        pytest.raises(InternalError) as refused,
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("CREATE TABLE not_now (id int)")
    assert (
        sentence_of(refused.value) == "The database is read-only at the moment, as in a failover."
    )
    connection.close_if_unusable_or_obsolete()
    with connection.cursor() as cursor:
        cursor.execute("SHOW transaction_read_only")
        assert cursor.fetchone() == ("off",)
    connection.close()
    shared_connections.close()


@pytest.mark.django_db
def test_a_defect_of_ours_has_no_sentence() -> None:
    assert sentence_of(None) is None
    assert sentence_of(ValueError("x")) is None
    assert sentence_of(OperationalError("not from the driver")) is None

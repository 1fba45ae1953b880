"""What each role may not do, and what one look at the rights shows."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db import DatabaseError, ProgrammingError, connection, transaction

from config.postgres import roles
from config.postgres.trouble import sentence_of
from tests.database.roles.conftest import login, rows
from tests.world import World, make_event

pytestmark = pytest.mark.usefixtures("shop")

APPEND_ONLY = sorted(
    model._meta.db_table
    for model in apps.get_models()
    if any(trigger.name == "append_only" for trigger in getattr(model._meta, "triggers", ()))
)
LACKS = "The database's role lacks a right: run manage.py migrate, or create_roles."
SERVING = ("web", "worker")
DDL = [
    "CREATE TABLE public.own (id int)",
    "CREATE TABLE pgmq.own (id int)",
    "ALTER TABLE buyback_transfer DISABLE TRIGGER ALL",
    "ALTER TABLE buyback_transfer DROP CONSTRAINT buyback_transfer_once",
    "DROP TABLE buyback_transfer",
    "DROP TRIGGER pgtrigger_append_only_2754b ON buyback_transfer",
    (
        "CREATE OR REPLACE FUNCTION _pgtrigger_should_ignore(trigger_name name) RETURNS boolean"
        " LANGUAGE sql AS 'SELECT true'"
    ),
    "CREATE FUNCTION public.own() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE ROLE own",
    "SET session_replication_role = replica",
    "SELECT pgmq.drop_queue('sellback')",
    "COPY (SELECT 1) TO PROGRAM 'true'",
]


def refused(statement: str) -> str:
    """The database's refusal, for which doors have a sentence. Nothing else may go wrong."""
    with pytest.raises(ProgrammingError) as caught, transaction.atomic():
        rows(statement)
    assert sentence_of(caught.value) == LACKS
    return str(caught.value)


@pytest.mark.parametrize("role", [*SERVING, "readonly"])
@pytest.mark.parametrize("statement", DDL)
def test_it_changes_no_schema_and_switches_no_trigger_off(role: str, statement: str) -> None:
    with login(role):
        message = refused(statement)
        assert "must be owner" in message or "permission denied" in message


@pytest.mark.parametrize("role", [*SERVING, "readonly"])
@pytest.mark.parametrize("table", APPEND_ONLY)
@pytest.mark.parametrize(
    "statement", ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {} CASCADE"]
)
def test_it_changes_no_append_only_table(role: str, table: str, statement: str) -> None:
    with login(role):
        assert f"permission denied for table {table}" in refused(statement.format(table))


@pytest.mark.parametrize("role", SERVING)
@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM buyback_payout",
        "UPDATE buyback_payout SET amount = 1",
        "DELETE FROM buyback_buyback",
        "DELETE FROM inventory_item",
        "DELETE FROM partners_user",
        "DELETE FROM partners_apikey",
        "UPDATE django_migrations SET name = name",
        "INSERT INTO auth_permission (name, content_type_id, codename) VALUES ('own', 1, 'own')",
    ],
)
def test_it_keeps_what_nobody_deletes(role: str, statement: str) -> None:
    with login(role):
        assert "permission denied" in refused(statement)


@pytest.mark.parametrize("role", SERVING)
def test_it_changes_an_event_only_to_a_pseudonym(shop: World, role: str) -> None:
    make_event(shop.northwind.live, data={"user_id": "ada"})
    with login(role):
        for column in ("type", "environment_id", "created_at"):
            message = refused(f"UPDATE partners_event SET {column} = {column} RETURNING id")
            assert "permission denied" in message
        with pytest.raises(DatabaseError, match="Cannot update or delete"):
            rows("UPDATE partners_event SET data = '{}' RETURNING id")
    assert "permission denied" in _readonly_refusal()


def _readonly_refusal() -> str:
    with login("readonly"):
        return refused("UPDATE partners_event SET data = data RETURNING id")


@pytest.mark.parametrize("table", sorted(roles.SECRETS))
@pytest.mark.parametrize("role", ["worker", "readonly"])
def test_only_the_web_server_reads_what_lets_someone_in(role: str, table: str) -> None:
    with login(role):
        assert "permission denied" in refused(f"SELECT FROM {table}")


@pytest.mark.parametrize("table", sorted(roles.DECISIONS))
def test_the_worker_decides_nothing(table: str) -> None:
    with login("worker"):
        rows(f"SELECT count(*) FROM {table}")
        assert "permission denied" in refused(f"INSERT INTO {table} DEFAULT VALUES")
        assert "permission denied" in refused(f"UPDATE {table} SET id = id")


@pytest.mark.parametrize("role", ["worker", "readonly"])
def test_only_the_web_server_reads_hashes_of_passwords_and_codes(role: str) -> None:
    with login(role):
        rows("SELECT id, email FROM partners_user")
        for columns in ("password", "enrolment_digest", "*"):
            assert "permission denied" in refused(f"SELECT {columns} FROM partners_user")


def test_readonly_writes_nothing() -> None:
    with login("readonly"):
        written = rows(
            "SELECT c.oid::regclass::text FROM pg_class c WHERE relkind IN ('r', 'p')"
            " AND relnamespace::regnamespace::text IN ('public', 'pgmq')"
            " AND has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE, MAINTAIN')"
        )
        assert written == []


@pytest.mark.parametrize("role", SERVING)
def test_it_sees_who_is_still_writing(role: str) -> None:
    with login(role):
        assert rows("SELECT pg_has_role(current_user, 'pg_read_all_stats', 'USAGE')") == [(True,)]


def foreign() -> list[Any]:
    """What the owner does not own."""
    return rows(
        "SELECT oid::regclass::text FROM pg_class"
        " WHERE relnamespace::regnamespace::text IN ('public', 'pgmq')"
        " AND relowner <> %(owner)s::regrole"
        " UNION ALL SELECT oid::regprocedure::text FROM pg_proc"
        " WHERE pronamespace::regnamespace::text IN ('public', 'pgmq')"
        " AND proowner <> %(owner)s::regrole"
        " UNION ALL SELECT nspname::text FROM pg_namespace"
        " WHERE nspname = 'pgmq' AND nspowner <> %(owner)s::regrole",
        owner=roles.names()["owner"],
    )


def test_it_hands_over_what_another_login_has_created() -> None:
    """As a site that had one role."""
    with connection.cursor() as cursor:
        for object_ in (
            "TABLE buyback_transfer",
            "TABLE pgmq.meta",
            "FUNCTION _pgtrigger_should_ignore(name)",
            "TYPE pgmq.message_record",
            "SCHEMA pgmq",
        ):
            cursor.execute(f"ALTER {object_} OWNER TO CURRENT_USER")
    assert len(foreign()) > 4  # with the tables' indexes
    call_command("create_roles")
    assert foreign() == []


def test_it_names_only_tables_that_exist() -> None:
    named = set().union(
        roles.FIXED, roles.SECRETS, roles.DECISIONS, roles.LINKS, roles.WORKER_WRITES,
        roles.ANALYZED, {roles.PASSWORDS[0]}, *roles.DELETES.values(), *roles.PSEUDONYMS.values(),
    )  # fmt: skip
    assert named <= set(connection.introspection.table_names())


def test_the_owner_owns_everything_and_is_no_superuser() -> None:
    assert foreign() == []
    powers = rows(
        "SELECT rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls FROM pg_roles"
        " WHERE rolname = ANY(%s)",
        [*roles.names().values()],
    )
    assert powers == [(False,) * 5] * len(roles.ROLES)


def granted() -> list[Any]:
    return rows(
        "SELECT relname, relowner::regrole::text, relacl::text FROM pg_class"
        " WHERE relnamespace::regnamespace::text IN ('public', 'pgmq') ORDER BY 1"
    )


@pytest.mark.parametrize("role", [*SERVING, "readonly"])
def test_it_grants_nothing_to_others(role: str) -> None:
    """PostgreSQL answers with a warning."""
    before = granted()
    with login(role), connection.cursor() as cursor:
        cursor.execute("GRANT ALL ON buyback_transfer TO PUBLIC")
    assert granted() == before


def test_it_changes_nothing_the_second_time(capsys: pytest.CaptureFixture[str]) -> None:
    before = granted()
    call_command("create_roles")
    assert granted() == before
    assert capsys.readouterr().out.count("exists, rights granted") == len(roles.ROLES)
    with login("owner"):
        call_command("create_roles")
    assert granted() == before


def test_migrate_grants_rights_to_a_new_table() -> None:
    with login("owner"), connection.cursor() as cursor:
        cursor.execute("CREATE TABLE buyback_new (id int)")
    try:
        for role in SERVING:
            with login(role):
                assert "permission denied" in refused("SELECT FROM buyback_new")
        with login("owner"):
            call_command("migrate", verbosity=0)
        for role in SERVING:
            with login(role):
                rows("INSERT INTO buyback_new VALUES (1) RETURNING id")
                assert "permission denied" in refused("DELETE FROM buyback_new")
    finally:
        with login("owner"), connection.cursor() as cursor:
            cursor.execute("DROP TABLE buyback_new")


@pytest.mark.parametrize("role", [*SERVING, "readonly"])
def test_it_says_in_one_sentence_that_this_login_may_not(
    shop: World, role: str, settings: Any
) -> None:
    settings.DATABASE_ROLE_PREFIX = "another_"
    user = f"{connection.settings_dict['NAME']}_{role}"
    connection.close()
    settings.DATABASE_LOGINS = {"roles": {"USER": user}}
    with pytest.raises(ImproperlyConfigured, match="may not set up roles"):
        call_command("create_roles")
    assert rows("SELECT rolname FROM pg_roles WHERE rolname LIKE 'another\\_%%'") == []

"""The database's roles: `owner` migrates, `web` and `worker` serve, `readonly` looks.

Their rights are computed from the tables that exist, so that `migrate` grants them again at its
end. ``ALTER DEFAULT PRIVILEGES`` would not do: it gives every new table the same rights, and
append-only tables get fewer. Until `migrate` ends nobody can use a new table, and nobody needs to.

A new table is readable, and gets INSERT and UPDATE: for `web` always, for `worker` below
``inventory`` and ``buyback``. DELETE is granted by name only. Roles belong to the whole cluster, so
their names start with ``DATABASE_ROLE_PREFIX``, by default the database's name.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import ProgrammingError, connection, transaction
from psycopg.errors import InsufficientPrivilege
from psycopg.sql import SQL, Identifier

ROLES = ("owner", "web", "worker", "readonly")

# Written by migrations alone.
FIXED = {"auth_permission", "django_content_type", "django_migrations"}
# What lets someone in: sessions, second factors, links, and digests of keys.
SECRETS = {
    *("account_emailaddress", "account_emailconfirmation", "django_session", "mfa_authenticator"),
    *("partners_apikey", "partners_invitation", "partners_verificationcode"),
    "usersessions_usersession",
}
# What only people decide, so never the worker.
DECISIONS = {
    *("buyback_proposal", "buyback_resolution", "buyback_reversal", "buyback_treasurycontrol"),
    *("inventory_priceproposal", "partners_accessproposal"),
}
# Hash chains, which only the worker extends.
LINKS = {"buyback_transferlink", "partners_auditlink"}
# Tables that the worker writes, besides those of its two applications.
WORKER_WRITES = {
    *("cache", "partners_apicall", "partners_auditentry", "partners_auditlink", "partners_event"),
    *("partners_idempotencykey", "partners_lostcalls", "partners_spend", "partners_spendslot"),
    "partners_forgottenuser",
}
DELETES = {
    "web": {
        *("account_emailaddress", "account_emailconfirmation", "auth_group"),
        *("auth_group_permissions", "buyback_exposure", "buyback_paidhour", "buyback_proposal"),
        *("buyback_resolution", "buyback_reversal", "cache", "django_session"),
        *("inventory_cardfile", "inventory_priceproposal", "inventory_tier"),
        "partners_accessproposal",
        *("mfa_authenticator", "partners_idempotencykey", "partners_membership"),
        *("partners_savedview", "partners_user_groups", "partners_user_user_permissions"),
        *("partners_verificationcode", "usersessions_usersession"),
    },
    "worker": {
        *("buyback_exposure", "buyback_listedpayment", "buyback_paidhour", "buyback_resolution"),
        *("buyback_treasuryreport", "cache", "inventory_shippingquote"),
        *("inventory_tally", "inventory_usertally", "partners_apicall", "partners_idempotencykey"),
        *("partners_lostcalls", "partners_spend", "partners_spendslot"),
    },
}
# Columns that a role may update although it may not update the table: a forgotten user's id becomes
# a pseudonym there. The trigger on events allows nothing more.
PSEUDONYMS = {
    "web": {"partners_event": "data"},
    "worker": {"partners_event": "data", "partners_savedview": "query"},
}
# An import of cards and the demo's seed update the planner's statistics of what they wrote.
ANALYZED = {"inventory_card", "inventory_item", "inventory_purchase"}
# Worker and `readonly` read people without these columns.
PASSWORDS = ("partners_user", {"password", "enrolment_digest"})

# What this login may grant rights to. Tables of an extension are the superuser's, and get their
# rights from `create_roles`.
SCHEMAS = """
SELECT nspname FROM pg_namespace
 WHERE nspname IN ('public', 'pgmq') AND pg_has_role(nspowner, 'USAGE')
"""
SEQUENCES = """
SELECT relname FROM pg_class
 WHERE relnamespace = to_regnamespace('pgmq') AND relkind = 'S' AND pg_has_role(relowner, 'USAGE')
"""
TABLES = """
SELECT n.nspname, c.relname,
       EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid
                  AND (t.tgname LIKE 'pgtrigger\\_append\\_only\\_%'
                       OR t.tgname LIKE 'pgtrigger\\_never\\_deleted\\_%')),
       ARRAY(SELECT a.attname::text FROM pg_attribute a
              WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE n.nspname IN ('public', 'pgmq') AND c.relkind IN ('r', 'p')
   AND pg_has_role(c.relowner, 'USAGE')
"""
# Everything of ours that `owner` does not own. Sequences and indexes follow their tables, and
# members of an extension their extension.
NOT_OWNED = """
SELECT format('ALTER %%s %%s OWNER TO %%I', kind, name, %(owner)s)
  FROM (SELECT 'SCHEMA' AS kind, quote_ident(nspname) AS name, nspowner AS owner,
               'pg_namespace'::regclass AS class, oid
          FROM pg_namespace WHERE nspname = 'pgmq'
        UNION ALL
        SELECT CASE relkind WHEN 'v' THEN 'VIEW' WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END,
               oid::regclass::text, relowner, 'pg_class'::regclass, oid
          FROM pg_class c
         WHERE relnamespace::regnamespace::text IN ('public', 'pgmq')
           AND relkind IN ('r', 'p', 'v', 'S')
           AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = c.oid AND deptype IN ('a', 'i')
                              AND classid = 'pg_class'::regclass AND c.relkind = 'S')
        UNION ALL
        SELECT 'ROUTINE', oid::regprocedure::text, proowner, 'pg_proc'::regclass, oid
          FROM pg_proc WHERE pronamespace::regnamespace::text IN ('public', 'pgmq')
        UNION ALL
        SELECT 'TYPE', t.oid::regtype::text, typowner, 'pg_type'::regclass, t.oid
          FROM pg_type t JOIN pg_class c ON c.oid = t.typrelid AND c.relkind = 'c'
         WHERE typnamespace::regnamespace::text IN ('public', 'pgmq')) object
 WHERE owner <> %(owner)s::regrole
   AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = object.class AND d.objid = object.oid
                      AND d.deptype = 'e')
"""


def names() -> dict[str, str]:
    """The roles of this database: ``{"web": "sellback_web", …}``."""
    prefix = settings.DATABASE_ROLE_PREFIX or f"{connection.settings_dict['NAME']}_"
    return {role: f"{prefix}{role}" for role in ROLES}


def create() -> list[str]:
    """Create the roles that are missing, hand the tables to `owner`, grant the rights.

    Returns the names of new roles. They may log in but have no password: setting one is up to the
    administrator. Raises ImproperlyConfigured if this login lacks the right to do so.
    """
    role = names()
    with _may_do_it(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT rolname FROM pg_roles WHERE rolname = ANY(%s)", [[*role.values()]])
        known = {name for (name,) in cursor.fetchall()}
        new = [name for name in role.values() if name not in known]
        for name in new:
            _run(cursor, "CREATE ROLE {} LOGIN", name)
        _own(cursor, role["owner"])
        _run(cursor, "GRANT CONNECT ON DATABASE {} TO {}, {}, {}, {}", _database(), *role.values())
        _run(cursor, "GRANT TEMPORARY ON DATABASE {} TO {}, {}", _database(), *_serving(role))
        cursor.execute(
            "SELECT bool_and(pg_has_role(name, 'pg_read_all_stats', 'USAGE'))"
            " FROM unnest(%s::text[]) name",
            [[*_serving(role)]],
        )
        if cursor.fetchone() != (True,):
            # The worker closes a day once no transaction of any role can still write to it.
            _run(cursor, "GRANT pg_read_all_stats TO {}, {}", *_serving(role))
        _grant(cursor, role)
    return new


def grant() -> None:
    """Grant the rights to every table. Does nothing where the roles were never created."""
    role = names()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_roles WHERE rolname = ANY(%s)", [[*role.values()]])
        if cursor.fetchone() == (len(ROLES),):
            _grant(cursor, role)


def rights(role: str, schema: str, table: str, *, kept: bool) -> set[str]:
    """What a role may do with a table. ``kept``: its rows are never changed or deleted."""
    if schema == "pgmq":
        return _queue_rights(role, table)
    if role == "readonly":
        hidden = table in SECRETS | {"cache", "partners_idempotencykey"}
        return set() if hidden else {"SELECT"}
    if role == "worker" and table in SECRETS:
        return set()
    found = {"SELECT"}
    if _writes(role, table):
        found |= {"INSERT"} if kept else {"INSERT", "UPDATE"}
    if table in DELETES[role] and not kept:
        found |= {"DELETE"}
    if role == "web" and table in ANALYZED:
        found |= {"MAINTAIN"}
    return found


def _writes(role: str, table: str) -> bool:
    if role == "web":
        return table not in FIXED | LINKS
    return table in WORKER_WRITES or (
        table.startswith(("buyback_", "inventory_")) and table not in DECISIONS
    )


def _queue_rights(role: str, table: str) -> set[str]:
    """Senders insert; the worker also takes messages. The throttle is the trigger's."""
    if role == "worker":
        return {"SELECT", "INSERT", "UPDATE", "DELETE"}
    if role == "readonly":
        return set()
    if table == "notify_insert_throttle":
        return {"SELECT", "INSERT", "UPDATE"}
    return {"SELECT", "INSERT"} if table.startswith("q_") else {"SELECT"}


def _serving(role: dict[str, str]) -> tuple[str, str]:
    return role["web"], role["worker"]


def _grant(cursor: Any, role: dict[str, str]) -> None:
    schemas, sequences = (
        [name for (name,) in _all(cursor, query)] for query in (SCHEMAS, SEQUENCES)
    )
    tables = _all(cursor, TABLES)
    for kind in ROLES[1:]:
        for schema in schemas:
            _run(cursor, "GRANT USAGE ON SCHEMA {} TO {}", schema, role[kind])
        for sequence in sequences if kind != "readonly" else ():
            # The queue's size comes from its sequence.
            _run(cursor, "GRANT SELECT ON SEQUENCE pgmq.{} TO {}", sequence, role[kind])
        for schema, table, kept, columns in tables:
            _run(cursor, "REVOKE ALL ON {}.{} FROM {}", schema, table, role[kind])
            found = rights(kind, schema, table, kept=kept)
            if found:
                shown = ", ".join(sorted(found))
                if kind != "web" and table == PASSWORDS[0]:
                    shown += f" ({', '.join(name for name in columns if name not in PASSWORDS[1])})"
                _run(cursor, f"GRANT {shown} ON {{}}.{{}} TO {{}}", schema, table, role[kind])
            if schema == "public" and (column := PSEUDONYMS.get(kind, {}).get(table)):
                _run(cursor, "GRANT UPDATE ({}) ON {}.{} TO {}", column, schema, table, role[kind])


def _all(cursor: Any, query: str) -> list[Any]:
    cursor.execute(query)
    found: list[Any] = cursor.fetchall()
    return found


def _own(cursor: Any, owner: str) -> None:
    """Give the owner everything, and the right to create more."""
    cursor.execute(
        "SELECT usesuper, pg_has_role(current_user, %s, 'SET') FROM pg_user"
        " WHERE usename = current_user",
        [owner],
    )
    superuser, member = cursor.fetchone()
    if not superuser and not member:
        cursor.execute(SQL("GRANT {} TO current_user WITH SET TRUE").format(Identifier(owner)))
    cursor.execute(
        "SELECT has_database_privilege(%(owner)s, current_database(), 'CREATE')"
        " AND has_schema_privilege(%(owner)s, 'public', 'CREATE')",
        {"owner": owner},
    )
    if cursor.fetchone() != (True,):
        _run(cursor, "GRANT CREATE ON DATABASE {} TO {}", _database(), owner)
        _run(cursor, "GRANT CREATE, USAGE ON SCHEMA public TO {}", owner)
    cursor.execute(NOT_OWNED, {"owner": owner})
    for (statement,) in cursor.fetchall():
        cursor.execute(statement)


def _run(cursor: Any, text: str, *identifiers: str) -> None:
    cursor.execute(SQL(text).format(*(Identifier(name) for name in identifiers)))


def _database() -> str:
    return str(connection.settings_dict["NAME"])


@contextmanager
def _may_do_it() -> Iterator[None]:
    try:
        yield
    except ProgrammingError as error:
        if not isinstance(error.__cause__, InsufficientPrivilege):
            raise
        raise ImproperlyConfigured(
            f"The database's login may not set up roles ({error.__cause__.diag.message_primary}): "
            "run create_roles once with MIGRATION_DATABASE_URL naming a superuser."
        ) from error

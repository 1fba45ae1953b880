"""Triggers without an off switch.

django-pgtrigger lets every session skip triggers: each function it generates asks
``_pgtrigger_should_ignore``, which reads the setting ``pgtrigger.ignore`` that anyone may set. The
SQL of each trigger that a migration creates contains that function again, and its template has no
option. So `migrate` ends by replacing the function's body: all triggers ask it, and its answer is
always no. PostgreSQL inlines it, which is also faster than reading a setting.
"""

from __future__ import annotations

from django.db import connections

NEVER = """
DO $$ BEGIN
    IF to_regprocedure('public._pgtrigger_should_ignore(name)') IS NOT NULL THEN
        CREATE OR REPLACE FUNCTION public._pgtrigger_should_ignore(trigger_name name)
            RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT false';
    END IF;
END $$
"""


def ignore_no_one(database: str) -> None:
    """Make every trigger fire in every session, whatever ``pgtrigger.ignore`` says."""
    with connections[database].cursor() as cursor:
        cursor.execute(NEVER)

"""A foreign key over several columns, declared with a model's other constraints.

Children reference parents by ``(environment_id, id)``, so that the database itself refuses a row
that would link two partners, or live and sandbox. Django's own ``ForeignKey`` knows one column; it
stays for the ORM, with ``db_constraint=False``, and this constraint enforces the reference.

A migration imports nothing of ours, so it creates such a key with SQL and enters a plain
``BaseConstraint`` of the same name into its state:

    migrations.RunSQL(
        "ALTER TABLE … ADD CONSTRAINT <name> FOREIGN KEY (…) REFERENCES … (…)",
        "ALTER TABLE … DROP CONSTRAINT <name>",
        state_operations=[migrations.AddConstraint("model", models.BaseConstraint(name="<name>"))],
    )

``makemigrations`` writes the ``AddConstraint`` alone, which Django cannot apply: add the SQL.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import BaseConstraint


class CompositeForeignKey(BaseConstraint):
    """``FOREIGN KEY (columns) REFERENCES to_table (to_columns)``, checked at the end of each
    statement.
    """

    def __init__(
        self, *, columns: Sequence[str], to_table: str, to_columns: Sequence[str], name: str
    ) -> None:
        super().__init__(name=name)
        self.columns, self.to_table, self.to_columns = tuple(columns), to_table, tuple(to_columns)

    def validate(self, *args: Any, **kwargs: Any) -> None:
        """Only the database checks it: a form cannot check the other table without a race."""

    def clone(self) -> CompositeForeignKey:
        """Itself: nothing changes it."""
        return self

    def deconstruct(self) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
        return "django.db.models.BaseConstraint", (), {"name": self.name}

    def __eq__(self, other: object) -> bool:
        """Equal to the constraint of its name in a migration's state as well."""
        if not isinstance(other, BaseConstraint):
            return NotImplemented
        return self.deconstruct() == other.deconstruct()

    def __hash__(self) -> int:
        return hash(self.name)


def same_environment(child: str, parent_table: str, *, name: str) -> CompositeForeignKey:
    """``(environment_id, <child>_id)`` must be the ``(environment_id, id)`` of a row of
    ``parent_table``.
    """
    return CompositeForeignKey(
        columns=("environment_id", f"{child}_id"),
        to_table=parent_table,
        to_columns=("environment_id", "id"),
        name=name,
    )

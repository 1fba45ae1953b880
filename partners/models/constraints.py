"""A foreign key over several columns, declared with a model's other constraints.

Children reference parents by ``(environment_id, id)``, so that the database refuses a row that
would link two partners, or live and sandbox. Django's own ``ForeignKey`` has one column. It stays
for the ORM, with ``db_constraint=False``, and this constraint enforces the reference.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.backends.ddl_references import Statement
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

    # Django passes a model and an editor to all three, and its own constraints return Statements.
    # The type stubs do not say so.
    def create_sql(self, model: Any, schema_editor: Any) -> Any:
        quote = schema_editor.quote_name
        return Statement(
            "ALTER TABLE %(table)s ADD CONSTRAINT %(name)s FOREIGN KEY (%(columns)s)"
            " REFERENCES %(to)s (%(to_columns)s)",
            table=quote(model._meta.db_table),
            name=quote(self.name),
            columns=", ".join(map(quote, self.columns)),
            to=quote(self.to_table),
            to_columns=", ".join(map(quote, self.to_columns)),
        )

    def constraint_sql(self, model: Any, schema_editor: Any) -> str:
        """Nothing inside CREATE TABLE: the constraint is added when all tables exist."""
        schema_editor.deferred_sql.append(self.create_sql(model, schema_editor))
        return ""

    def remove_sql(self, model: Any, schema_editor: Any) -> Any:
        quote = schema_editor.quote_name
        return Statement(
            "ALTER TABLE %(table)s DROP CONSTRAINT %(name)s",
            table=quote(model._meta.db_table),
            name=quote(self.name),
        )

    def validate(self, *args: Any, **kwargs: Any) -> None:
        """Only the database checks it: a form cannot check the other table without a race."""

    def deconstruct(self) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
        path, args, kwargs = super().deconstruct()
        kwargs |= {
            "columns": self.columns,
            "to_table": self.to_table,
            "to_columns": self.to_columns,
        }
        return path, tuple(args), kwargs

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, CompositeForeignKey):
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

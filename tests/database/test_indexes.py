"""Every index names its reader in a comment and exists in the database."""

from __future__ import annotations

import pytest
from django.db import connection, models

from tests.database.schema import field_label, our_models, source

INDEXES = [(model, index.name) for model in our_models() for index in model._meta.indexes]
INDEXED = [
    field
    for model in our_models()
    for field in model._meta.local_concrete_fields
    if getattr(field, "db_index", False) and not field.unique
]


@pytest.mark.parametrize(("model", "name"), INDEXES)
def test_it_names_the_reader_of_an_index(model: type[models.Model], name: str) -> None:
    lines = source(model)
    (end,) = [number for number, line in enumerate(lines) if f'name="{name}"' in line]
    start = max(number for number in range(end + 1) if "models.Index(" in lines[number])
    comment = start - 1
    while lines[comment].strip().startswith("# ") and "# Reader" not in lines[comment]:
        comment -= 1
    assert lines[comment].strip().startswith("# Reader:")


@pytest.mark.parametrize("field", INDEXED, ids=field_label)
def test_it_names_the_reader_of_an_indexed_column(field: models.Field[object, object]) -> None:
    """A foreign key is indexed by default: it has ``# index: <reader>``, or no index."""
    lines = source(field.model)
    (start,) = [
        number for number, line in enumerate(lines) if line.strip().startswith(f"{field.name} = ")
    ]
    assert "# index:" in " ".join(lines[start : start + 3])


@pytest.mark.django_db
def test_it_keeps_no_index_the_models_do_not_know() -> None:
    """The database has exactly the models' indexes."""
    for model in our_models():
        known = {index.name for index in model._meta.indexes}
        with connection.cursor() as cursor:
            found = connection.introspection.get_constraints(cursor, model._meta.db_table)
        plain = {name for name, row in found.items() if row["index"] and not row["unique"]}
        exclusions = {constraint.name for constraint in model._meta.constraints}
        columns = {field.column for field in INDEXED if field.model is model}
        columns |= {field.column for field in model._meta.local_concrete_fields if field.unique}
        extra = {
            name for name in plain - known - exclusions if found[name]["columns"][0] not in columns
        }
        assert known <= plain
        assert extra == set()

"""A sale remembers the treasury it was submitted to by name, its reference, and the caps' spans that have counted it."""

from __future__ import annotations

from typing import Any

import django.contrib.postgres.fields
from django.db import migrations, models
from django.db.models import CharField, F, Value
from django.db.models.functions import Cast, Concat

from buyback.live import treasury


def name_what_was_remote(apps: Any, schema_editor: Any) -> None:
    """Sales of before were submitted to the treasury that is configured now; if none is, people must ask."""
    sales = apps.get_model("buyback", "Buyback").objects.filter(remote=True)
    reference = Concat(Value("buyback-"), Cast(F("id"), CharField()))
    sales.update(treasury=treasury.name() or "not recorded", reference=reference)


class Migration(migrations.Migration):
    dependencies = [
        ("buyback", "0004_statements"),
        ("inventory", "0002_tenant_keys"),
        ("partners", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="buyback",
            name="counted_in",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=40),
                db_default=[],
                default=list,
                editable=False,
                size=None,
            ),
        ),
        migrations.AddField(
            model_name="buyback",
            name="reference",
            field=models.CharField(
                blank=True, db_default="", help_text="What the treasury knows it by.", max_length=60
            ),
        ),
        migrations.AddField(
            model_name="buyback",
            name="treasury",
            field=models.CharField(
                blank=True,
                db_default="",
                help_text="Whom it was submitted to, by address; none other is asked. Empty: we settle it ourselves.",
                max_length=200,
            ),
        ),
        migrations.RunPython(name_what_was_remote, migrations.RunPython.noop),
        migrations.RemoveField(
            model_name="buyback",
            name="remote",
        ),
        migrations.AddConstraint(
            model_name="buyback",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("reference", ""), ("treasury", "")),
                    models.Q(
                        models.Q(("treasury", ""), _negated=True),
                        models.Q(("reference", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="buyback_buyback_treasury_has_a_reference",
            ),
        ),
        migrations.AddConstraint(
            model_name="buyback",
            constraint=models.UniqueConstraint(
                condition=models.Q(("reference", ""), _negated=True),
                fields=("reference",),
                name="buyback_buyback_reference_once",
            ),
        ),
    ]

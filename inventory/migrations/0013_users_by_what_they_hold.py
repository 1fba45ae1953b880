"""What each user holds, as the clock counts it, so that users can be listed by it."""

import django.db.models.deletion
import partners.models.constraints
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("inventory", "0012_order_times"),
        ("partners", "0012_request_log"),
    ]

    operations = [
        migrations.CreateModel(
            name="UserTally",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("size", models.PositiveIntegerField()),
                ("value", models.DecimalField(decimal_places=2, max_digits=16)),
                ("closes", models.DateTimeField(blank=True, null=True)),
                ("latest", models.DateTimeField()),
                (
                    "collector",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="inventory.collector",
                    ),
                ),
                (
                    "environment",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="partners.environment",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        fields=["environment", "-size", "-collector"],
                        name="inventory_usertally_size",
                    ),
                    models.Index(
                        fields=["environment", "-value", "-collector"],
                        name="inventory_usertally_value",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("collector",), name="inventory_usertally_once"),
                    partners.models.constraints.CompositeForeignKey(
                        columns=("environment_id", "collector_id"),
                        name="inventory_usertally_collector_same_env",
                        to_columns=("environment_id", "id"),
                        to_table="inventory_collector",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("size__gt", 0), ("value__gt", 0)),
                        name="inventory_usertally_holds_something",
                    ),
                ],
            },
        ),
    ]

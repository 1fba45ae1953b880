"""Who may move shipping orders along, and an index to find one by."""

from typing import Any

from django.contrib.auth.management import create_permissions
from django.db import migrations, models

from partners.people.staff_groups import write_groups


def write(apps: Any, schema_editor: Any) -> None:
    """Django makes the permissions after all migrations, which is too late for us."""
    config = apps.get_app_config("inventory")
    config.models_module = True
    create_permissions(config, apps=apps, verbosity=0)
    config.models_module = None
    write_groups(apps)


class Migration(migrations.Migration):
    dependencies = [
        ("inventory", "0007_tallies"),
        ("buyback", "0007_staff_groups"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="shippingorder",
            options={
                "ordering": ("-created_at", "-id"),
                "permissions": (("fulfil_order", "Can move shipping orders along"),),
            },
        ),
        migrations.AddIndex(
            model_name="shippingorder",
            index=models.Index(fields=["public_id"], name="inventory_shippingorder_id"),
        ),
        migrations.RunPython(write, migrations.RunPython.noop),
    ]

"""The groups see differences with the treasury; its own group resolves them."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.management import create_permissions
from django.db import migrations

LOOKS = ("view_difference", "view_resolution")
GROUPS = {
    "support": LOOKS,
    "operations": LOOKS,
    "treasury": (*LOOKS, "resolve_difference"),
}


def give_rights(apps: Any, schema_editor: Any) -> None:
    """Django makes the permissions after all migrations, which is too late."""
    config = apps.get_app_config("buyback")
    config.models_module = True
    create_permissions(config, apps=apps, verbosity=0)
    config.models_module = None
    permissions = apps.get_model("auth", "Permission").objects
    for name, rights in GROUPS.items():
        group, _ = apps.get_model("auth", "Group").objects.get_or_create(name=name)
        group.permissions.add(
            *permissions.filter(content_type__app_label="buyback", codename__in=rights)
        )


class Migration(migrations.Migration):
    dependencies = [("buyback", "0022_treasury_view")]

    operations = [migrations.RunPython(give_rights, migrations.RunPython.noop)]

"""Lets the groups of the staff see proposals that wait for a second person."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.management import create_permissions
from django.db import migrations

PRICES, ACCESS = ("inventory", "view_priceproposal"), ("partners", "view_accessproposal")
ADDED = {"support": (PRICES,), "operations": (PRICES, ACCESS), "treasury": (PRICES,)}


def let_groups_see(apps: Any, schema_editor: Any) -> None:
    """Add the rights. Django makes the permissions after all migrations, which is too late."""
    for label in ("partners", "inventory"):
        config = apps.get_app_config(label)
        config.models_module = True
        create_permissions(config, apps=apps, verbosity=0)
        config.models_module = None
    permissions = apps.get_model("auth", "Permission").objects
    for name, rights in ADDED.items():
        group = apps.get_model("auth", "Group").objects.filter(name=name).first()
        for app, code in rights if group is not None else ():
            group.permissions.add(permissions.get(content_type__app_label=app, codename=code))


class Migration(migrations.Migration):
    dependencies = [
        ("buyback", "0019_shell_commands"),
        ("partners", "0022_decisions_about_access"),
        ("inventory", "0016_price_proposals"),
    ]
    # Before the triggers that date rights: looking is no right to decide, so a confirming account
    # does not become too recent by this migration.
    run_before = [("partners", "0023_rights_are_dated")]

    operations = [migrations.RunPython(let_groups_see, migrations.RunPython.noop)]

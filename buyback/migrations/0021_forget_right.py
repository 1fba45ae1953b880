"""Operations may forget a user."""

from typing import Any

from django.contrib.auth.management import create_permissions
from django.db import migrations


def grant(apps: Any, schema_editor: Any) -> None:
    """Django makes the permissions after all migrations, which is too late."""
    config = apps.get_app_config("inventory")
    config.models_module = True
    create_permissions(config, apps=apps, verbosity=0)
    config.models_module = None
    right = apps.get_model("auth", "Permission").objects.get(
        content_type__app_label="inventory", codename="forget_user"
    )
    # A site may have renamed or deleted the group.
    for group in apps.get_model("auth", "Group").objects.filter(name="operations"):
        group.permissions.add(right)


class Migration(migrations.Migration):
    dependencies = [
        ("buyback", "0020_staff_see_proposals"),
        ("inventory", "0017_forgotten_users"),
    ]

    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]

"""The groups of Phygitals' own people (partners/people/staff_groups.py)."""

from typing import Any

from django.contrib.auth.management import create_permissions
from django.db import migrations

from partners.people.staff_groups import write_groups


def write(apps: Any, schema_editor: Any) -> None:
    """Django makes the permissions after all migrations, which is too late for us."""
    for label in ("partners", "inventory", "buyback"):
        config = apps.get_app_config(label)
        config.models_module = True
        create_permissions(config, apps=apps, verbosity=0)
        config.models_module = None
    write_groups(apps)


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("partners", "0006_window_event"),
        ("inventory", "0004_set_window"),
        ("buyback", "0006_reversals"),
    ]

    operations = [migrations.RunPython(write, migrations.RunPython.noop)]

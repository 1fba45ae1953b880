"""Staff see who is invited (partners/people/staff_groups.py)."""

from django.db import migrations

from partners.people.staff_groups import migrate_groups


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("partners", "0010_limits_of_their_own"),
        ("inventory", "0005_stock_and_price_history"),
        ("buyback", "0009_bulk_sales"),
    ]

    operations = [migrations.RunPython(migrate_groups, migrations.RunPython.noop)]

"""A key remembers which key took its place, so that it is rotated once."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("partners", "0015_audit_found_by_exact_values"),
    ]

    operations = [
        migrations.AddField(
            model_name="apikey",
            name="replaced_by",
            field=models.OneToOneField(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="replaces",
                to="partners.apikey",
            ),
        ),
        migrations.AddConstraint(
            model_name="apikey",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("replaced_by", None),
                    models.Q(
                        ("expires_at__isnull", False),
                        models.Q(("replaced_by", models.F("id")), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="partners_apikey_replaced_ends",
            ),
        ),
    ]

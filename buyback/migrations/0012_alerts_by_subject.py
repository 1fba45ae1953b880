"""An index for what the admin looks up by exact value: what an alert is about."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("buyback", "0011_the_treasury_contradicts_itself"),
        ("partners", "0015_audit_found_by_exact_values"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="alert",
            index=models.Index(fields=["subject"], name="buyback_alert_by_subject"),
        ),
    ]

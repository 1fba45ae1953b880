"""Indexes for what the admin looks up by exact value: who did it, what was done, by which request."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("partners", "0014_lost_calls"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(fields=["actor", "-created_at"], name="partners_audit_by_actor"),
        ),
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(fields=["action", "-created_at"], name="partners_audit_by_action"),
        ),
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(fields=["request_id"], name="partners_audit_by_request"),
        ),
    ]

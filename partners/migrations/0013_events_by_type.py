"""An index for those who ask for the events of one type, where that is not one of the two that most are of."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("partners", "0012_request_log"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="event",
            index=models.Index(
                condition=models.Q(
                    ("type__in", ("item.pulled", "buyback.completed")), _negated=True
                ),
                fields=["environment", "type", "-created_at", "-id"],
                name="partners_event_by_type",
            ),
        ),
    ]

"""The index of open windows answers for the queue's pages too: many windows may close at the very same moment."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("inventory", "0008_fulfilment"),
    ]

    operations = [
        migrations.RemoveIndex(model_name="item", name="inventory_item_window_open"),
        migrations.AddIndex(
            model_name="item",
            index=models.Index(
                condition=models.Q(("expired_at", None), ("state", "held")),
                fields=["environment", "expires_at", "id"],
                name="inventory_item_window_open",
            ),
        ),
    ]

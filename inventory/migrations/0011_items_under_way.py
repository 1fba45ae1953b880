"""The admin's list of the few items that are neither held nor sold, found without reading the millions that are."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("inventory", "0010_swept_sells_no_more")]

    operations = [
        migrations.AddIndex(
            model_name="item",
            index=models.Index(
                condition=models.Q(("state__in", ("selling", "shipping", "shipped"))),
                fields=["state", "-id"],
                name="inventory_item_under_way",
            ),
        ),
    ]

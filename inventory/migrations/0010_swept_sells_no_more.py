"""What the sweep has closed sells no more. Before this a sandbox's clock could jump while a sale waited for the sweep, so
that an item was told as closed and then sold: it was sold, and the mark goes.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("inventory", "0009_queue_page_by_page"),
        ("partners", "0012_request_log"),
    ]

    operations = [
        migrations.RunSQL(
            "UPDATE inventory_item SET expired_at = NULL WHERE expired_at IS NOT NULL AND state IN ('selling', 'sold');"
            " SET CONSTRAINTS ALL IMMEDIATE",
            migrations.RunSQL.noop,
        ),
        migrations.AddConstraint(
            model_name="item",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("expired_at", None),
                    models.Q(("state__in", ("selling", "sold")), _negated=True),
                    _connector="OR",
                ),
                name="inventory_item_swept_sells_no_more",
            ),
        ),
    ]

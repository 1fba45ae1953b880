"""Orders lose their address some time after they ended; the right to forget a user."""

import django.db.models.functions.comparison
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("inventory", "0016_price_proposals"),
        ("partners", "0024_forgotten_users"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="collector",
            options={
                "ordering": ("environment_id", "user_id"),
                "permissions": (("forget_user", "Can erase a user's personal data"),),
            },
        ),
        migrations.AddField(
            model_name="shippingorder",
            name="erased_at",
            field=models.DateTimeField(
                blank=True, editable=False, null=True, verbose_name="address erased at"
            ),
        ),
        migrations.AddIndex(
            model_name="shippingorder",
            index=models.Index(
                django.db.models.functions.comparison.Coalesce("delivered_at", "ended_at"),
                condition=models.Q(
                    ("erased_at", None), ("state__in", ("delivered", "cancelled", "failed"))
                ),
                name="inventory_shippingorder_erase",
            ),
        ),
        migrations.AddConstraint(
            model_name="shippingorder",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("erased_at", None),
                    ("state__in", ("delivered", "cancelled", "failed")),
                    _connector="OR",
                ),
                name="inventory_shippingorder_erased_has_ended",
            ),
        ),
    ]

"""A kind of alert: a treasury that says otherwise of a sale that has ended."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("buyback", "0010_more_that_staff_may_see")]

    operations = [
        migrations.AlterField(
            model_name="alert",
            name="kind",
            field=models.CharField(
                choices=[
                    ("price_rejected", "Price rejected"),
                    ("sale_in_review", "Sale in review"),
                    ("cap_reached", "Cap reached"),
                    ("breaker_opened", "Breaker opened"),
                    ("contradicted", "Treasury contradicted itself"),
                ],
                max_length=20,
            ),
        ),
    ]

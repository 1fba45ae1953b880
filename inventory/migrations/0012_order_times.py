"""When an order came into each of its states, and indexes for its list. Of orders there already their events tell."""

from django.db import migrations, models
from django.db.models import Q

FROM_EVENTS = """
UPDATE inventory_shippingorder o
   SET processing_at = CASE WHEN o.state IN ('processing', 'label_created', 'shipped', 'delivered')
                            THEN coalesce(told.processing, o.created_at) ELSE told.processing END,
       labelled_at = CASE WHEN o.state IN ('label_created', 'shipped', 'delivered')
                          THEN coalesce(told.labelled, told.processing, o.created_at) ELSE told.labelled END,
       ended_at = CASE WHEN o.state IN ('cancelled', 'failed') THEN coalesce(told.ended, o.created_at) END
  FROM (SELECT one.id,
               min(e.created_at) FILTER (WHERE e.data ->> 'status' = 'processing') AS processing,
               min(e.created_at) FILTER (WHERE e.data ->> 'status' = 'label_created') AS labelled,
               min(e.created_at) FILTER (WHERE e.data ->> 'status' IN ('cancelled', 'failed')) AS ended
          FROM inventory_shippingorder one
          LEFT JOIN partners_event e ON e.environment_id = one.environment_id AND e.type = 'shipment.updated'
                                    AND e.data ->> 'order_id' = one.public_id
         GROUP BY one.id) told
 WHERE told.id = o.id;
SET CONSTRAINTS ALL IMMEDIATE
"""


def time(*words: str) -> models.DateTimeField:
    return models.DateTimeField(*words, blank=True, null=True)


class Migration(migrations.Migration):
    dependencies = [
        ("inventory", "0011_items_under_way"),
        ("partners", "0009_shipment_event"),
    ]

    operations = [
        migrations.AddField("shippingorder", "processing_at", time()),
        migrations.AddField("shippingorder", "labelled_at", time()),
        migrations.AddField("shippingorder", "ended_at", time("cancelled or failed at")),
        migrations.RunSQL(FROM_EVENTS, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="shippingorder",
            constraint=models.CheckConstraint(
                condition=(Q(processing_at__isnull=False) & ~Q(state="queued"))
                | (
                    Q(processing_at=None)
                    & ~Q(state__in=("processing", "label_created", "shipped", "delivered"))
                ),
                name="inventory_shippingorder_processing_has_its_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="shippingorder",
            constraint=models.CheckConstraint(
                condition=(Q(labelled_at__isnull=False) & ~Q(state__in=("queued", "processing")))
                | (Q(labelled_at=None) & ~Q(state__in=("label_created", "shipped", "delivered"))),
                name="inventory_shippingorder_labelled_has_its_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="shippingorder",
            constraint=models.CheckConstraint(
                condition=Q(state__in=("cancelled", "failed"), ended_at__isnull=False)
                | (~Q(state__in=("cancelled", "failed")) & Q(ended_at=None)),
                name="inventory_shippingorder_ended_has_its_time",
            ),
        ),
        migrations.AddIndex(
            model_name="shippingorder",
            index=models.Index(
                fields=["environment", "-created_at", "-id"], name="inventory_shippingorder_newest"
            ),
        ),
        migrations.AddIndex(
            model_name="shippingorder",
            index=models.Index(
                fields=["environment", "state", "-created_at", "-id"],
                name="inventory_shippingorder_state",
            ),
        ),
    ]

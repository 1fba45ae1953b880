"""The error code of calls and of stored responses."""

from django.db import migrations, models

# The sentences that keys store, as partners knew them before there were codes. One statement: a
# key is deleted after 48 hours, so the table is small, and only refusals are written.
CODES = """
UPDATE partners_idempotencykey stored
   SET code = known.code
  FROM (VALUES
        ('Item not found', 'item_not_found'),
        ('Item has expired', 'item_expired'),
        ('Item already has an active buyback session', 'sellback_unresolved'),
        ('Transaction failed', 'transaction_failed'),
        ('Price below min_amount', 'below_min_amount'),
        ('The price has changed', 'price_changed'),
        ('item_ids must be a list of 1 to 50 strings', 'invalid_item_ids'),
        ('user_id is required', 'user_id_required'),
        ('VM not found', 'pack_not_found'),
        ('Amount must be greater than 0', 'too_few_pulls'),
        ('Claw machine is out of stock', 'out_of_stock'),
        ('item_ids is required', 'item_ids_required'),
        ('Invalid destination address', 'invalid_address'),
        ('No shippable items in request', 'nothing_shippable'),
        ('quote_id is required', 'quote_id_required'),
        ('Quote expired', 'quote_expired'),
        ('Item already shipped', 'already_shipped'),
        ('Order not found', 'order_not_found'),
        ('Order cannot be moved to this status', 'invalid_order_status'),
        ('Send either advance_seconds, a whole number, or now, a time in ISO 8601', 'clock_unclear'),
        ('The sandbox clock only moves forward', 'clock_backwards'),
        ('The sandbox clock can be at most ten years ahead', 'clock_too_far')
       ) known (sentence, code)
 WHERE stored.status >= 400
   AND convert_from(stored.body, 'UTF8')::jsonb ->> 'error' = known.sentence;
UPDATE partners_idempotencykey
   SET code = CASE WHEN convert_from(body, 'UTF8') LIKE '{"error":"Amount must be less%'
                   THEN 'too_many_pulls' ELSE 'refused' END
 WHERE status >= 400 AND code = ''
"""


class Migration(migrations.Migration):
    dependencies = [("partners", "0001_squashed_0016")]

    operations = [
        migrations.AddField(
            model_name="apicall",
            name="code",
            field=models.CharField(
                blank=True,
                db_default="",
                help_text="Empty: no refusal.",
                max_length=40,
                verbose_name="error code",
            ),
        ),
        migrations.AddField(
            model_name="idempotencykey",
            name="code",
            field=models.CharField(blank=True, db_default="", max_length=40),
        ),
        migrations.RunSQL(CODES, migrations.RunSQL.noop),
    ]

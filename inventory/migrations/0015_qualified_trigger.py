"""The trigger names its schema: a temporary table of the same name would come first."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("inventory", "0014_plain_words"),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name="card",
            name="keeps_prices",
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="card",
            trigger=pgtrigger.compiler.Trigger(
                name="keeps_prices",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."fmv" IS DISTINCT FROM (NEW."fmv"))',
                    func="INSERT INTO public.inventory_pricechange (card_id, before, fmv, priced_at) VALUES (NEW.id, OLD.fmv, NEW.fmv, NEW.priced_at); RETURN NULL;",
                    hash="72c2688e833307dada68554b35c6c97a59e4fb50",
                    operation="UPDATE",
                    pgid="pgtrigger_keeps_prices_41415",
                    table="inventory_card",
                    when="AFTER",
                ),
            ),
        ),
    ]

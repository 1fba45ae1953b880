"""Every sellback by a person is in the audit log."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("buyback", "0017_transfer_chain"),
    ]

    operations = [
        pgtrigger.migrations.AddTrigger(
            model_name="buyback",
            trigger=pgtrigger.compiler.Trigger(
                name="audits_people",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (NEW.requested_by LIKE 'user:%')",
                    func="\n                    INSERT INTO public.partners_auditentry\n                           (partner_id, actor, action, target, after, request_id)\n                    SELECT partner_id, NEW.requested_by, 'buyback.requested',\n                           'buyback.buyback:' || NEW.id,\n                           jsonb_build_object('item', NEW.item_id, 'amount', NEW.amount::text), ''\n                      FROM public.partners_environment WHERE id = NEW.environment_id;\n                    RETURN NULL;\n                ",
                    hash="7c29f46c501259cb825ef2ba4a50ede3d1691b20",
                    operation="INSERT",
                    pgid="pgtrigger_audits_people_09ce9",
                    table="buyback_buyback",
                    when="AFTER",
                ),
            ),
        ),
    ]

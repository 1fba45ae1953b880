"""Triggers: money returns only by a reversal, payouts stay, and temporary tables hide nothing."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("buyback", "0015_caps_in_slots"),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name="buyback",
            name="trail_of_moves",
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="buyback",
            trigger=pgtrigger.compiler.Trigger(
                name="trail_of_moves",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.state IS DISTINCT FROM NEW.state OR OLD.failure_code IS DISTINCT FROM NEW.failure_code OR OLD.failure_detail IS DISTINCT FROM NEW.failure_detail)",
                    func="\n                    INSERT INTO public.buyback_move\n                           (buyback_id, before, after, answer, by, created_at)\n                    VALUES (NEW.id, OLD.state, NEW.state,\n                            left(concat_ws(': ', nullif(NEW.failure_code, ''),\n                                           nullif(NEW.failure_detail, '')), 100),\n                            coalesce(current_setting('sellback.by', true), ''), clock_timestamp());\n                    RETURN NULL;\n                ",
                    hash="26c360368782fae4045f4b55f7278cc4c7083cd3",
                    operation="UPDATE",
                    pgid="pgtrigger_trail_of_moves_82cc1",
                    table="buyback_buyback",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="payout",
            trigger=pgtrigger.compiler.Trigger(
                name="never_deleted",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                    hash="5054aa968f6b73de217bd94e36c8ebcac451d644",
                    operation="DELETE",
                    pgid="pgtrigger_never_deleted_3ca95",
                    table="buyback_payout",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="payout",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'rows of this table are never deleted';",
                    hash="c6a4667ecaa776c97946824f8d787e682d0cca28",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_a9c9e",
                    table="buyback_payout",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="transfer",
            trigger=pgtrigger.compiler.Trigger(
                name="back_only_by_reversal",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (NEW.debit = 'paid_out' AND NEW.credit = 'treasury')",
                    func="\n                    IF NOT EXISTS (SELECT FROM public.buyback_reversal reversal\n                                    WHERE reversal.environment_id = NEW.environment_id\n                                      AND reversal.buyback_id = NEW.buyback_id\n                                      AND reversal.amount = NEW.amount\n                                      AND reversal.confirmed_at IS NOT NULL) THEN\n                        RAISE EXCEPTION 'paid money comes back only by a confirmed reversal'\n                            USING ERRCODE = 'check_violation';\n                    END IF;\n                    RETURN NEW;\n                ",
                    hash="250e828628561d9d8b62da08f3ff6722f3161357",
                    operation="INSERT",
                    pgid="pgtrigger_back_only_by_reversal_5ac18",
                    table="buyback_transfer",
                    when="BEFORE",
                ),
            ),
        ),
    ]

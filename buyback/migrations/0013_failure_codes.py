"""Why a sellback failed, as a code and what the peer said, in place of one sentence."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

# One statement, on a table of any size: only attempts that failed or are open have a reason, and
# the partial index buyback_buyback_not_settled finds them. Settled sellbacks are not written.
CODES = """
UPDATE buyback_buyback attempt
   SET failure_code = known.code,
       failure_detail = CASE WHEN known.keeps THEN ltrim(substr(failure_detail, length(known.start) + 1))
                             ELSE '' END
  FROM (VALUES
        ('paused', 'paused', false),
        ('cap_reached', 'cap_reached', false),
        ('below_min_amount', 'below_min_amount', false),
        ('price_changed', 'price_changed', false),
        ('price:', 'price_unavailable', true),
        ('abandoned before the treasury was asked', 'abandoned', false),
        ('declined:', 'declined', true),
        ('review: it was not paid', 'not_paid', false),
        ('treasury:', 'outcome_unknown', true),
        ('mismatch:', 'mismatch', true),
        ('past the retention; treasury:', 'retention_over', true)
       ) known (start, code, keeps)
 WHERE attempt.state IN ('claimed', 'submitted', 'unknown', 'review', 'failed')
   AND (attempt.failure_detail = known.start
        OR known.keeps AND starts_with(attempt.failure_detail, known.start));
UPDATE buyback_buyback
   SET failure_code = 'other'
 WHERE state IN ('claimed', 'submitted', 'unknown', 'review', 'failed')
   AND failure_detail <> '' AND failure_code = ''
"""
SENTENCES = """
UPDATE buyback_buyback
   SET failure_detail = CASE failure_code
           WHEN 'price_unavailable' THEN 'price: ' || left(failure_detail, 93)
           WHEN 'abandoned' THEN 'abandoned before the treasury was asked'
           WHEN 'declined' THEN 'declined: ' || left(failure_detail, 90)
           WHEN 'not_paid' THEN 'review: it was not paid'
           WHEN 'outcome_unknown' THEN 'treasury: ' || left(failure_detail, 90)
           WHEN 'mismatch' THEN 'mismatch: ' || left(failure_detail, 90)
           WHEN 'retention_over' THEN 'past the retention; treasury: ' || left(failure_detail, 70)
           WHEN 'other' THEN failure_detail
           ELSE failure_code END
 WHERE state IN ('claimed', 'submitted', 'unknown', 'review', 'failed') AND failure_code <> ''
"""


class Migration(migrations.Migration):
    dependencies = [("buyback", "0001_squashed_0012")]

    operations = [
        # The trail would take the new columns for news.
        pgtrigger.migrations.RemoveTrigger(model_name="buyback", name="trail_of_moves"),
        migrations.RenameField("buyback", "failure_reason", "failure_detail"),
        migrations.AlterField(
            "buyback",
            "failure_detail",
            models.CharField(
                blank=True,
                db_default="",
                help_text="What the peer said, where one did.",
                max_length=100,
            ),
        ),
        migrations.AddField(
            "buyback",
            "failure_code",
            models.CharField(
                blank=True,
                db_default="",
                help_text="Why it failed, or why its outcome is not known (``outcomes.FailureCode``).",
                max_length=40,
            ),
        ),
        migrations.RunSQL(CODES, SENTENCES),
        pgtrigger.migrations.AddTrigger(
            model_name="buyback",
            trigger=pgtrigger.compiler.Trigger(
                name="trail_of_moves",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.state IS DISTINCT FROM NEW.state OR OLD.failure_code IS DISTINCT FROM NEW.failure_code OR OLD.failure_detail IS DISTINCT FROM NEW.failure_detail)",
                    func="\n                    INSERT INTO buyback_move (buyback_id, before, after, answer, by, created_at)\n                    VALUES (NEW.id, OLD.state, NEW.state,\n                            left(concat_ws(': ', nullif(NEW.failure_code, ''),\n                                           nullif(NEW.failure_detail, '')), 100),\n                            coalesce(current_setting('sellback.by', true), ''), clock_timestamp());\n                    RETURN NULL;\n                ",
                    hash="f90d3b92c1aa150c7e59e268fe84dabee7b52a64",
                    operation="UPDATE",
                    pgid="pgtrigger_trail_of_moves_82cc1",
                    table="buyback_buyback",
                    when="AFTER",
                ),
            ),
        ),
    ]

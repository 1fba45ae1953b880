"""Users whose personal data is erased; an event may get their pseudonym, and nothing else."""

import django.db.models.deletion
import django.db.models.functions.datetime
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("partners", "0023_rights_are_dated"),
    ]

    operations = [
        migrations.CreateModel(
            name="ForgottenUser",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("user_id", models.CharField(db_collation="C", max_length=255, null=True)),
                ("pseudonym", models.CharField(db_collation="C", max_length=42)),
                ("stage", models.CharField(blank=True, max_length=10)),
                ("after", models.CharField(blank=True, max_length=100)),
                ("changed", models.PositiveIntegerField(default=0)),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False
                    ),
                ),
                (
                    "pass_began_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "ordering": ("id",),
            },
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="event",
            name="append_only",
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="event",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n                IF TG_OP = 'UPDATE'\n                   AND (NEW.id, NEW.environment_id, NEW.type, NEW.created_at)\n                       IS NOT DISTINCT FROM\n                       (OLD.id, OLD.environment_id, OLD.type, OLD.created_at)\n                   AND EXISTS (\n                       SELECT FROM public.partners_forgottenuser gone\n                        WHERE gone.environment_id = OLD.environment_id\n                          AND gone.finished_at IS NULL\n                          AND NEW.data = \n        CASE WHEN OLD.data ->> 'user_id' = gone.user_id\n             THEN jsonb_set(OLD.data, '{user_id}', to_jsonb(gone.pseudonym::text))\n             WHEN OLD.data -> 'items' @>\n                  jsonb_build_array(jsonb_build_object('user_id', gone.user_id))\n             THEN OLD.data || jsonb_build_object(\n                      'tracking_number', NULL, 'tracking_url', NULL, 'error_message', NULL,\n                      'items', (\n                          SELECT jsonb_agg(\n                                     CASE WHEN line ->> 'user_id' = gone.user_id\n                                          THEN jsonb_set(line, '{user_id}',\n                                                         to_jsonb(gone.pseudonym::text))\n                                          ELSE line END ORDER BY place)\n                            FROM jsonb_array_elements(OLD.data -> 'items')\n                                 WITH ORDINALITY AS lines (line, place)))\n         END) THEN\n                    RETURN NEW;\n                END IF;\n                RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table',\n                                TG_TABLE_NAME;\n            ",
                    hash="ab2f23668f4949c40f3c84322d220b5e8219df7b",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_52045",
                    table="partners_event",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddField(
            model_name="forgottenuser",
            name="environment",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="partners.environment",
            ),
        ),
        migrations.AddConstraint(
            model_name="forgottenuser",
            constraint=models.UniqueConstraint(
                fields=("environment", "pseudonym"), name="partners_forgottenuser_pseudonym_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="forgottenuser",
            constraint=models.UniqueConstraint(
                condition=models.Q(("finished_at", None)),
                fields=("environment", "user_id"),
                name="partners_forgottenuser_one_at_a_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="forgottenuser",
            constraint=models.CheckConstraint(
                condition=models.Q(("pseudonym__regex", "^forgotten-[0-9a-f]{32}$")),
                name="partners_forgottenuser_pseudonym_form",
            ),
        ),
        migrations.AddConstraint(
            model_name="forgottenuser",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("finished_at", None), ("user_id__isnull", False)),
                    models.Q(("finished_at__isnull", False), ("user_id", None)),
                    _connector="OR",
                ),
                name="partners_forgottenuser_finished_has_no_id",
            ),
        ),
    ]

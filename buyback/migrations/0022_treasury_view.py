"""What a remote treasury reports, and its differences with our sellbacks."""

import django.db.models.deletion
import django.db.models.functions.datetime
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("buyback", "0021_forget_right"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name="alert",
            name="kind",
            field=models.CharField(
                choices=[
                    ("price_rejected", "Price rejected"),
                    ("sale_in_review", "Sellback in review"),
                    ("cap_reached", "Cap reached"),
                    ("breaker_opened", "Breaker opened"),
                    ("contradicted", "Treasury contradicted itself"),
                    ("shell_command", "Command run on the server"),
                    ("exposure_above", "Exposure above the treasury's balance"),
                    ("rate_above", "Day's rate above the treasury's balance"),
                    ("difference", "Difference with the treasury"),
                ],
                max_length=20,
            ),
        ),
        migrations.CreateModel(
            name="TreasuryReport",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=200, unique=True)),
                ("balance", models.DecimalField(decimal_places=2, max_digits=14, null=True)),
                ("balance_at", models.DateTimeField(null=True)),
                ("reading", models.BooleanField(default=False)),
                (
                    "since",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
                (
                    "started_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
                ("cursor", models.CharField(blank=True, max_length=200)),
                ("compared_at", models.DateTimeField(null=True)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("balance", None), ("balance_at__isnull", False), _connector="OR"
                        ),
                        name="buyback_treasuryreport_balance_has_its_time",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("reading", True), ("cursor", ""), _connector="OR"),
                        name="buyback_treasuryreport_cursor_of_a_pass",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ListedPayment",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("reference", models.CharField(max_length=128)),
                ("currency", models.CharField(max_length=3)),
                ("amount", models.DecimalField(decimal_places=2, max_digits=20)),
                (
                    "report",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="buyback.treasuryreport",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Difference",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("not_settled", "Paid there, not settled here"),
                            ("missing", "Settled here, missing there"),
                            ("amount", "Amounts differ"),
                            ("currency", "Currencies differ"),
                        ],
                        max_length=11,
                    ),
                ),
                ("reference", models.CharField(max_length=128)),
                (
                    "our_state",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("claimed", "Claimed"),
                            ("submitted", "Submitted"),
                            ("settled", "Settled"),
                            ("failed", "Failed"),
                            ("unknown", "Outcome unknown"),
                            ("review", "In review"),
                        ],
                        max_length=9,
                    ),
                ),
                ("our_amount", models.DecimalField(decimal_places=2, max_digits=20, null=True)),
                ("their_amount", models.DecimalField(decimal_places=2, max_digits=20, null=True)),
                ("their_currency", models.CharField(blank=True, max_length=3)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "Open"),
                            ("agreed", "Both agree"),
                            ("resolved", "Resolved"),
                        ],
                        default="open",
                        max_length=8,
                    ),
                ),
                (
                    "first_seen",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
                (
                    "last_seen",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
                ("closed_at", models.DateTimeField(null=True)),
                (
                    "buyback",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="differences",
                        to="buyback.buyback",
                    ),
                ),
                (
                    "report",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="differences",
                        to="buyback.treasuryreport",
                        verbose_name="treasury",
                    ),
                ),
            ],
            options={
                "ordering": ("-id",),
                "permissions": (
                    ("resolve_difference", "Can propose and confirm that a difference is resolved"),
                ),
            },
        ),
        migrations.CreateModel(
            name="Resolution",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("reason", models.CharField(max_length=500)),
                ("proposed_by", models.CharField(max_length=300)),
                ("confirmed_by", models.CharField(blank=True, max_length=300)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
                ("confirmed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "confirmer",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "difference",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="resolutions",
                        to="buyback.difference",
                    ),
                ),
                (
                    "proposer",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "abstract": False,
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True),
                        name="buyback_resolution_has_a_reason",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("confirmed_by", models.F("proposed_by")), _negated=True
                        ),
                        name="buyback_resolution_two_people",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("confirmer", models.F("proposer")), _negated=True),
                        name="buyback_resolution_two_accounts",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("confirmed_at", None), ("confirmed_by", "")),
                            models.Q(
                                models.Q(("confirmed_by", ""), _negated=True),
                                ("confirmed_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="buyback_resolution_confirmed_by_somebody",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("confirmed_at", None)),
                        fields=("difference",),
                        name="buyback_resolution_one_proposal",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="resolution",
            trigger=pgtrigger.compiler.Trigger(
                name="confirmed_is_final",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.confirmed_at IS NOT NULL)",
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="50a2628a492ce302036f88370488fe708b1b1353",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_confirmed_is_final_71b94",
                    table="buyback_resolution",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="listedpayment",
            constraint=models.UniqueConstraint(
                fields=("report", "reference", "currency"), name="buyback_listedpayment_once"
            ),
        ),
        migrations.AddIndex(
            model_name="difference",
            index=models.Index(
                condition=models.Q(("state", "open")),
                fields=["report", "-id"],
                name="buyback_difference_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="difference",
            constraint=models.UniqueConstraint(
                fields=("reference", "report", "kind"), name="buyback_difference_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="difference",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ("not_settled", "missing", "amount", "currency"))),
                name="buyback_difference_kind_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="difference",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("closed_at", None), ("state", "open")),
                    models.Q(("closed_at__isnull", False), ("state__in", ("agreed", "resolved"))),
                    _connector="OR",
                ),
                name="buyback_difference_closed_has_its_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="difference",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("buyback__isnull", False), ("kind", "not_settled"), _connector="OR"
                ),
                name="buyback_difference_of_a_sale",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="difference",
            trigger=pgtrigger.compiler.Trigger(
                name="allowed_moves",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    declare="DECLARE _is_valid_transition BOOLEAN;",
                    func='SELECT CONCAT(OLD."state", \':\', NEW."state") = ANY(\'{open:agreed,open:resolved,agreed:open,resolved:open}\'::text[]) INTO _is_valid_transition; IF (_is_valid_transition IS FALSE AND OLD."state" IS DISTINCT FROM NEW."state") THEN RAISE EXCEPTION \'pgtrigger: Invalid transition of field "state" from "%" to "%" on table %\', OLD."state", NEW."state", TG_TABLE_NAME; ELSE RETURN NEW; END IF;',
                    hash="9625811ed8e30343d0dc5d13f89ceb3bcfa2a562",
                    operation="UPDATE",
                    pgid="pgtrigger_allowed_moves_8cb12",
                    table="buyback_difference",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="difference",
            trigger=pgtrigger.compiler.Trigger(
                name="kept",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                    hash="7813c00e0e030efed255060fec6849c4874d6d04",
                    operation="DELETE",
                    pgid="pgtrigger_kept_c20b7",
                    table="buyback_difference",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="difference",
            trigger=pgtrigger.compiler.Trigger(
                name="resolved_by_two_people",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (NEW.state = 'resolved')",
                    func="\n                    IF NOT EXISTS (SELECT 1 FROM buyback_resolution\n                                    WHERE difference_id = NEW.id\n                                      AND confirmed_at = NEW.closed_at) THEN\n                        RAISE EXCEPTION 'only two people resolve a difference';\n                    END IF;\n                    RETURN NEW;\n                ",
                    hash="8f65d3fd3d2d7bc2422d0249d4447b8b65ce95cf",
                    operation="INSERT OR UPDATE",
                    pgid="pgtrigger_resolved_by_two_people_7c477",
                    table="buyback_difference",
                    when="BEFORE",
                ),
            ),
        ),
    ]

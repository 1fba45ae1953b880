"""Tenants and access: the tables. Takes the place of sixteen earlier migrations."""

import datetime
from decimal import Decimal

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
import django.db.models.functions.text
import django.utils.timezone
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    replaces = [
        ("partners", "0001_initial"),
        ("partners", "0002_rows_by_target"),
        ("partners", "0003_clocks_only_move_forward"),
        ("partners", "0004_known_scopes"),
        ("partners", "0005_requires_factor"),
        ("partners", "0006_window_event"),
        ("partners", "0007_sandboxes_retire"),
        ("partners", "0008_invitations"),
        ("partners", "0009_shipment_event"),
        ("partners", "0010_limits_of_their_own"),
        ("partners", "0011_saved_views"),
        ("partners", "0012_request_log"),
        ("partners", "0013_events_by_type"),
        ("partners", "0014_lost_calls"),
        ("partners", "0015_audit_found_by_exact_values"),
        ("partners", "0016_keys_are_rotated_once"),
    ]

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.CreateModel(
            name="Partner",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=200)),
                (
                    "slug",
                    models.SlugField(
                        help_text="Short name used in commands and addresses.",
                        max_length=60,
                        unique=True,
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[("active", "Active"), ("suspended", "Suspended")],
                        default="active",
                        max_length=10,
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False
                    ),
                ),
                (
                    "requires_factor",
                    models.BooleanField(
                        db_default=False,
                        default=False,
                        help_text="Members without a second factor are led to set one up, and see nothing else.",
                        verbose_name="second factor required",
                    ),
                ),
            ],
            options={
                "ordering": ("name", "id"),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ("active", "suspended"))),
                        name="partners_partner_status_known",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Environment",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "mode",
                    models.CharField(
                        choices=[("live", "Live"), ("sandbox", "Sandbox")], max_length=7
                    ),
                ),
                (
                    "clock_offset",
                    models.DurationField(
                        default=datetime.timedelta(0),
                        help_text="How far a sandbox's clock runs ahead.",
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False
                    ),
                ),
                (
                    "partner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="environments",
                        to="partners.partner",
                    ),
                ),
                (
                    "clock_moved_at",
                    models.DateTimeField(
                        editable=False, help_text="When, in real time, it last jumped.", null=True
                    ),
                ),
                (
                    "retired_at",
                    models.DateTimeField(
                        editable=False,
                        help_text="When another took this sandbox's place.",
                        null=True,
                    ),
                ),
                (
                    "calls_per_minute",
                    models.PositiveIntegerField(
                        help_text="Reads, and as many writes, in place of the platform's limits; empty: the platform's.",
                        null=True,
                    ),
                ),
                (
                    "cap_per_day",
                    models.DecimalField(
                        decimal_places=2,
                        help_text="USD of live sales in a UTC day, in place of the platform's cap; empty: the platform's.",
                        max_digits=12,
                        null=True,
                    ),
                ),
            ],
            options={
                "ordering": ("partner_id", "mode"),
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("retired_at", None)),
                        fields=("partner", "mode"),
                        name="partners_environment_one_per_mode",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("mode", "sandbox"), ("retired_at", None), _connector="OR"
                        ),
                        name="partners_environment_live_is_never_retired",
                    ),
                    models.UniqueConstraint(
                        fields=("id", "mode"), name="partners_environment_id_mode"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("mode__in", ("live", "sandbox"))),
                        name="partners_environment_mode_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("mode", "sandbox"),
                            ("clock_offset", datetime.timedelta(0)),
                            _connector="OR",
                        ),
                        name="partners_environment_live_clock_is_real",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("calls_per_minute__gte", 1), ("calls_per_minute__lte", 1000000)
                        ),
                        name="partners_environment_calls_bounds",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("cap_per_day__gt", 0), ("cap_per_day__lt", Decimal("1000000000"))
                        ),
                        name="partners_environment_cap_bounds",
                        violation_error_message="Enter an amount above 0 and below 1,000,000,000 USD.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("mode", "live"), ("cap_per_day", None), _connector="OR"
                        ),
                        name="partners_environment_sandbox_has_no_cap",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="User",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("password", models.CharField(max_length=128, verbose_name="password")),
                (
                    "last_login",
                    models.DateTimeField(blank=True, null=True, verbose_name="last login"),
                ),
                (
                    "is_superuser",
                    models.BooleanField(
                        default=False,
                        help_text="Designates that this user has all permissions without explicitly assigning them.",
                        verbose_name="superuser status",
                    ),
                ),
                (
                    "first_name",
                    models.CharField(blank=True, max_length=150, verbose_name="first name"),
                ),
                (
                    "last_name",
                    models.CharField(blank=True, max_length=150, verbose_name="last name"),
                ),
                (
                    "is_staff",
                    models.BooleanField(
                        default=False,
                        help_text="Designates whether the user can log into this admin site.",
                        verbose_name="staff status",
                    ),
                ),
                (
                    "is_active",
                    models.BooleanField(
                        default=True,
                        help_text="Designates whether this user should be treated as active. Unselect this instead of deleting accounts.",
                        verbose_name="active",
                    ),
                ),
                (
                    "date_joined",
                    models.DateTimeField(
                        default=django.utils.timezone.now, verbose_name="date joined"
                    ),
                ),
                (
                    "email",
                    models.EmailField(max_length=254, unique=True, verbose_name="e-mail address"),
                ),
                (
                    "groups",
                    models.ManyToManyField(
                        blank=True,
                        help_text="The groups this user belongs to. A user will get all permissions granted to each of their groups.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.group",
                        verbose_name="groups",
                    ),
                ),
                (
                    "user_permissions",
                    models.ManyToManyField(
                        blank=True,
                        help_text="Specific permissions for this user.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.permission",
                        verbose_name="user permissions",
                    ),
                ),
            ],
            options={
                "ordering": ("email",),
                "constraints": [
                    models.UniqueConstraint(
                        django.db.models.functions.text.Lower("email"),
                        name="partners_user_email_any_case",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Membership",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("viewer", "Viewer"),
                            ("operator", "Operator"),
                            ("owner", "Owner"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="memberships",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "partner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="memberships",
                        to="partners.partner",
                    ),
                ),
            ],
            options={
                "ordering": ("partner_id", "user_id"),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("user", "partner"), name="partners_membership_once_per_partner"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("role__in", ("viewer", "operator", "owner"))),
                        name="partners_membership_role_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ApiKey",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=100)),
                ("key_id", models.CharField(editable=False, max_length=16, unique=True)),
                ("digest", models.BinaryField(max_length=32)),
                ("last_four", models.CharField(editable=False, max_length=4)),
                (
                    "scopes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40),
                        blank=True,
                        default=list,
                        help_text="Empty: every scope.",
                        size=None,
                    ),
                ),
                (
                    "created_by",
                    models.CharField(editable=False, help_text="Who made it.", max_length=300),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False
                    ),
                ),
                ("last_used_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("expires_at", models.DateTimeField(blank=True, null=True)),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
                (
                    "environment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="api_keys",
                        to="partners.environment",
                    ),
                ),
                (
                    "replaced_by",
                    models.OneToOneField(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="replaces",
                        to="partners.apikey",
                    ),
                ),
            ],
            options={
                "verbose_name": "API key",
                "ordering": ("-created_at", "-id"),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "scopes__contained_by",
                                ["inventory:read", "buyback:write", "purchase:write", "ship:write"],
                            )
                        ),
                        name="partners_apikey_scopes_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("replaced_by", None),
                            models.Q(
                                ("expires_at__isnull", False),
                                models.Q(("replaced_by", models.F("id")), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="partners_apikey_replaced_ends",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ApiCall",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("method", models.CharField(max_length=10)),
                ("path", models.TextField()),
                ("status", models.PositiveSmallIntegerField()),
                (
                    "microseconds",
                    models.PositiveIntegerField(help_text="How long the answer took."),
                ),
                ("request_id", models.CharField(max_length=128)),
                ("sent", models.TextField()),
                ("answered", models.TextField()),
                ("created_at", models.DateTimeField()),
                (
                    "environment",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="partners.environment",
                    ),
                ),
                (
                    "key",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="partners.apikey",
                    ),
                ),
            ],
            options={
                "verbose_name": "API call",
                "ordering": ("-created_at", "-id"),
                "indexes": [
                    models.Index(
                        fields=["environment", "-created_at", "-id"], name="partners_apicall_newest"
                    ),
                    models.Index(
                        condition=models.Q(("status__gte", 400)),
                        fields=["environment", "-created_at", "-id"],
                        name="partners_apicall_unsuccessful",
                    ),
                    models.Index(
                        fields=["environment", "request_id"], name="partners_apicall_request"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="LostCalls",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("day", models.DateField()),
                ("calls", models.PositiveIntegerField()),
                (
                    "environment",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="partners.environment",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "lost calls",
                "ordering": ("environment", "day"),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("environment", "day"), name="partners_lostcalls_once_a_day"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("calls__gt", 0)), name="partners_lostcalls_some"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Invitation",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("email", models.EmailField(max_length=254, verbose_name="e-mail address")),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("viewer", "Viewer"),
                            ("operator", "Operator"),
                            ("owner", "Owner"),
                        ],
                        max_length=10,
                    ),
                ),
                ("digest", models.BinaryField(max_length=32, unique=True)),
                ("created_by", models.CharField(editable=False, max_length=300)),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False
                    ),
                ),
                ("expires_at", models.DateTimeField()),
                ("accepted_at", models.DateTimeField(null=True)),
                ("withdrawn_at", models.DateTimeField(null=True)),
                (
                    "partner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="invitations",
                        to="partners.partner",
                    ),
                ),
            ],
            options={
                "ordering": ("-id",),
                "constraints": [
                    models.UniqueConstraint(
                        models.F("partner"),
                        models.F("email"),
                        condition=models.Q(("accepted_at", None), ("withdrawn_at", None)),
                        name="partners_invitation_one_open",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("role__in", ("viewer", "operator", "owner"))),
                        name="partners_invitation_role_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("accepted_at", None), ("withdrawn_at", None), _connector="OR"
                        ),
                        name="partners_invitation_ends_once",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Event",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        db_default=models.Func(function="uuidv7", output_field=models.UUIDField()),
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "type",
                    models.CharField(
                        choices=[
                            ("item.pulled", "Item pulled"),
                            ("item.expired", "Window closed"),
                            ("item.window_changed", "Window changed by hand"),
                            ("buyback.completed", "Sold back"),
                            ("buyback.failed", "Sellback failed"),
                            ("shipment.updated", "Shipment updated"),
                        ],
                        max_length=40,
                    ),
                ),
                ("data", models.JSONField()),
                ("created_at", models.DateTimeField()),
                (
                    "environment",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="events",
                        to="partners.environment",
                    ),
                ),
            ],
            options={
                "ordering": ("-created_at", "-id"),
                "indexes": [
                    models.Index(
                        fields=["environment", "-created_at", "-id"], name="partners_event_newest"
                    ),
                    models.Index(
                        condition=models.Q(
                            ("type__in", ("item.pulled", "buyback.completed")), _negated=True
                        ),
                        fields=["environment", "type", "-created_at", "-id"],
                        name="partners_event_by_type",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="AuditEntry",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        db_default=models.Func(function="uuidv7", output_field=models.UUIDField()),
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("actor", models.CharField(max_length=300)),
                ("action", models.CharField(max_length=60)),
                ("target", models.CharField(max_length=300)),
                ("before", models.JSONField(null=True)),
                ("after", models.JSONField(null=True)),
                ("request_id", models.CharField(blank=True, max_length=128)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
                (
                    "partner",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="partners.partner",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "audit entries",
                "ordering": ("-created_at", "-id"),
                "indexes": [
                    models.Index(fields=["-created_at", "-id"], name="partners_audit_newest"),
                    models.Index(
                        fields=["partner", "-created_at", "-id"], name="partners_audit_of_partner"
                    ),
                    models.Index(fields=["target", "-created_at"], name="partners_audit_of_a_row"),
                    models.Index(fields=["actor", "-created_at"], name="partners_audit_by_actor"),
                    models.Index(fields=["action", "-created_at"], name="partners_audit_by_action"),
                    models.Index(fields=["request_id"], name="partners_audit_by_request"),
                ],
            },
        ),
        migrations.CreateModel(
            name="IdempotencyKey",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("key", models.CharField(max_length=255)),
                ("fingerprint", models.BinaryField(max_length=32)),
                ("status", models.PositiveSmallIntegerField(null=True)),
                ("body", models.BinaryField(null=True)),
                ("subject", models.UUIDField(null=True)),
                ("lease_until", models.DateTimeField(null=True)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
                (
                    "environment",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="partners.environment",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["created_at"], name="partners_idempotencykey_age"),
                    models.Index(
                        condition=models.Q(("subject__isnull", False)),
                        fields=["subject"],
                        name="partners_idempotencykey_made",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("environment", "key"), name="partners_idempotencykey_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("body", None), ("lease_until__isnull", False), ("status", None)
                            ),
                            models.Q(("body__isnull", False), ("status__isnull", False)),
                            _connector="OR",
                        ),
                        name="partners_idempotencykey_answered_or_at_work",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SavedView",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("page", models.SlugField(db_index=False, max_length=40)),
                ("name", models.CharField(max_length=60)),
                ("query", models.CharField(blank=True, max_length=1000)),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False
                    ),
                ),
                (
                    "environment",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="partners.environment",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="saved_views",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ("name", "id"),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("user", "environment", "page", "name"),
                        name="partners_savedview_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("name__regex", "\\S"), models.Q(("page", ""), _negated=True)
                        ),
                        name="partners_savedview_named",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="environment",
            trigger=pgtrigger.compiler.Trigger(
                name="retired_for_good",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."retired_at" IS NOT NULL)',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="9498d33fb9be1893e28a9beee96fa9f2f3b64e6b",
                    operation="UPDATE",
                    pgid="pgtrigger_retired_for_good_11b70",
                    table="partners_environment",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="environment",
            trigger=pgtrigger.compiler.Trigger(
                name="clock_only_forward",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."clock_offset" IS DISTINCT FROM (NEW."clock_offset"))',
                    func="\n                    IF NEW.clock_offset < OLD.clock_offset THEN\n                        RAISE EXCEPTION 'a clock only moves forward' USING ERRCODE = 'check_violation';\n                    END IF;\n                    NEW.clock_moved_at = clock_timestamp();\n                    RETURN NEW;\n                ",
                    hash="82f6bdb03edd4037ee6fc2546ae31f23eea729fd",
                    operation="UPDATE",
                    pgid="pgtrigger_clock_only_forward_5c2b4",
                    table="partners_environment",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="event",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="d29835a5447224fe0a17cf9a7a1a5210a219f2b7",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_52045",
                    table="partners_event",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="event",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'this table is append-only';",
                    hash="711f1c309b8cbae3f9c2c98e7ceefbbe24671b6a",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_064f0",
                    table="partners_event",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="auditentry",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="c1f8ee367c7684eb3fcc577177ccc58c089eae3e",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_1cd98",
                    table="partners_auditentry",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="auditentry",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'this table is append-only';",
                    hash="a39fec94fdaa679e8ec05b75bdf3de02eb96692e",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_e7949",
                    table="partners_auditentry",
                    when="BEFORE",
                ),
            ),
        ),
    ]

"""The money: the tables, and the groups of Phygitals' own people. Takes the place of twelve earlier
migrations.
"""

from decimal import Decimal
from typing import Any

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.comparison
import django.db.models.functions.datetime
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.contrib.auth.management import create_permissions
from django.db import migrations, models

# The foreign keys over several columns, by model; see partners/models/constraints.py.
COMPOSITE_KEYS = (
    ("buyback", "buyback_buyback_item_same_env"),
    ("transfer", "buyback_transfer_amount_is_the_sales"),
    ("payout", "buyback_payout_amount_is_the_sales"),
    ("payout", "buyback_payout_collector_same_env"),
    ("bulkline", "buyback_bulkline_bulk_same_env"),
    ("bulkline", "buyback_bulkline_item_same_env"),
    ("bulkline", "buyback_bulkline_sold_as_shown"),
    ("reversal", "buyback_reversal_amount_is_the_sales"),
    ("reversal", "buyback_reversal_was_paid_out"),
)
ADD_COMPOSITE_KEYS = """
ALTER TABLE buyback_buyback ADD CONSTRAINT buyback_buyback_item_same_env
    FOREIGN KEY (environment_id, item_id)
    REFERENCES inventory_item (environment_id, id);
ALTER TABLE buyback_transfer ADD CONSTRAINT buyback_transfer_amount_is_the_sales
    FOREIGN KEY (environment_id, buyback_id, amount)
    REFERENCES buyback_buyback (environment_id, id, amount);
ALTER TABLE buyback_payout ADD CONSTRAINT buyback_payout_amount_is_the_sales
    FOREIGN KEY (environment_id, buyback_id, amount)
    REFERENCES buyback_buyback (environment_id, id, amount);
ALTER TABLE buyback_payout ADD CONSTRAINT buyback_payout_collector_same_env
    FOREIGN KEY (environment_id, collector_id)
    REFERENCES inventory_collector (environment_id, id);
ALTER TABLE buyback_bulkline ADD CONSTRAINT buyback_bulkline_bulk_same_env
    FOREIGN KEY (environment_id, bulk_id)
    REFERENCES buyback_bulksale (environment_id, id);
ALTER TABLE buyback_bulkline ADD CONSTRAINT buyback_bulkline_item_same_env
    FOREIGN KEY (environment_id, item_id)
    REFERENCES inventory_item (environment_id, id);
ALTER TABLE buyback_bulkline ADD CONSTRAINT buyback_bulkline_sold_as_shown
    FOREIGN KEY (environment_id, buyback_id, amount)
    REFERENCES buyback_buyback (environment_id, id, amount);
ALTER TABLE buyback_reversal ADD CONSTRAINT buyback_reversal_amount_is_the_sales
    FOREIGN KEY (environment_id, buyback_id, amount)
    REFERENCES buyback_buyback (environment_id, id, amount);
ALTER TABLE buyback_reversal ADD CONSTRAINT buyback_reversal_was_paid_out
    FOREIGN KEY (buyback_id)
    REFERENCES buyback_payout (buyback_id);
"""
DROP_COMPOSITE_KEYS = "".join(
    f"ALTER TABLE buyback_{model} DROP CONSTRAINT {name};" for model, name in COMPOSITE_KEYS
)

# What Phygitals' own people may do, by group. A superuser adds people to them. Whatever is in no
# group is closed to all but superusers.
#
# Everything there is to look at, but people's accounts and their rights:
LOOKS = (
    "partners.view_partner",
    "partners.view_environment",
    "partners.view_apikey",
    "partners.view_membership",
    "partners.view_invitation",
    "partners.view_event",
    "partners.view_auditentry",
    "partners.view_idempotencykey",
    "inventory.view_pack",
    "inventory.view_tier",
    "inventory.view_card",
    "inventory.view_collector",
    "inventory.view_purchase",
    "inventory.view_item",
    "inventory.view_shippingorder",
    "inventory.view_shippeditem",
    "buyback.view_buyback",
    "buyback.view_payout",
    "buyback.view_transfer",
    "buyback.view_statement",
    "buyback.view_proposal",
    "buyback.view_reversal",
    "buyback.view_spend",
    "buyback.view_alert",
    "buyback.view_treasurycontrol",
)
GROUPS: dict[str, tuple[str, ...]] = {
    "support": LOOKS,
    # Packs, the vault, partners with their keys and teams, the windows of what users hold, and its
    # shipping.
    "operations": (
        *LOOKS,
        "partners.add_partner",
        "partners.change_partner",
        "partners.add_apikey",
        "partners.change_apikey",
        "partners.add_membership",
        "partners.change_membership",
        "partners.delete_membership",
        "inventory.add_pack",
        "inventory.change_pack",
        "inventory.add_tier",
        "inventory.change_tier",
        "inventory.delete_tier",
        "inventory.add_card",
        "inventory.change_card",
        "inventory.set_window",
        "inventory.fulfil_order",
    ),
    # What two people decide, the kill switch and the caps, alerts, and the check of the books.
    "treasury": (
        *LOOKS,
        "buyback.resolve_review",
        "buyback.reverse_payout",
        "buyback.check_ledger",
        "buyback.change_treasurycontrol",
        "buyback.change_alert",
    ),
}


def write_groups(apps: Any, schema_editor: Any) -> None:
    """Make the groups. Django makes the permissions after all migrations, which is too late."""
    for label in ("partners", "inventory", "buyback"):
        config = apps.get_app_config(label)
        config.models_module = True
        create_permissions(config, apps=apps, verbosity=0)
        config.models_module = None
    permissions = apps.get_model("auth", "Permission").objects
    for name, rights in GROUPS.items():
        group, _ = apps.get_model("auth", "Group").objects.get_or_create(name=name)
        pairs = [right.split(".") for right in rights]
        group.permissions.set(
            permissions.get(content_type__app_label=app, codename=code) for app, code in pairs
        )


class Migration(migrations.Migration):
    initial = True

    replaces = [
        ("buyback", "0001_initial"),
        ("buyback", "0002_tenant_keys"),
        ("buyback", "0003_trail_of_moves"),
        ("buyback", "0004_statements"),
        ("buyback", "0005_whom_a_sale_was_submitted_to"),
        ("buyback", "0006_reversals"),
        ("buyback", "0007_staff_groups"),
        ("buyback", "0008_standing"),
        ("buyback", "0009_bulk_sales"),
        ("buyback", "0010_more_that_staff_may_see"),
        ("buyback", "0011_the_treasury_contradicts_itself"),
        ("buyback", "0012_alerts_by_subject"),
    ]

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("partners", "0001_squashed_0016"),
        ("inventory", "0001_squashed_0013"),
    ]

    operations = [
        migrations.CreateModel(
            name="Buyback",
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
                    "state",
                    models.CharField(
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
                (
                    "fmv",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        help_text="USD, as the sale was priced.",
                        max_digits=12,
                        null=True,
                        verbose_name="market value",
                    ),
                ),
                ("buyback_percent", models.DecimalField(decimal_places=4, max_digits=5)),
                (
                    "mint_price",
                    models.DecimalField(
                        decimal_places=2, max_digits=12, verbose_name="price of the pull"
                    ),
                ),
                ("voucher", models.BooleanField(default=False)),
                (
                    "priced_at",
                    models.DateTimeField(
                        blank=True, help_text="When the market value was set.", null=True
                    ),
                ),
                (
                    "amount",
                    models.DecimalField(blank=True, decimal_places=2, max_digits=12, null=True),
                ),
                (
                    "requested_by",
                    models.CharField(
                        help_text="Who asked: a key, a member, or the system.", max_length=300
                    ),
                ),
                ("failure_reason", models.CharField(blank=True, max_length=100)),
                ("created_at", models.DateTimeField()),
                (
                    "submitted_at",
                    models.DateTimeField(
                        blank=True, help_text="When the treasury was first asked.", null=True
                    ),
                ),
                ("lease_until", models.DateTimeField(blank=True, null=True)),
                ("completed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "environment",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="buybacks",
                        to="partners.environment",
                    ),
                ),
                (
                    "item",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="buybacks",
                        to="inventory.item",
                    ),
                ),
                (
                    "counted_in",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40),
                        db_default=[],
                        default=list,
                        editable=False,
                        size=None,
                    ),
                ),
                (
                    "reference",
                    models.CharField(
                        blank=True,
                        db_default="",
                        help_text="What the treasury knows it by.",
                        max_length=60,
                    ),
                ),
                (
                    "treasury",
                    models.CharField(
                        blank=True,
                        db_default="",
                        help_text="Whom it was submitted to, by address; none other is asked. Empty: we settle it ourselves.",
                        max_length=200,
                    ),
                ),
            ],
            options={
                "ordering": ("-created_at", "-id"),
                "permissions": (
                    ("resolve_review", "Can reconcile open sellbacks and resolve those in review"),
                ),
                "indexes": [
                    models.Index(
                        fields=["environment", "-created_at", "-id"], name="buyback_buyback_newest"
                    ),
                    models.Index(fields=["item", "-created_at"], name="buyback_buyback_by_item"),
                    models.Index(
                        condition=models.Q(
                            ("state__in", ("claimed", "submitted", "unknown", "review"))
                        ),
                        fields=["lease_until"],
                        name="buyback_buyback_unresolved",
                    ),
                    models.Index(
                        condition=models.Q(
                            ("state__in", ("claimed", "submitted", "unknown", "review", "failed"))
                        ),
                        fields=["state", "-id"],
                        name="buyback_buyback_not_settled",
                    ),
                    models.Index(
                        condition=models.Q(("state", "settled"), _negated=True),
                        fields=["environment", "state", "-created_at", "-id"],
                        name="buyback_buyback_by_state",
                    ),
                    models.Index(
                        condition=models.Q(("state", "failed")),
                        fields=["environment", "completed_at"],
                        name="buyback_buyback_failed",
                    ),
                    models.Index(
                        condition=models.Q(("requested_by__startswith", "user:")),
                        fields=["environment", "requested_by", "-created_at", "-id"],
                        name="buyback_buyback_by_member",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "settled")),
                        fields=("item",),
                        name="buyback_buyback_one_settled_per_item",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(
                            ("state__in", ("claimed", "submitted", "unknown", "review"))
                        ),
                        fields=("item",),
                        name="buyback_buyback_one_open_per_item",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "state__in",
                                ("claimed", "submitted", "settled", "failed", "unknown", "review"),
                            )
                        ),
                        name="buyback_buyback_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("fmv__gt", 0), ("fmv__lt", Decimal("1000000000"))),
                        name="buyback_buyback_fmv_bounds",
                        violation_error_message="Enter an amount above 0 and below 1,000,000,000 USD.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("mint_price__gt", 0), ("mint_price__lt", Decimal("1000000000"))
                        ),
                        name="buyback_buyback_mint_price_bounds",
                        violation_error_message="Enter an amount above 0 and below 1,000,000,000 USD.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("amount__gt", 0), ("amount__lt", Decimal("1000000000"))
                        ),
                        name="buyback_buyback_amount_bounds",
                        violation_error_message="Enter an amount above 0 and below 1,000,000,000 USD.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("buyback_percent__gt", 0), ("buyback_percent__lte", 1)),
                        name="buyback_buyback_percent_bounds",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "amount",
                                models.Case(
                                    models.When(
                                        then=django.db.models.functions.comparison.Greatest(
                                            models.F("mint_price"),
                                            models.Func(
                                                django.db.models.expressions.CombinedExpression(
                                                    models.F("fmv"),
                                                    "*",
                                                    models.F("buyback_percent"),
                                                ),
                                                output_field=models.DecimalField(
                                                    decimal_places=2, max_digits=12
                                                ),
                                                template="round(%(expressions)s, 2)",
                                            ),
                                        ),
                                        voucher=True,
                                    ),
                                    default=models.Func(
                                        django.db.models.expressions.CombinedExpression(
                                            models.F("fmv"), "*", models.F("buyback_percent")
                                        ),
                                        output_field=models.DecimalField(
                                            decimal_places=2, max_digits=12
                                        ),
                                        template="round(%(expressions)s, 2)",
                                    ),
                                ),
                            )
                        ),
                        name="buyback_buyback_amount_recomputes",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("completed_at__isnull", False),
                                ("state__in", ("settled", "failed")),
                            ),
                            models.Q(
                                models.Q(("state__in", ("settled", "failed")), _negated=True),
                                ("completed_at", None),
                            ),
                            _connector="OR",
                        ),
                        name="buyback_buyback_completed_has_its_time",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ("claimed", "failed")),
                            models.Q(
                                ("amount__isnull", False),
                                ("fmv__isnull", False),
                                ("priced_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="buyback_buyback_priced_before_money",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("lease_until__isnull", False),
                                ("state__in", ("claimed", "submitted", "unknown", "review")),
                            ),
                            models.Q(
                                models.Q(
                                    ("state__in", ("claimed", "submitted", "unknown", "review")),
                                    _negated=True,
                                ),
                                ("lease_until", None),
                            ),
                            _connector="OR",
                        ),
                        name="buyback_buyback_open_has_a_lease",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("reference", ""), ("treasury", "")),
                            models.Q(
                                models.Q(("treasury", ""), _negated=True),
                                models.Q(("reference", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="buyback_buyback_treasury_has_a_reference",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("reference", ""), _negated=True),
                        fields=("reference",),
                        name="buyback_buyback_reference_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("state__in", ("submitted", "unknown", "review")), _negated=True
                            ),
                            ("submitted_at__isnull", False),
                            _connector="OR",
                        ),
                        name="buyback_buyback_submitted_has_its_time",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Transfer",
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
                    "debit",
                    models.CharField(
                        choices=[
                            ("treasury", "Treasury"),
                            ("in_flight", "In flight"),
                            ("paid_out", "Paid out"),
                        ],
                        max_length=9,
                        verbose_name="from",
                    ),
                ),
                (
                    "credit",
                    models.CharField(
                        choices=[
                            ("treasury", "Treasury"),
                            ("in_flight", "In flight"),
                            ("paid_out", "Paid out"),
                        ],
                        max_length=9,
                        verbose_name="to",
                    ),
                ),
                ("amount", models.DecimalField(decimal_places=2, max_digits=12)),
                ("created_at", models.DateTimeField()),
                (
                    "buyback",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="transfers",
                        to="buyback.buyback",
                    ),
                ),
                (
                    "environment",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="transfers",
                        to="partners.environment",
                    ),
                ),
            ],
            options={
                "ordering": ("-created_at", "-id"),
                "permissions": (("check_ledger", "Can check every rule of the ledger"),),
                "indexes": [
                    models.Index(
                        fields=["environment", "-created_at", "-id"], name="buyback_transfer_newest"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("buyback", "debit", "credit"), name="buyback_transfer_once"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("credit", "paid_out")),
                        fields=("buyback",),
                        name="buyback_transfer_paid_out_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("amount__gt", 0), ("amount__lt", Decimal("1000000000"))
                        ),
                        name="buyback_transfer_amount_bounds",
                        violation_error_message="Enter an amount above 0 and below 1,000,000,000 USD.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("debit", models.F("credit")), _negated=True),
                        name="buyback_transfer_two_accounts",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("credit__in", ("treasury", "in_flight", "paid_out")),
                            ("debit__in", ("treasury", "in_flight", "paid_out")),
                        ),
                        name="buyback_transfer_account_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("debit", "paid_out"), _negated=True),
                            ("credit", "treasury"),
                            _connector="OR",
                        ),
                        name="buyback_transfer_back_to_the_treasury",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Payout",
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
                ("amount", models.DecimalField(decimal_places=2, max_digits=12)),
                (
                    "state",
                    models.CharField(
                        choices=[("pending", "Pending"), ("paid", "Paid"), ("failed", "Failed")],
                        max_length=7,
                    ),
                ),
                ("created_at", models.DateTimeField()),
                ("paid_at", models.DateTimeField(blank=True, null=True)),
                (
                    "buyback",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="payout",
                        to="buyback.buyback",
                    ),
                ),
                (
                    "collector",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="payouts",
                        to="inventory.collector",
                    ),
                ),
                (
                    "environment",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="payouts",
                        to="partners.environment",
                    ),
                ),
            ],
            options={
                "ordering": ("-created_at", "-id"),
                "indexes": [
                    models.Index(
                        fields=["environment", "-created_at", "-id"], name="buyback_payout_newest"
                    ),
                    models.Index(
                        fields=["collector", "-created_at", "-id"], name="buyback_payout_by_user"
                    ),
                    models.Index(
                        condition=models.Q(("state", "paid"), _negated=True),
                        fields=["environment", "state", "-created_at", "-id"],
                        name="buyback_payout_by_state",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("amount__gt", 0), ("amount__lt", Decimal("1000000000"))
                        ),
                        name="buyback_payout_amount_bounds",
                        violation_error_message="Enter an amount above 0 and below 1,000,000,000 USD.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ("pending", "paid", "failed"))),
                        name="buyback_payout_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("paid_at__isnull", False), ("state", "paid")),
                            models.Q(models.Q(("state", "paid"), _negated=True), ("paid_at", None)),
                            _connector="OR",
                        ),
                        name="buyback_payout_paid_has_its_time",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="BulkSale",
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
                ("token", models.UUIDField()),
                (
                    "requested_by",
                    models.CharField(help_text="The member who confirmed it.", max_length=300),
                ),
                ("created_at", models.DateTimeField()),
                (
                    "cancelled_by",
                    models.CharField(
                        blank=True, help_text="Who stopped the lines not begun yet.", max_length=300
                    ),
                ),
                ("cancelled_at", models.DateTimeField(blank=True, null=True)),
                (
                    "environment",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="bulk_sales",
                        to="partners.environment",
                    ),
                ),
            ],
            options={
                "ordering": ("-created_at", "-id"),
                "indexes": [
                    models.Index(
                        fields=["environment", "-created_at", "-id"], name="buyback_bulksale_newest"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("environment", "token"), name="buyback_bulksale_once"
                    ),
                    models.UniqueConstraint(
                        fields=("environment", "id"), name="buyback_bulksale_tenant"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("cancelled_at", None), ("cancelled_by", "")),
                            models.Q(
                                models.Q(("cancelled_by", ""), _negated=True),
                                ("cancelled_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="buyback_bulksale_cancelled_by_somebody",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="BulkLine",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("amount", models.DecimalField(decimal_places=2, max_digits=12)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("pending", "Waiting"),
                            ("selling", "Being sold"),
                            ("unknown", "In progress"),
                            ("sold", "Sold back"),
                            ("refused", "Not sold"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="pending",
                        max_length=9,
                    ),
                ),
                (
                    "reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("expired", "The window had closed"),
                            ("not_found", "The user no longer held it"),
                            ("in_progress", "An earlier sale was unresolved"),
                            ("failed", "The payment did not go through"),
                            ("price_changed", "The price had changed"),
                        ],
                        max_length=13,
                    ),
                ),
                ("lease_until", models.DateTimeField(blank=True, null=True)),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "buyback",
                    models.OneToOneField(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="bulk_line",
                        to="buyback.buyback",
                    ),
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
                (
                    "item",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="inventory.item",
                    ),
                ),
                (
                    "bulk",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="lines",
                        to="buyback.bulksale",
                    ),
                ),
            ],
            options={
                "ordering": ("id",),
                "indexes": [
                    models.Index(fields=["bulk", "state", "id"], name="buyback_bulkline_progress"),
                    models.Index(
                        condition=models.Q(("state__in", ("pending", "selling", "unknown"))),
                        fields=["bulk"],
                        name="buyback_bulkline_open",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("bulk", "item"), name="buyback_bulkline_item_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("amount__gt", 0), ("amount__lt", Decimal("1000000000"))
                        ),
                        name="buyback_bulkline_amount_bounds",
                        violation_error_message="Enter an amount above 0 and below 1,000,000,000 USD.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "state__in",
                                ("pending", "selling", "unknown", "sold", "refused", "cancelled"),
                            )
                        ),
                        name="buyback_bulkline_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(models.Q(("state", "refused"), _negated=True), ("reason", "")),
                            models.Q(
                                (
                                    "reason__in",
                                    (
                                        "expired",
                                        "not_found",
                                        "in_progress",
                                        "failed",
                                        "price_changed",
                                    ),
                                ),
                                ("state", "refused"),
                            ),
                            _connector="OR",
                        ),
                        name="buyback_bulkline_refused_has_a_reason",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("buyback__isnull", False), ("state__in", ("sold", "unknown"))
                            ),
                            models.Q(
                                models.Q(
                                    ("state__in", ("sold", "unknown", "refused")), _negated=True
                                ),
                                ("buyback", None),
                            ),
                            ("state", "refused"),
                            _connector="OR",
                        ),
                        name="buyback_bulkline_sold_names_its_sale",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("lease_until__isnull", False),
                                ("state__in", ("selling", "unknown")),
                            ),
                            models.Q(
                                models.Q(("state__in", ("selling", "unknown")), _negated=True),
                                ("lease_until", None),
                            ),
                            _connector="OR",
                        ),
                        name="buyback_bulkline_at_work_has_a_lease",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("closed_at", None),
                                ("state__in", ("pending", "selling", "unknown")),
                            ),
                            models.Q(
                                models.Q(
                                    ("state__in", ("pending", "selling", "unknown")), _negated=True
                                ),
                                ("closed_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="buyback_bulkline_closed_has_its_time",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Proposal",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "outcome",
                    models.CharField(
                        choices=[("settled", "It was paid"), ("failed", "It was not paid")],
                        max_length=7,
                    ),
                ),
                ("reason", models.CharField(max_length=500)),
                ("proposed_by", models.CharField(max_length=300)),
                ("confirmed_by", models.CharField(blank=True, max_length=300)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
                ("confirmed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "buyback",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="proposal",
                        to="buyback.buyback",
                    ),
                ),
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
                        name="buyback_proposal_has_a_reason",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("confirmed_by", models.F("proposed_by")), _negated=True
                        ),
                        name="buyback_proposal_two_people",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("confirmer", models.F("proposer")), _negated=True),
                        name="buyback_proposal_two_accounts",
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
                        name="buyback_proposal_confirmed_by_somebody",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("outcome__in", ("settled", "failed"))),
                        name="buyback_proposal_outcome_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Reversal",
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
                ("amount", models.DecimalField(decimal_places=2, max_digits=12)),
                (
                    "buyback",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reversal",
                        to="buyback.buyback",
                    ),
                ),
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
                    "environment",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reversals",
                        to="partners.environment",
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
                "ordering": ("-id",),
                "permissions": (
                    ("reverse_payout", "Can propose and confirm that a payout was recovered"),
                ),
                "abstract": False,
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True),
                        name="buyback_reversal_has_a_reason",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("confirmed_by", models.F("proposed_by")), _negated=True
                        ),
                        name="buyback_reversal_two_people",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("confirmer", models.F("proposer")), _negated=True),
                        name="buyback_reversal_two_accounts",
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
                        name="buyback_reversal_confirmed_by_somebody",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("amount__gt", 0), ("amount__lt", Decimal("1000000000"))
                        ),
                        name="buyback_reversal_amount_bounds",
                        violation_error_message="Enter an amount above 0 and below 1,000,000,000 USD.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Exposure",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "closes",
                    models.CharField(
                        choices=[
                            ("1d", "24 h"),
                            ("3d", "3 days"),
                            ("7d", "7 days"),
                            ("30d", "30 days"),
                            ("later", "later"),
                            ("never", "never"),
                        ],
                        max_length=5,
                        null=True,
                    ),
                ),
                ("items", models.PositiveBigIntegerField()),
                ("amount", models.DecimalField(decimal_places=2, max_digits=16)),
                ("as_of", models.DateTimeField()),
                (
                    "pack",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="inventory.pack",
                    ),
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
                "constraints": [
                    models.UniqueConstraint(
                        fields=("pack", "partner", "closes"),
                        name="buyback_exposure_once",
                        nulls_distinct=False,
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("closes", None), ("pack", None), ("partner", None)),
                            models.Q(
                                ("closes__in", ("1d", "3d", "7d", "30d", "later", "never")),
                                ("closes__isnull", False),
                                ("pack__isnull", False),
                                ("partner__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="buyback_exposure_of_a_pack_or_of_all",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PaidHour",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("starts_at", models.DateTimeField()),
                ("paid", models.PositiveBigIntegerField()),
                ("amount", models.DecimalField(decimal_places=2, max_digits=16)),
                ("failed", models.PositiveBigIntegerField()),
                (
                    "partner",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="partners.partner",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("partner", "starts_at"), name="buyback_paidhour_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="TreasuryControl",
            fields=[
                (
                    "id",
                    models.PositiveSmallIntegerField(
                        default=1, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "paused",
                    models.BooleanField(
                        default=False,
                        help_text="The kill switch: while it is set, no live sale is made.",
                    ),
                ),
                (
                    "cap_per_sale",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        help_text="USD; a dearer sale is declined.",
                        max_digits=12,
                        null=True,
                    ),
                ),
                (
                    "cap_per_partner_day",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        help_text="USD of one partner's live sales in a UTC day.",
                        max_digits=12,
                        null=True,
                    ),
                ),
                (
                    "cap_per_hour",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        help_text="USD of all live sales in a clock hour.",
                        max_digits=12,
                        null=True,
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "treasury control",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("id", 1)), name="buyback_treasurycontrol_one_row"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("cap_per_sale__gt", 0), ("cap_per_sale__lt", Decimal("1000000000"))
                        ),
                        name="buyback_treasurycontrol_sale_bounds",
                        violation_error_message="Enter an amount above 0 and below 1,000,000,000 USD.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("cap_per_partner_day__gt", 0),
                            ("cap_per_partner_day__lt", Decimal("1000000000")),
                        ),
                        name="buyback_treasurycontrol_day_bounds",
                        violation_error_message="Enter an amount above 0 and below 1,000,000,000 USD.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("cap_per_hour__gt", 0), ("cap_per_hour__lt", Decimal("1000000000"))
                        ),
                        name="buyback_treasurycontrol_hour_bounds",
                        violation_error_message="Enter an amount above 0 and below 1,000,000,000 USD.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Spend",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("scope", models.CharField(max_length=40)),
                ("starts_at", models.DateTimeField()),
                ("total", models.DecimalField(decimal_places=2, max_digits=16)),
                ("cap", models.DecimalField(decimal_places=2, max_digits=16)),
            ],
            options={
                "verbose_name_plural": "spend",
                "indexes": [models.Index(fields=["starts_at"], name="buyback_spend_by_start")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("scope", "starts_at"), name="buyback_spend_once_per_span"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("total__gte", 0), ("total__lte", models.F("cap"))),
                        name="buyback_spend_within_cap",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Alert",
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
                    "kind",
                    models.CharField(
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
                ("subject", models.CharField(max_length=200)),
                ("detail", models.CharField(blank=True, max_length=500)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
                ("seen_at", models.DateTimeField(blank=True, null=True)),
                (
                    "environment",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="partners.environment",
                    ),
                ),
            ],
            options={
                "ordering": ("-created_at", "-id"),
                "indexes": [
                    models.Index(fields=["-created_at", "-id"], name="buyback_alert_newest"),
                    models.Index(fields=["subject"], name="buyback_alert_by_subject"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("seen_at", None)),
                        fields=("kind", "subject"),
                        name="buyback_alert_once_until_seen",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Move",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "before",
                    models.CharField(
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
                (
                    "after",
                    models.CharField(
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
                ("answer", models.CharField(blank=True, max_length=100)),
                (
                    "by",
                    models.CharField(
                        blank=True,
                        help_text="Empty: the request that sells, or the reconciler.",
                        max_length=300,
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
                (
                    "buyback",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="moves",
                        to="buyback.buyback",
                    ),
                ),
            ],
            options={
                "ordering": ("buyback_id", "id"),
                "indexes": [models.Index(fields=["buyback", "id"], name="buyback_move_of_a_sale")],
            },
        ),
        migrations.CreateModel(
            name="Statement",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("day", models.DateField()),
                ("sold", models.PositiveIntegerField()),
                ("sold_amount", models.DecimalField(decimal_places=2, max_digits=16)),
                ("paid", models.PositiveIntegerField()),
                ("paid_amount", models.DecimalField(decimal_places=2, max_digits=16)),
                ("failed", models.PositiveIntegerField()),
                ("closed_at", models.DateTimeField(help_text="By the environment's own clock.")),
                (
                    "environment",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="statements",
                        to="partners.environment",
                    ),
                ),
            ],
            options={
                "ordering": ("-day",),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("environment", "day"), name="buyback_statement_once_a_day"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "day__lt",
                                models.Func(
                                    models.F("closed_at"),
                                    template="(%(expressions)s AT TIME ZONE 'UTC')::date",
                                ),
                            )
                        ),
                        name="buyback_statement_day_was_over",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("sold", models.F("paid")), ("sold_amount", models.F("paid_amount"))
                        ),
                        name="buyback_statement_paid_what_was_sold",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("sold", 0), ("sold_amount", 0)),
                            models.Q(("sold__gt", 0), ("sold_amount__gt", 0)),
                            _connector="OR",
                        ),
                        name="buyback_statement_amount_has_sales",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="buyback",
            trigger=pgtrigger.compiler.Trigger(
                name="allowed_moves",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    declare="DECLARE _is_valid_transition BOOLEAN;",
                    func='SELECT CONCAT(OLD."state", \':\', NEW."state") = ANY(\'{claimed:submitted,claimed:failed,submitted:settled,submitted:failed,submitted:unknown,unknown:settled,unknown:failed,unknown:review,review:settled,review:failed}\'::text[]) INTO _is_valid_transition; IF (_is_valid_transition IS FALSE AND OLD."state" IS DISTINCT FROM NEW."state") THEN RAISE EXCEPTION \'pgtrigger: Invalid transition of field "state" from "%" to "%" on table %\', OLD."state", NEW."state", TG_TABLE_NAME; ELSE RETURN NEW; END IF;',
                    hash="bddd6c05d54a013a6ec85c00435c51f9144e6f1b",
                    operation="UPDATE",
                    pgid="pgtrigger_allowed_moves_3c9ef",
                    table="buyback_buyback",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="buyback",
            trigger=pgtrigger.compiler.Trigger(
                name="trail_of_moves",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.state IS DISTINCT FROM NEW.state OR OLD.failure_reason IS DISTINCT FROM NEW.failure_reason)",
                    func="\n                    INSERT INTO buyback_move (buyback_id, before, after, answer, by, created_at)\n                    VALUES (NEW.id, OLD.state, NEW.state, NEW.failure_reason,\n                            coalesce(current_setting('sellback.by', true), ''), clock_timestamp());\n                    RETURN NULL;\n                ",
                    hash="eaed8b19118c4bc6013201caf515a8de862f31c1",
                    operation="UPDATE",
                    pgid="pgtrigger_trail_of_moves_82cc1",
                    table="buyback_buyback",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="transfer",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="e11299b4dc2895739e1d1637bfe140cabb33a608",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_2754b",
                    table="buyback_transfer",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="transfer",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'this table is append-only';",
                    hash="908cd43ae3e1244f1bc4bbe58bdca979b78347a8",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_751d8",
                    table="buyback_transfer",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="payout",
            trigger=pgtrigger.compiler.Trigger(
                name="allowed_moves",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    declare="DECLARE _is_valid_transition BOOLEAN;",
                    func='SELECT CONCAT(OLD."state", \':\', NEW."state") = ANY(\'{pending:paid,pending:failed}\'::text[]) INTO _is_valid_transition; IF (_is_valid_transition IS FALSE AND OLD."state" IS DISTINCT FROM NEW."state") THEN RAISE EXCEPTION \'pgtrigger: Invalid transition of field "state" from "%" to "%" on table %\', OLD."state", NEW."state", TG_TABLE_NAME; ELSE RETURN NEW; END IF;',
                    hash="bd5a086f9b67f8d3b4ff8d0aab6db22b209c6555",
                    operation="UPDATE",
                    pgid="pgtrigger_allowed_moves_6937f",
                    table="buyback_payout",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="bulkline",
            trigger=pgtrigger.compiler.Trigger(
                name="allowed_moves",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    declare="DECLARE _is_valid_transition BOOLEAN;",
                    func='SELECT CONCAT(OLD."state", \':\', NEW."state") = ANY(\'{pending:selling,pending:cancelled,selling:sold,selling:refused,selling:unknown,unknown:sold,unknown:refused}\'::text[]) INTO _is_valid_transition; IF (_is_valid_transition IS FALSE AND OLD."state" IS DISTINCT FROM NEW."state") THEN RAISE EXCEPTION \'pgtrigger: Invalid transition of field "state" from "%" to "%" on table %\', OLD."state", NEW."state", TG_TABLE_NAME; ELSE RETURN NEW; END IF;',
                    hash="bebd2df4502c96c5cbf595f6a97354ff7c0af0ba",
                    operation="UPDATE",
                    pgid="pgtrigger_allowed_moves_83370",
                    table="buyback_bulkline",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="proposal",
            trigger=pgtrigger.compiler.Trigger(
                name="confirmed_is_final",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.confirmed_at IS NOT NULL)",
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="81a4ef69142b832dbf09fd374f869db1438ff86b",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_confirmed_is_final_b4e44",
                    table="buyback_proposal",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="reversal",
            trigger=pgtrigger.compiler.Trigger(
                name="confirmed_is_final",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.confirmed_at IS NOT NULL)",
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="dfd015c4e6cd836fd7c39917426d2489557bb6a8",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_confirmed_is_final_3d250",
                    table="buyback_reversal",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="move",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="74079ab2c40a0c5edf08f00ff8d439aa6aef4f74",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_cd016",
                    table="buyback_move",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="move",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'this table is append-only';",
                    hash="5d2897638fe97fcdcdd7f21ac7006edc4a039fb8",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_20cca",
                    table="buyback_move",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="statement",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="80e04ba5fa1a584fad0a3b98625c6ea93667bacb",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_c2391",
                    table="buyback_statement",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="statement",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'this table is append-only';",
                    hash="56b47b97f489633686f73a43240cda3028c5da33",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_fb1dc",
                    table="buyback_statement",
                    when="BEFORE",
                ),
            ),
        ),
        # Outside CreateModel, which would leave it to the end: composite keys refer to it.
        migrations.AddConstraint(
            model_name="buyback",
            constraint=models.UniqueConstraint(
                fields=("environment", "id", "amount"), name="buyback_buyback_tenant_amount"
            ),
        ),
        migrations.RunSQL(
            ADD_COMPOSITE_KEYS,
            DROP_COMPOSITE_KEYS,
            state_operations=[
                migrations.AddConstraint(model, models.BaseConstraint(name=name))
                for model, name in COMPOSITE_KEYS
            ],
        ),
        migrations.RunPython(write_groups, migrations.RunPython.noop),
    ]

"""What users hold: the tables. Takes the place of thirteen earlier migrations."""

import datetime
from decimal import Decimal

import django.contrib.postgres.constraints
import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.comparison
import django.db.models.functions.datetime
import django.db.models.functions.text
import django.db.models.lookups
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

# The foreign keys over several columns, by model; see partners/models/constraints.py.
COMPOSITE_KEYS = (
    ("purchase", "inventory_purchase_collector_same_env"),
    ("item", "inventory_item_mode_is_its_environments"),
    ("item", "inventory_item_collector_same_env"),
    ("item", "inventory_item_purchase_same_env"),
    ("shippeditem", "inventory_shippeditem_order_same_env"),
    ("shippeditem", "inventory_shippeditem_item_same_env"),
    ("usertally", "inventory_usertally_collector_same_env"),
)
ADD_COMPOSITE_KEYS = """
ALTER TABLE inventory_purchase ADD CONSTRAINT inventory_purchase_collector_same_env
    FOREIGN KEY (environment_id, collector_id)
    REFERENCES inventory_collector (environment_id, id);
ALTER TABLE inventory_item ADD CONSTRAINT inventory_item_mode_is_its_environments
    FOREIGN KEY (environment_id, mode)
    REFERENCES partners_environment (id, mode);
ALTER TABLE inventory_item ADD CONSTRAINT inventory_item_collector_same_env
    FOREIGN KEY (environment_id, collector_id)
    REFERENCES inventory_collector (environment_id, id);
ALTER TABLE inventory_item ADD CONSTRAINT inventory_item_purchase_same_env
    FOREIGN KEY (environment_id, purchase_id)
    REFERENCES inventory_purchase (environment_id, id);
ALTER TABLE inventory_shippeditem ADD CONSTRAINT inventory_shippeditem_order_same_env
    FOREIGN KEY (environment_id, order_id)
    REFERENCES inventory_shippingorder (environment_id, id);
ALTER TABLE inventory_shippeditem ADD CONSTRAINT inventory_shippeditem_item_same_env
    FOREIGN KEY (environment_id, item_id)
    REFERENCES inventory_item (environment_id, id);
ALTER TABLE inventory_usertally ADD CONSTRAINT inventory_usertally_collector_same_env
    FOREIGN KEY (environment_id, collector_id)
    REFERENCES inventory_collector (environment_id, id);
"""
DROP_COMPOSITE_KEYS = "".join(
    f"ALTER TABLE inventory_{model} DROP CONSTRAINT {name};" for model, name in COMPOSITE_KEYS
)


class Migration(migrations.Migration):
    initial = True

    replaces = [
        ("inventory", "0001_initial"),
        ("inventory", "0002_tenant_keys"),
        ("inventory", "0003_pack_activity"),
        ("inventory", "0004_set_window"),
        ("inventory", "0005_stock_and_price_history"),
        ("inventory", "0006_shipping"),
        ("inventory", "0007_tallies"),
        ("inventory", "0008_fulfilment"),
        ("inventory", "0009_queue_page_by_page"),
        ("inventory", "0010_swept_sells_no_more"),
        ("inventory", "0011_items_under_way"),
        ("inventory", "0012_order_times"),
        ("inventory", "0013_users_by_what_they_hold"),
    ]

    dependencies = [
        ("partners", "0001_squashed_0016"),
    ]

    operations = [
        migrations.CreateModel(
            name="Pack",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "public_id",
                    models.CharField(
                        help_text="Base58; the API's claw_id.",
                        max_length=44,
                        unique=True,
                        verbose_name="id",
                    ),
                ),
                ("slug", models.SlugField(max_length=100, unique=True)),
                (
                    "type",
                    models.CharField(
                        choices=[("CORE", "Minted cards"), ("EBAY", "Listings")],
                        default="CORE",
                        max_length=4,
                    ),
                ),
                ("platform", models.CharField(default="mainnet", max_length=40)),
                ("name", models.CharField(max_length=200)),
                ("description", models.TextField(blank=True)),
                (
                    "image",
                    models.CharField(
                        blank=True,
                        help_text="Address of the picture (claw_image_url).",
                        max_length=500,
                    ),
                ),
                (
                    "categories",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=60),
                        blank=True,
                        default=list,
                        size=None,
                    ),
                ),
                ("enable", models.BooleanField(default=True, verbose_name="enabled")),
                (
                    "mint_price",
                    models.DecimalField(
                        decimal_places=2,
                        help_text="USD for one pull.",
                        max_digits=12,
                        verbose_name="price",
                    ),
                ),
                (
                    "max_per_mint",
                    models.PositiveIntegerField(default=10, verbose_name="most pulls at once"),
                ),
                (
                    "buyback_percent",
                    models.DecimalField(decimal_places=4, default=Decimal("0.85"), max_digits=5),
                ),
                (
                    "buyback_window",
                    models.DurationField(
                        blank=True, help_text="Empty: live windows never close.", null=True
                    ),
                ),
                (
                    "ev",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        editable=False,
                        max_digits=12,
                        null=True,
                        verbose_name="expected value",
                    ),
                ),
                (
                    "min_ev",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        editable=False,
                        max_digits=12,
                        null=True,
                        verbose_name="lowest value",
                    ),
                ),
                (
                    "max_ev",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        editable=False,
                        max_digits=12,
                        null=True,
                        verbose_name="highest value",
                    ),
                ),
                ("ev_updated_at", models.DateTimeField(blank=True, editable=False, null=True)),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False
                    ),
                ),
            ],
            options={
                "ordering": ("name", "id"),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("mint_price__gt", 0), ("mint_price__lt", Decimal("1000000000"))
                        ),
                        name="inventory_pack_mint_price_bounds",
                        violation_error_message="Enter an amount above 0 and below 1,000,000,000 USD.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("type__in", ("CORE", "EBAY"))),
                        name="inventory_pack_type_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("buyback_percent__gte", Decimal("0.5")), ("buyback_percent__lte", 1)
                        ),
                        name="inventory_pack_percent_bounds",
                        violation_error_message="The sellback share must be at least 0.5 and at most 1, such as 0.85.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("max_per_mint__gte", 1)),
                        name="inventory_pack_max_per_mint_positive",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("buyback_window", None),
                            ("buyback_window__gt", datetime.timedelta(0)),
                            _connector="OR",
                        ),
                        name="inventory_pack_window_positive",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PackActivity",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("pulls_7d", models.PositiveIntegerField()),
                ("last_pull", models.DateTimeField(null=True)),
                ("counted_at", models.DateTimeField()),
                (
                    "environment",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="partners.environment",
                    ),
                ),
                (
                    "pack",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="activity",
                        to="inventory.pack",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("pack", "environment"),
                        name="inventory_packactivity_once_per_pool",
                        nulls_distinct=False,
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Tier",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "position",
                    models.PositiveSmallIntegerField(
                        help_text="0 is the commonest; the API's rarity id."
                    ),
                ),
                ("name", models.CharField(max_length=60)),
                ("color", models.CharField(help_text="Hex, such as #8b5cf6.", max_length=7)),
                (
                    "lower",
                    models.DecimalField(
                        decimal_places=2, help_text="USD, from and including.", max_digits=12
                    ),
                ),
                (
                    "upper",
                    models.DecimalField(
                        decimal_places=2, help_text="USD, up to and excluding.", max_digits=12
                    ),
                ),
                ("weight", models.DecimalField(decimal_places=4, max_digits=12)),
                (
                    "pack",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="tiers",
                        to="inventory.pack",
                    ),
                ),
                ("available", models.PositiveIntegerField(editable=False, null=True)),
                ("cards", models.PositiveIntegerField(editable=False, null=True)),
                (
                    "mean",
                    models.DecimalField(
                        decimal_places=2,
                        editable=False,
                        max_digits=12,
                        null=True,
                        verbose_name="mean value",
                    ),
                ),
                (
                    "sold",
                    models.PositiveIntegerField(
                        editable=False, null=True, verbose_name="sold back"
                    ),
                ),
            ],
            options={
                "ordering": ("pack_id", "position"),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("pack", "position"), name="inventory_tier_position_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("lower__gte", 0),
                            ("upper__gt", models.F("lower")),
                            ("upper__lt", Decimal("1000000000")),
                        ),
                        name="inventory_tier_bounds_ordered",
                        violation_error_message="A tier's upper value must be above its lower one, within 0 and 1 billion.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("weight__gt", 0), ("weight__lt", Decimal("100000000"))),
                        name="inventory_tier_weight_positive",
                        violation_error_message="A tier's weight must be above 0 and below 100 million.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("color__regex", "^#[0-9a-fA-F]{6}$")),
                        name="inventory_tier_color_hex",
                        violation_error_message="A tier's color must be a hash and six hex digits, such as #8b5cf6.",
                    ),
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        expressions=(
                            (
                                models.Func(
                                    models.F("pack_id"),
                                    template="int8range(%(expressions)s, %(expressions)s, '[]')",
                                ),
                                "&&",
                            ),
                            (
                                models.Func(
                                    models.F("lower"), models.F("upper"), function="numrange"
                                ),
                                "&&",
                            ),
                        ),
                        name="inventory_tier_no_overlap",
                        violation_error_message="Two tiers of a pack must not hold the same value.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Card",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "source_type",
                    models.CharField(
                        choices=[
                            ("enft", "enft"),
                            ("ebay", "eBay"),
                            ("fanatics", "Fanatics"),
                            ("alt", "Alt"),
                            ("external", "External"),
                        ],
                        max_length=8,
                        verbose_name="source",
                    ),
                ),
                ("listing_id", models.CharField(blank=True, max_length=100, null=True)),
                ("mint_address", models.CharField(blank=True, max_length=100, null=True)),
                (
                    "public_id",
                    models.GeneratedField(
                        db_persist=True,
                        expression=django.db.models.functions.comparison.Coalesce(
                            models.F("mint_address"), models.F("listing_id")
                        ),
                        output_field=models.CharField(max_length=100),
                    ),
                ),
                ("collection_address", models.CharField(blank=True, max_length=100, null=True)),
                ("token_standard", models.CharField(blank=True, max_length=40, null=True)),
                ("name", models.CharField(max_length=300)),
                ("image", models.CharField(max_length=500)),
                ("back_image", models.CharField(blank=True, max_length=500, null=True)),
                ("attributes", models.JSONField(blank=True, default=list)),
                (
                    "fmv",
                    models.DecimalField(
                        decimal_places=2, max_digits=12, verbose_name="market value"
                    ),
                ),
                ("priced_at", models.DateTimeField()),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False
                    ),
                ),
                (
                    "pack",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="cards",
                        to="inventory.pack",
                    ),
                ),
            ],
            options={
                "ordering": ("-id",),
                "indexes": [
                    models.Index(fields=["pack", "fmv"], name="inventory_card_pack_fmv"),
                    models.Index(
                        django.contrib.postgres.indexes.OpClass(
                            django.db.models.functions.text.Upper("name"), name="text_pattern_ops"
                        ),
                        name="inventory_card_name_begins",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("fmv__gt", 0), ("fmv__lt", Decimal("1000000000"))),
                        name="inventory_card_fmv_bounds",
                        violation_error_message="Enter an amount above 0 and below 1,000,000,000 USD.",
                    ),
                    models.UniqueConstraint(
                        fields=("listing_id",), name="inventory_card_listing_once"
                    ),
                    models.UniqueConstraint(
                        fields=("mint_address",), name="inventory_card_mint_once"
                    ),
                    models.UniqueConstraint(
                        fields=("public_id",), name="inventory_card_public_id_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("source_type__in", ("enft", "ebay", "fanatics", "alt", "external"))
                        ),
                        name="inventory_card_source_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("mint_address__isnull", False),
                            ("listing_id__isnull", False),
                            _connector="OR",
                        ),
                        name="inventory_card_has_an_identity",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("source_type", "ebay"), _negated=True),
                            ("listing_id__isnull", False),
                            _connector="OR",
                        ),
                        name="inventory_card_ebay_has_a_listing",
                    ),
                    models.CheckConstraint(
                        condition=django.db.models.lookups.Exact(
                            models.Func(
                                models.F("attributes"),
                                function="jsonb_typeof",
                                output_field=models.CharField(),
                            ),
                            models.Value("array"),
                        ),
                        name="inventory_card_attributes_are_a_list",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("source_type", "enft"), _negated=True),
                            ("mint_address__isnull", False),
                            _connector="OR",
                        ),
                        name="inventory_card_enft_is_minted",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PriceChange",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("before", models.DecimalField(decimal_places=2, max_digits=12)),
                (
                    "fmv",
                    models.DecimalField(
                        decimal_places=2, max_digits=12, verbose_name="market value"
                    ),
                ),
                ("priced_at", models.DateTimeField()),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
                (
                    "card",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="price_changes",
                        to="inventory.card",
                    ),
                ),
            ],
            options={
                "ordering": ("-id",),
                "indexes": [
                    models.Index(fields=["card", "-id"], name="inventory_pricechange_newest")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("before__gt", 0), ("before__lt", Decimal("1000000000"))
                        ),
                        name="inventory_pricechange_before_bounds",
                        violation_error_message="Enter an amount above 0 and below 1,000,000,000 USD.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("fmv__gt", 0), ("fmv__lt", Decimal("1000000000"))),
                        name="inventory_pricechange_fmv_bounds",
                        violation_error_message="Enter an amount above 0 and below 1,000,000,000 USD.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("fmv", models.F("before")), _negated=True),
                        name="inventory_pricechange_is_a_change",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="CardFile",
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
                ("name", models.CharField(max_length=200)),
                ("kind", models.CharField(max_length=5)),
                ("content", models.BinaryField()),
                ("uploaded_by", models.CharField(max_length=300)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ("csv", "jsonl"))),
                        name="inventory_cardfile_kind_known",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Collector",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("user_id", models.CharField(db_collation="C", max_length=255)),
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
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="collectors",
                        to="partners.environment",
                    ),
                ),
            ],
            options={
                "ordering": ("environment_id", "user_id"),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("environment", "user_id"), name="inventory_collector_once"
                    ),
                    models.UniqueConstraint(
                        fields=("environment", "id"), name="inventory_collector_tenant"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("user_id", ""), _negated=True),
                        name="inventory_collector_user_id_filled",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Purchase",
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
                ("amount", models.PositiveIntegerField(verbose_name="pulls")),
                (
                    "mint_price",
                    models.DecimalField(
                        decimal_places=2,
                        help_text="USD, as it was at the purchase.",
                        max_digits=12,
                        verbose_name="price of one pull",
                    ),
                ),
                (
                    "voucher",
                    models.BooleanField(
                        default=False,
                        help_text="Bought with a voucher: sells for at least the mint price.",
                    ),
                ),
                ("public_id", models.CharField(max_length=9)),
                ("tx_hash", models.CharField(blank=True, max_length=120, null=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("pending", "Pending"),
                            ("fulfilled", "Fulfilled"),
                            ("failed", "Failed"),
                        ],
                        default="pending",
                        max_length=9,
                    ),
                ),
                ("created_at", models.DateTimeField()),
                ("fulfilled_at", models.DateTimeField(blank=True, null=True)),
                (
                    "collector",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="purchases",
                        to="inventory.collector",
                    ),
                ),
                (
                    "environment",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="purchases",
                        to="partners.environment",
                    ),
                ),
                (
                    "pack",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="purchases",
                        to="inventory.pack",
                    ),
                ),
            ],
            options={
                "ordering": ("-created_at", "-id"),
                "indexes": [
                    models.Index(
                        fields=["collector", "-created_at"], name="inventory_purchase_by_user"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("environment", "id"), name="inventory_purchase_tenant"
                    ),
                    models.UniqueConstraint(
                        fields=("environment", "public_id"),
                        name="inventory_purchase_public_id_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("mint_price__gt", 0), ("mint_price__lt", Decimal("1000000000"))
                        ),
                        name="inventory_purchase_mint_price_bounds",
                        violation_error_message="Enter an amount above 0 and below 1,000,000,000 USD.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("amount__gte", 1)),
                        name="inventory_purchase_amount_positive",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ("pending", "fulfilled", "failed"))),
                        name="inventory_purchase_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "fulfilled"), _negated=True),
                            models.Q(("fulfilled_at__isnull", False), ("tx_hash__isnull", False)),
                            _connector="OR",
                        ),
                        name="inventory_purchase_fulfilled_is_complete",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("public_id__regex", "^_[0-9A-Za-z]{4,8}$")),
                        name="inventory_purchase_public_id_base62",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Item",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "mode",
                    models.CharField(
                        choices=[("live", "Live"), ("sandbox", "Sandbox")], max_length=7
                    ),
                ),
                ("public_id", models.CharField(max_length=100, verbose_name="item id")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("held", "Held"),
                            ("selling", "Being sold back"),
                            ("sold", "Sold back"),
                            ("shipping", "In a shipping order"),
                            ("shipped", "Shipped"),
                        ],
                        default="held",
                        max_length=8,
                    ),
                ),
                (
                    "fmv",
                    models.DecimalField(
                        decimal_places=2, max_digits=12, verbose_name="market value at the pull"
                    ),
                ),
                ("buyback_percent", models.DecimalField(decimal_places=4, max_digits=5)),
                (
                    "buyback_price",
                    models.DecimalField(
                        decimal_places=2, max_digits=12, verbose_name="sellback price at the pull"
                    ),
                ),
                ("purchased_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField(blank=True, null=True)),
                ("expired_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("sold_at", models.DateTimeField(blank=True, editable=False, null=True)),
                (
                    "card",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="items",
                        to="inventory.card",
                    ),
                ),
                (
                    "collector",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="items",
                        to="inventory.collector",
                    ),
                ),
                (
                    "environment",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="items",
                        to="partners.environment",
                    ),
                ),
                (
                    "pack",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="items",
                        to="inventory.pack",
                    ),
                ),
                (
                    "purchase",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="items",
                        to="inventory.purchase",
                    ),
                ),
            ],
            options={
                "ordering": ("-purchased_at", "-id"),
                "permissions": (("set_window", "Can extend and close sellback windows"),),
                "indexes": [
                    models.Index(
                        fields=["collector", "-purchased_at", "-id"], name="inventory_item_by_user"
                    ),
                    models.Index(fields=["card"], name="inventory_item_by_card"),
                    models.Index(fields=["purchase"], name="inventory_item_by_purchase"),
                    models.Index(
                        fields=["pack", "mode", "-purchased_at", "-id"],
                        name="inventory_item_by_pack",
                    ),
                    models.Index(
                        fields=["mode", "-purchased_at", "-id"], name="inventory_item_by_mode"
                    ),
                    models.Index(
                        fields=["environment", "-purchased_at", "-id"], name="inventory_item_by_env"
                    ),
                    models.Index(
                        condition=models.Q(("state__in", ("selling", "shipping", "shipped"))),
                        fields=["state", "-id"],
                        name="inventory_item_under_way",
                    ),
                    models.Index(
                        condition=models.Q(("expired_at", None), ("state", "held")),
                        fields=["environment", "expires_at", "id"],
                        name="inventory_item_window_open",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("environment", "id"), name="inventory_item_tenant"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state", "sold"), _negated=True),
                        fields=("environment", "public_id"),
                        name="inventory_item_open_public_id",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(
                            ("mode", "live"), models.Q(("state", "sold"), _negated=True)
                        ),
                        fields=("card",),
                        name="inventory_item_live_card_once",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state", "sold"), _negated=True),
                        fields=("environment", "card"),
                        name="inventory_item_card_once_per_env",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("fmv__gt", 0), ("fmv__lt", Decimal("1000000000"))),
                        name="inventory_item_fmv_bounds",
                        violation_error_message="Enter an amount above 0 and below 1,000,000,000 USD.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("buyback_price__gt", 0), ("buyback_price__lt", Decimal("1000000000"))
                        ),
                        name="inventory_item_buyback_price_bounds",
                        violation_error_message="Enter an amount above 0 and below 1,000,000,000 USD.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("buyback_percent__gt", 0), ("buyback_percent__lte", 1)),
                        name="inventory_item_percent_bounds",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "buyback_price",
                                models.Func(
                                    django.db.models.expressions.CombinedExpression(
                                        models.F("fmv"), "*", models.F("buyback_percent")
                                    ),
                                    output_field=models.DecimalField(
                                        decimal_places=2, max_digits=12
                                    ),
                                    template="round(%(expressions)s, 2)",
                                ),
                            )
                        ),
                        name="inventory_item_buyback_price_recomputes",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ("held", "selling", "sold", "shipping", "shipped"))
                        ),
                        name="inventory_item_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("mode", "live"), ("expires_at__isnull", False), _connector="OR"
                        ),
                        name="inventory_item_sandbox_expires",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("expired_at", None), ("expires_at__isnull", False), _connector="OR"
                        ),
                        name="inventory_item_swept_had_a_window",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("expired_at", None),
                            models.Q(("state__in", ("selling", "sold")), _negated=True),
                            _connector="OR",
                        ),
                        name="inventory_item_swept_sells_no_more",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("sold_at__isnull", False), ("state", "sold")),
                            models.Q(models.Q(("state", "sold"), _negated=True), ("sold_at", None)),
                            _connector="OR",
                        ),
                        name="inventory_item_sold_has_its_time",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ShippingQuote",
            fields=[
                ("id", models.CharField(max_length=32, primary_key=True, serialize=False)),
                (
                    "item_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), size=None
                    ),
                ),
                ("destination", models.JSONField()),
                ("rates", models.JSONField()),
                ("requested_by", models.CharField(max_length=300)),
                ("created_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                (
                    "environment",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="shipping_quotes",
                        to="partners.environment",
                    ),
                ),
            ],
            options={
                "ordering": ("-created_at", "-id"),
                "indexes": [models.Index(fields=["expires_at"], name="inventory_quote_age")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("item_ids__len__gte", 1), ("item_ids__len__lte", 100)),
                        name="inventory_shippingquote_items_counted",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("expires_at__gt", models.F("created_at"))),
                        name="inventory_shippingquote_holds_for_a_while",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ShippingOrder",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("public_id", models.CharField(max_length=22, verbose_name="order id")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "Queued"),
                            ("processing", "Processing"),
                            ("label_created", "Label created"),
                            ("shipped", "Shipped"),
                            ("delivered", "Delivered"),
                            ("cancelled", "Cancelled"),
                            ("failed", "Failed"),
                        ],
                        default="queued",
                        max_length=13,
                    ),
                ),
                ("carrier", models.CharField(max_length=60)),
                ("service", models.CharField(max_length=60)),
                ("insured", models.BooleanField()),
                ("amount", models.DecimalField(decimal_places=2, max_digits=12)),
                ("destination", models.JSONField()),
                ("tracking_number", models.CharField(blank=True, max_length=100, null=True)),
                ("tracking_url", models.CharField(blank=True, max_length=500, null=True)),
                ("error_message", models.CharField(blank=True, max_length=500, null=True)),
                ("requested_by", models.CharField(max_length=300)),
                ("created_at", models.DateTimeField()),
                ("shipped_at", models.DateTimeField(blank=True, null=True)),
                ("delivered_at", models.DateTimeField(blank=True, null=True)),
                (
                    "environment",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="shipping_orders",
                        to="partners.environment",
                    ),
                ),
                ("processing_at", models.DateTimeField(blank=True, null=True)),
                ("labelled_at", models.DateTimeField(blank=True, null=True)),
                (
                    "ended_at",
                    models.DateTimeField(
                        blank=True, null=True, verbose_name="cancelled or failed at"
                    ),
                ),
            ],
            options={
                "ordering": ("-created_at", "-id"),
                "permissions": (("fulfil_order", "Can move shipping orders along"),),
                "indexes": [
                    models.Index(fields=["public_id"], name="inventory_shippingorder_id"),
                    models.Index(
                        fields=["environment", "-created_at", "-id"],
                        name="inventory_shippingorder_newest",
                    ),
                    models.Index(
                        fields=["environment", "state", "-created_at", "-id"],
                        name="inventory_shippingorder_state",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("environment", "public_id"),
                        name="inventory_shippingorder_public_id_once",
                    ),
                    models.UniqueConstraint(
                        fields=("environment", "id"), name="inventory_shippingorder_tenant"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("amount__gt", 0), ("amount__lt", Decimal("1000000000"))
                        ),
                        name="inventory_shippingorder_amount_bounds",
                        violation_error_message="Enter an amount above 0 and below 1,000,000,000 USD.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "state__in",
                                (
                                    "queued",
                                    "processing",
                                    "label_created",
                                    "shipped",
                                    "delivered",
                                    "cancelled",
                                    "failed",
                                ),
                            )
                        ),
                        name="inventory_shippingorder_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("shipped_at__isnull", False),
                                ("state__in", ("shipped", "delivered")),
                            ),
                            models.Q(
                                models.Q(("state__in", ("shipped", "delivered")), _negated=True),
                                ("shipped_at", None),
                            ),
                            _connector="OR",
                        ),
                        name="inventory_shippingorder_shipped_has_its_time",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("delivered_at__isnull", False), ("state", "delivered")),
                            models.Q(
                                models.Q(("state", "delivered"), _negated=True),
                                ("delivered_at", None),
                            ),
                            _connector="OR",
                        ),
                        name="inventory_shippingorder_delivered_has_its_time",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("processing_at__isnull", False),
                                models.Q(("state", "queued"), _negated=True),
                            ),
                            models.Q(
                                ("processing_at", None),
                                models.Q(
                                    (
                                        "state__in",
                                        ("processing", "label_created", "shipped", "delivered"),
                                    ),
                                    _negated=True,
                                ),
                            ),
                            _connector="OR",
                        ),
                        name="inventory_shippingorder_processing_has_its_time",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("labelled_at__isnull", False),
                                models.Q(("state__in", ("queued", "processing")), _negated=True),
                            ),
                            models.Q(
                                ("labelled_at", None),
                                models.Q(
                                    ("state__in", ("label_created", "shipped", "delivered")),
                                    _negated=True,
                                ),
                            ),
                            _connector="OR",
                        ),
                        name="inventory_shippingorder_labelled_has_its_time",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("ended_at__isnull", False), ("state__in", ("cancelled", "failed"))
                            ),
                            models.Q(
                                models.Q(("state__in", ("cancelled", "failed")), _negated=True),
                                ("ended_at", None),
                            ),
                            _connector="OR",
                        ),
                        name="inventory_shippingorder_ended_has_its_time",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("public_id__regex", "^order_[0-9A-Za-z_-]{16}$")),
                        name="inventory_shippingorder_public_id_form",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ShippedItem",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("released", models.BooleanField(default=False)),
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
                        related_name="shipments",
                        to="inventory.item",
                    ),
                ),
                (
                    "order",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="lines",
                        to="inventory.shippingorder",
                    ),
                ),
            ],
            options={
                "ordering": ("order_id", "id"),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("order", "item"), name="inventory_shippeditem_once_per_order"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("released", False)),
                        fields=("item",),
                        name="inventory_shippeditem_one_order_at_a_time",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Tally",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("pulled", models.PositiveIntegerField()),
                ("held", models.PositiveIntegerField()),
                ("held_value", models.DecimalField(decimal_places=2, max_digits=16)),
                ("sold", models.PositiveIntegerField()),
                ("counted_at", models.DateTimeField()),
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
                    "pack",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="inventory.pack",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "tallies",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("environment", "pack"), name="inventory_tally_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("held_value__gte", 0),
                            (
                                "pulled__gte",
                                django.db.models.expressions.CombinedExpression(
                                    models.F("held"), "+", models.F("sold")
                                ),
                            ),
                        ),
                        name="inventory_tally_adds_up",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="UserTally",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("size", models.PositiveIntegerField()),
                ("value", models.DecimalField(decimal_places=2, max_digits=16)),
                ("closes", models.DateTimeField(blank=True, null=True)),
                ("latest", models.DateTimeField()),
                (
                    "collector",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="inventory.collector",
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
            ],
            options={
                "indexes": [
                    models.Index(
                        fields=["environment", "-size", "-collector"],
                        name="inventory_usertally_size",
                    ),
                    models.Index(
                        fields=["environment", "-value", "-collector"],
                        name="inventory_usertally_value",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("collector",), name="inventory_usertally_once"),
                    models.CheckConstraint(
                        condition=models.Q(("size__gt", 0), ("value__gt", 0)),
                        name="inventory_usertally_holds_something",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="card",
            trigger=pgtrigger.compiler.Trigger(
                name="keeps_prices",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."fmv" IS DISTINCT FROM (NEW."fmv"))',
                    func="INSERT INTO inventory_pricechange (card_id, before, fmv, priced_at) VALUES (NEW.id, OLD.fmv, NEW.fmv, NEW.priced_at); RETURN NULL;",
                    hash="8d000904fadceb311c2eb539ca1f23182f04d5ee",
                    operation="UPDATE",
                    pgid="pgtrigger_keeps_prices_41415",
                    table="inventory_card",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="pricechange",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="370c44f020775c355468655dd76318baa7c69536",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_4e403",
                    table="inventory_pricechange",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="pricechange",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'this table is append-only';",
                    hash="65e9bb78693d2eefede614f053331f91f2d427a3",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_4b3d1",
                    table="inventory_pricechange",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="item",
            trigger=pgtrigger.compiler.Trigger(
                name="allowed_moves",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    declare="DECLARE _is_valid_transition BOOLEAN;",
                    func='SELECT CONCAT(OLD."state", \':\', NEW."state") = ANY(\'{held:sold,held:selling,selling:sold,selling:held,held:shipping,shipping:held,shipping:shipped}\'::text[]) INTO _is_valid_transition; IF (_is_valid_transition IS FALSE AND OLD."state" IS DISTINCT FROM NEW."state") THEN RAISE EXCEPTION \'pgtrigger: Invalid transition of field "state" from "%" to "%" on table %\', OLD."state", NEW."state", TG_TABLE_NAME; ELSE RETURN NEW; END IF;',
                    hash="c04bae82d15dba0575f31b70fa81e9e1cfdb89b6",
                    operation="UPDATE",
                    pgid="pgtrigger_allowed_moves_8a482",
                    table="inventory_item",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="shippingorder",
            trigger=pgtrigger.compiler.Trigger(
                name="allowed_moves",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    declare="DECLARE _is_valid_transition BOOLEAN;",
                    func='SELECT CONCAT(OLD."state", \':\', NEW."state") = ANY(\'{queued:processing,queued:cancelled,queued:failed,processing:label_created,processing:cancelled,processing:failed,label_created:shipped,label_created:cancelled,label_created:failed,shipped:delivered}\'::text[]) INTO _is_valid_transition; IF (_is_valid_transition IS FALSE AND OLD."state" IS DISTINCT FROM NEW."state") THEN RAISE EXCEPTION \'pgtrigger: Invalid transition of field "state" from "%" to "%" on table %\', OLD."state", NEW."state", TG_TABLE_NAME; ELSE RETURN NEW; END IF;',
                    hash="e1a2e1ff8c6a0177c8e35f6deed92357279eeaf5",
                    operation="UPDATE",
                    pgid="pgtrigger_allowed_moves_de34b",
                    table="inventory_shippingorder",
                    when="BEFORE",
                ),
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
    ]

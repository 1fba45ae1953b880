"""The catalogue: packs, their tiers, and the cards in the vault. All environments share it.

Availability is not stored: a card is available in an environment's pool while no item of that pool
holds it (live: one pool for all partners; each sandbox: its own pool). So a card that is sold back
is in its pack again as soon as the sellback commits.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pgtrigger
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, RangeOperators
from django.contrib.postgres.indexes import OpClass
from django.db import models
from django.db.models import Exists, F, Func, OuterRef, Q, Value
from django.db.models.functions import Coalesce, Now, Upper
from django.db.models.lookups import Exact
from django.utils.translation import gettext_lazy as _

from config.foundation.money import MoneyField, money_check
from partners.models import Environment
from partners.models.records import append_only, uuid_v7

SANDBOX_WINDOW = timedelta(days=7)  # contract, section 2: exactly purchase + 7 days, never null


class Pack(models.Model):
    """A pack, the API's "claw machine" (``claw_id`` is ``public_id``). Users buy its pulls."""

    class Type(models.TextChoices):
        CORE = "CORE", "Minted cards"
        EBAY = "EBAY", "Listings"

    id = models.BigAutoField(primary_key=True)
    public_id = models.CharField(
        "id", max_length=44, unique=True, help_text="Base58; the API's claw_id."
    )
    slug = models.SlugField(max_length=100, unique=True)
    type = models.CharField(max_length=4, choices=Type.choices, default=Type.CORE)
    platform = models.CharField(max_length=40, default="mainnet")
    name = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    image = models.CharField(
        max_length=500, blank=True, help_text="Address of the picture (claw_image_url)."
    )
    categories = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    enable = models.BooleanField("enabled", default=True)
    mint_price = MoneyField("price", help_text="USD for one pull.")
    max_per_mint = models.PositiveIntegerField("most pulls per purchase", default=10)
    buyback_percent = models.DecimalField(max_digits=5, decimal_places=4, default=Decimal("0.85"))
    buyback_window = models.DurationField(
        null=True, blank=True, help_text="Empty: live windows never close."
    )
    # Updated by inventory.packs.figures.refresh_values, so that a list of packs does not sum up the
    # prices of all cards.
    ev = MoneyField("expected value", null=True, blank=True, editable=False)
    min_ev = MoneyField("lowest value", null=True, blank=True, editable=False)
    max_ev = MoneyField("highest value", null=True, blank=True, editable=False)
    ev_updated_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ("name", "id")
        constraints = (
            money_check("mint_price", name="inventory_pack_mint_price_bounds"),
            models.CheckConstraint(
                condition=Q(type__in=("CORE", "EBAY")), name="inventory_pack_type_known"
            ),
            models.CheckConstraint(
                # At least a half, so that even a card worth one cent sells for a cent.
                condition=Q(buyback_percent__gte=Decimal("0.5"), buyback_percent__lte=1),
                name="inventory_pack_percent_bounds",
                violation_error_message=(
                    "The sellback share must be at least 0.5 and at most 1, such as 0.85."
                ),
            ),
            models.CheckConstraint(
                condition=Q(max_per_mint__gte=1), name="inventory_pack_max_per_mint_positive"
            ),
            models.CheckConstraint(
                condition=Q(buyback_window=None) | Q(buyback_window__gt=timedelta(0)),
                name="inventory_pack_window_positive",
            ),
        )

    def __str__(self) -> str:
        return self.name

    def window_closes(self, purchased_at: datetime, *, live: bool) -> datetime | None:
        """When an item pulled at ``purchased_at`` stops being sellable; None: never (live only)."""
        if not live:
            return purchased_at + SANDBOX_WINDOW
        return None if self.buyback_window is None else purchased_at + self.buyback_window


class PackActivity(models.Model):
    """Figures of a pack's pulls in one pool: all partners in live (no environment), or one sandbox.

    Updated by ``inventory.packs.figures.count_pulls``, so that a list of packs does not count
    pulls. No row: there was no pull.
    """

    id = models.BigAutoField(primary_key=True)
    pack = models.ForeignKey(
        Pack, models.CASCADE, related_name="activity", db_index=False
    )  # unique below serves
    environment = models.ForeignKey(
        Environment, models.CASCADE, null=True, related_name="+", db_index=False
    )
    pulls_7d = models.PositiveIntegerField()
    last_pull = models.DateTimeField(null=True)
    counted_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("pack", "environment"),
                nulls_distinct=False,
                name="inventory_packactivity_once_per_pool",
            ),
        )

    def __str__(self) -> str:
        return f"{self.pack_id}: {self.pulls_7d}"


def number_as_range(number: F) -> Func:
    """``int8range(n, n, '[]')``: a number as a range, which GiST can index without an extension."""
    return Func(number, template="int8range(%(expressions)s, %(expressions)s, '[]')")


class Tier(models.Model):
    """One rarity of a pack, with cards of ``lower`` ≤ fmv < ``upper``.

    It is drawn by its ``weight`` relative to the other tiers.
    """

    id = models.BigAutoField(primary_key=True)
    pack = models.ForeignKey(
        Pack, models.CASCADE, related_name="tiers", db_index=False
    )  # unique below serves
    position = models.PositiveSmallIntegerField(
        help_text="0 is the most common; the API's rarity id."
    )
    name = models.CharField(max_length=60)
    color = models.CharField(max_length=7, help_text="Hex, such as #8b5cf6.")
    lower = MoneyField(help_text="USD, inclusive.")
    upper = MoneyField(help_text="USD, exclusive.")
    weight = models.DecimalField(max_digits=12, decimal_places=4)
    # Live stock, updated by inventory.packs.figures.refresh_values and count_sold, so that a page
    # does not count cards.
    cards = models.PositiveIntegerField(null=True, editable=False)
    available = models.PositiveIntegerField(null=True, editable=False)
    sold = models.PositiveIntegerField("sold back", null=True, editable=False)
    mean = models.DecimalField(
        "mean value", max_digits=12, decimal_places=2, null=True, editable=False
    )

    class Meta:
        ordering = ("pack_id", "position")
        constraints = (
            models.UniqueConstraint(
                fields=("pack", "position"), name="inventory_tier_position_once"
            ),
            models.CheckConstraint(
                condition=Q(lower__gte=0, upper__gt=F("lower"), upper__lt=Decimal(1000000000)),
                name="inventory_tier_bounds_ordered",
                violation_error_message=(
                    "A tier's upper value must be above its lower value, between 0 and 1 billion."
                ),
            ),
            models.CheckConstraint(
                condition=Q(weight__gt=0, weight__lt=Decimal(100000000)),
                name="inventory_tier_weight_positive",
                violation_error_message="A tier's weight must be above 0 and below 100 million.",
            ),
            models.CheckConstraint(
                condition=Q(color__regex=r"^#[0-9a-fA-F]{6}$"),
                name="inventory_tier_color_hex",
                violation_error_message=(
                    "A tier's color must be a hash and six hex digits, such as #8b5cf6."
                ),
            ),
            ExclusionConstraint(
                name="inventory_tier_no_overlap",
                violation_error_message="The tiers of a pack must not overlap.",
                expressions=(
                    (number_as_range(F("pack_id")), RangeOperators.OVERLAPS),
                    (Func(F("lower"), F("upper"), function="numrange"), RangeOperators.OVERLAPS),
                ),
            ),
        )

    def __str__(self) -> str:
        return f"{self.pack}: {self.name}"

    def holds(self, fmv: Decimal) -> bool:
        """Whether a card with this market value belongs to the tier."""
        return bool(self.lower <= fmv < self.upper)


class CardQuerySet(models.QuerySet["Card"]):
    """Queries for cards."""

    def available(self, environment: Environment) -> CardQuerySet:
        """Cards that no item in this environment's pool holds."""
        from inventory.models.holdings import Item

        return self.exclude(
            Exists(Item.objects.open().in_pool_of(environment).filter(card=OuterRef("pk")))
        )

    def named(self, public_id: str, *, live: bool) -> CardQuerySet:
        """The card with this id. A sandbox shows a minted eBay card by its listing."""
        if "\0" in public_id:
            return self.none()
        if live:
            return self.filter(public_id=public_id)
        ebay = Q(source_type=Card.Source.EBAY)
        return self.filter((~ebay & Q(public_id=public_id)) | (ebay & Q(listing_id=public_id)))

    def by_item_id(self, ids: Collection[str]) -> dict[str, Card]:
        """Cards by the ids that the API shows for items, in both modes: own id or eBay listing."""
        listed = Q(source_type=Card.Source.EBAY, listing_id__in=ids)
        found = (
            {card.listing_id: card for card in self.filter(listed) if card.listing_id}
            if ids
            else {}
        )
        return (
            found | {card.public_id: card for card in self.filter(public_id__in=ids)} if ids else {}
        )

    def in_tier(self, tier: Tier) -> CardQuerySet:
        """A pack's cards whose market value lies in the tier."""
        return self.filter(pack_id=tier.pack_id, fmv__gte=tier.lower, fmv__lt=tier.upper)

    def lock_random(self, amount: int) -> list[Card]:
        """Up to ``amount`` of these cards, chosen uniformly and locked; locked ones are skipped.

        ``gen_random_uuid`` uses PostgreSQL's cryptographic source; ``random()`` does not.
        """
        shuffled = self.order_by(Func(function="gen_random_uuid", output_field=models.UUIDField()))
        return list(
            shuffled.select_for_update(skip_locked=True, no_key=True, of=("self",))[:amount]
        )


class Card(models.Model):
    """One physical card in the vault.

    ``public_id`` is the API's ``id``: the mint address of an on-chain card, else the id of its
    source listing. ``attributes`` is the contract's list of ``{"trait_type": …, "value": …}``.
    ``fmv`` is in USD, priced at ``priced_at``.
    """

    class Source(models.TextChoices):
        ENFT = "enft", "enft"
        EBAY = "ebay", "eBay"
        FANATICS = "fanatics", "Fanatics"
        ALT = "alt", "Alt"
        EXTERNAL = "external", _("External")

    id = models.BigAutoField(primary_key=True)
    # The index below serves a pack's cards by value.
    pack = models.ForeignKey(
        Pack, models.PROTECT, null=True, blank=True, related_name="cards", db_index=False
    )
    source_type = models.CharField("source", max_length=8, choices=Source.choices)
    listing_id = models.CharField(max_length=100, null=True, blank=True)
    mint_address = models.CharField(max_length=100, null=True, blank=True)
    public_id = models.GeneratedField(
        expression=Coalesce(F("mint_address"), F("listing_id")),
        output_field=models.CharField(max_length=100),
        db_persist=True,
    )
    collection_address = models.CharField(max_length=100, null=True, blank=True)
    token_standard = models.CharField(max_length=40, null=True, blank=True)
    name = models.CharField(max_length=300)
    image = models.CharField(max_length=500)
    back_image = models.CharField(max_length=500, null=True, blank=True)
    attributes: models.JSONField[Any, Any] = models.JSONField(default=list, blank=True)
    fmv = MoneyField("market value")
    priced_at = models.DateTimeField()
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = CardQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        constraints = (
            money_check("fmv", name="inventory_card_fmv_bounds"),
            # For every source: a sandbox shows even a minted eBay card by its listing.
            models.UniqueConstraint(fields=("listing_id",), name="inventory_card_listing_once"),
            models.UniqueConstraint(fields=("mint_address",), name="inventory_card_mint_once"),
            # Reader: GET /card/:item_id, card pictures, import_cards.
            models.UniqueConstraint(fields=("public_id",), name="inventory_card_public_id_once"),
            models.CheckConstraint(
                condition=Q(source_type__in=("enft", "ebay", "fanatics", "alt", "external")),
                name="inventory_card_source_known",
            ),
            models.CheckConstraint(
                condition=Q(mint_address__isnull=False) | Q(listing_id__isnull=False),
                name="inventory_card_has_an_identity",
            ),
            models.CheckConstraint(
                condition=~Q(source_type="ebay") | Q(listing_id__isnull=False),
                name="inventory_card_ebay_has_a_listing",
            ),
            models.CheckConstraint(
                condition=Exact(
                    Func(F("attributes"), function="jsonb_typeof", output_field=models.CharField()),
                    Value("array"),
                ),
                name="inventory_card_attributes_are_a_list",
            ),
            models.CheckConstraint(
                condition=~Q(source_type="enft") | Q(mint_address__isnull=False),
                name="inventory_card_enft_is_minted",
            ),
        )
        indexes = (
            # Reader: a pull, which draws among a pack's cards of one tier.
            models.Index(fields=("pack", "fmv"), name="inventory_card_pack_fmv"),
            # Reader: the searches of admin and dashboard, by the start of a name in any letter
            # case.
            models.Index(
                OpClass(Upper("name"), name="text_pattern_ops"), name="inventory_card_name_begins"
            ),
        )
        triggers = (
            # Every price change is recorded, whether by an import, an oracle, an admin or by hand
            # in psql.
            pgtrigger.Trigger(
                name="keeps_prices",
                when=pgtrigger.After,
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__fmv__df=pgtrigger.F("new__fmv")),
                func="INSERT INTO public.inventory_pricechange (card_id, before, fmv, priced_at)"
                " VALUES (NEW.id, OLD.fmv, NEW.fmv, NEW.priced_at); RETURN NULL;",
            ),
        )

    def __str__(self) -> str:
        return self.name

    def identity(self, *, live: bool) -> tuple[str, str | None]:
        """``(id, mint_address)`` as an environment shows them. A sandbox mints no eBay card."""
        return identity(self.source_type, self.listing_id, self.mint_address, live=live)


def identity(
    source_type: str, listing_id: str | None, mint_address: str | None, *, live: bool
) -> tuple[str, str | None]:
    """``Card.identity`` of a card's own columns."""
    if not live and source_type == Card.Source.EBAY:
        return listing_id or "", None
    return mint_address or listing_id or "", mint_address


class PriceChange(models.Model):
    """One change of a card's ``fmv`` (USD), written by the card's trigger. Append-only.

    ``priced_at`` is when the source set the new value, ``created_at`` when it was stored here.
    """

    id = models.BigAutoField(primary_key=True)
    card = models.ForeignKey(Card, models.PROTECT, related_name="price_changes", db_index=False)
    before = MoneyField()
    fmv = MoneyField("market value")
    priced_at = models.DateTimeField()
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ("-id",)
        constraints = (
            money_check("before", name="inventory_pricechange_before_bounds"),
            money_check("fmv", name="inventory_pricechange_fmv_bounds"),
            models.CheckConstraint(
                condition=~Q(fmv=F("before")), name="inventory_pricechange_is_a_change"
            ),
        )
        indexes = (
            # Reader: the admin's page of a card, newest first.
            models.Index(fields=("card", "-id"), name="inventory_pricechange_newest"),
        )
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.before} → {self.fmv} USD"


class CardFile(models.Model):
    """A catalogue file uploaded by an admin and not yet imported. It is kept for a day at most."""

    id = models.UUIDField(primary_key=True, db_default=uuid_v7(), editable=False)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=5)
    content = models.BinaryField()
    uploaded_by = models.CharField(max_length=300)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(kind__in=("csv", "jsonl")), name="inventory_cardfile_kind_known"
            ),
        )

    def __str__(self) -> str:
        return self.name

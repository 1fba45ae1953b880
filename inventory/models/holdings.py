"""Users and their purchases, with one item for each card pulled."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pgtrigger
from django.db import models
from django.db.models import Case, Count, F, Max, Min, Q, Sum, Value, When
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from config.foundation.money import MoneyField, money_check, rounded_in_sql
from inventory.models.catalogue import Card, Pack
from partners.models import Environment, Mode
from partners.models.constraints import CompositeForeignKey, same_environment
from partners.models.records import uuid_v7


class CollectorQuerySet(models.QuerySet["Collector"]):
    """Queries for collectors."""

    def of(self, environment: Environment) -> CollectorQuerySet:
        """The users this environment has seen."""
        return self.filter(environment=environment)

    def called(self, user_id: str) -> CollectorQuerySet:
        """The collector with exactly this id; none for an impossible id (text contains no NUL)."""
        return self.none() if "\0" in user_id else self.filter(user_id=user_id)

    def starting_with(self, start: str) -> CollectorQuerySet:
        """Collectors whose id starts with ``start``, case-sensitive; all for an empty start."""
        if "\0" in start:
            return self.none()
        return self.filter(user_id__startswith=start) if start else self.all()


class Collector(models.Model):
    """A partner's user, by the partner's own ``user_id``; created at the first purchase."""

    id = models.BigAutoField(primary_key=True)
    environment = models.ForeignKey(
        Environment, models.PROTECT, related_name="collectors", db_index=False
    )
    # Collation C compares bytes, so that the index finds a prefix and pages on, whatever the
    # database's language.
    user_id = models.CharField(max_length=255, db_collation="C")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = CollectorQuerySet.as_manager()

    class Meta:
        ordering = ("environment_id", "user_id")
        permissions = (("forget_user", "Can erase a user's personal data"),)
        constraints = (
            # Reader: GET /inventory/:user_id and every purchase.
            models.UniqueConstraint(
                fields=("environment", "user_id"), name="inventory_collector_once"
            ),
            # Referenced by purchases, items and payouts. Reader: the users' list, newest first.
            models.UniqueConstraint(
                fields=("environment", "id"), name="inventory_collector_tenant"
            ),
            models.CheckConstraint(
                condition=~Q(user_id=""), name="inventory_collector_user_id_filled"
            ),
        )

    def __str__(self) -> str:
        return self.user_id


class Purchase(models.Model):
    """One call of ``/vm/buy/init``: ``id`` is its ``session_id``."""

    class State(models.TextChoices):
        PENDING = "pending", "Pending"
        FULFILLED = "fulfilled", "Fulfilled"
        FAILED = "failed", "Failed"

    id = models.UUIDField(primary_key=True, db_default=uuid_v7(), editable=False)
    environment = models.ForeignKey(
        Environment, models.PROTECT, related_name="purchases", db_index=False
    )
    collector = models.ForeignKey(
        Collector, models.PROTECT, related_name="purchases", db_index=False, db_constraint=False
    )
    pack = models.ForeignKey(Pack, models.PROTECT, related_name="purchases", db_index=False)
    amount = models.PositiveIntegerField("pulls")
    mint_price = MoneyField("price of one pull", help_text="USD, at the purchase.")
    voucher = models.BooleanField(
        default=False, help_text="Bought with a voucher, so it sells for at least the mint price."
    )
    public_id = models.CharField(max_length=9)
    tx_hash = models.CharField(max_length=120, null=True, blank=True)
    state = models.CharField(max_length=9, choices=State.choices, default=State.PENDING)
    created_at = models.DateTimeField()
    fulfilled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-created_at", "-id")
        constraints = (
            models.UniqueConstraint(fields=("environment", "id"), name="inventory_purchase_tenant"),
            models.UniqueConstraint(
                fields=("environment", "public_id"), name="inventory_purchase_public_id_once"
            ),
            same_environment(
                "collector", "inventory_collector", name="inventory_purchase_collector_same_env"
            ),
            money_check("mint_price", name="inventory_purchase_mint_price_bounds"),
            models.CheckConstraint(
                condition=Q(amount__gte=1), name="inventory_purchase_amount_positive"
            ),
            models.CheckConstraint(
                condition=Q(state__in=("pending", "fulfilled", "failed")),
                name="inventory_purchase_state_known",
            ),
            models.CheckConstraint(
                condition=~Q(state="fulfilled")
                | Q(fulfilled_at__isnull=False, tx_hash__isnull=False),
                name="inventory_purchase_fulfilled_is_complete",
            ),
            models.CheckConstraint(
                condition=Q(public_id__regex=r"^_[0-9A-Za-z]{4,8}$"),
                name="inventory_purchase_public_id_base62",
            ),
        )
        indexes = (
            # Reader: a user's purchases, newest first.
            models.Index(fields=("collector", "-created_at"), name="inventory_purchase_by_user"),
        )

    def __str__(self) -> str:
        return str(self.id)


# The allowed transitions of an item. A trigger refuses all others.
ITEM_MOVES = (
    ("held", "sold"),
    ("held", "selling"),
    ("selling", "sold"),
    ("selling", "held"),
    ("held", "shipping"),
    ("shipping", "held"),
    ("shipping", "shipped"),
)


COUNTED_TO = 10_000  # pages stop counting here, so that they stay fast as the tables grow
NEVER_CLOSES, HAS_CLOSED = datetime(9998, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Capped:
    """A count that stops at ``COUNTED_TO``, and a sum in USD, complete only below that count."""

    size: int
    value: Decimal

    @property
    def whole(self) -> bool:
        """Whether everything was counted."""
        return self.size <= COUNTED_TO

    def __str__(self) -> str:
        return f"{self.size:,}" if self.whole else f"{COUNTED_TO:,}+"


@dataclass(frozen=True, slots=True)
class Holding:
    """What a collector holds: item count, value at the pull (USD), next deadline, latest pull."""

    size: int
    value: Decimal
    closes: datetime | None
    latest: datetime


class ItemQuerySet(models.QuerySet["Item"]):
    """Queries for items."""

    def of(self, environment: Environment) -> ItemQuerySet:
        """One environment's items."""
        return self.filter(environment=environment)

    def named(self, public_id: str) -> ItemQuerySet:
        """Every pull of the card with this id, sold or not. It is found by card.

        No index of ids contains sold items.
        """
        if "\0" in public_id:
            return self.none()
        return self.filter(
            Q(card__mint_address=public_id) | Q(card__listing_id=public_id), public_id=public_id
        )

    def pks_of(self, public_ids: Collection[str]) -> dict[str, int]:
        """Primary keys of open items, by the ids that the API shows."""
        asked = [public_id for public_id in public_ids if "\0" not in public_id]
        return dict(self.open().filter(public_id__in=asked).values_list("public_id", "pk"))

    def open(self) -> ItemQuerySet:
        """Items whose card is not available: all except sold items."""
        return self.exclude(state="sold")

    def in_pool_of(self, environment: Environment) -> ItemQuerySet:
        """Items from the same stock: all partners' in live, this sandbox's own otherwise."""
        return (
            self.filter(mode=Mode.LIVE)
            if environment.is_live
            else self.filter(environment=environment)
        )

    def in_inventory(self) -> ItemQuerySet:
        """A user's inventory, newest first: neither sold back nor in a shipping order."""
        return self.filter(state__in=("held", "selling")).order_by("-purchased_at", "-id")

    def held(self) -> ItemQuerySet:
        """Items that are held, with no sellback or shipping in progress."""
        return self.filter(state="held")

    def sellable(self, now: datetime) -> ItemQuerySet:
        """Held items whose window is open at ``now``."""
        return self.held().filter(Q(expires_at=None) | Q(expires_at__gte=now))

    def expiring(self, *, now: datetime, within: timedelta) -> ItemQuerySet:
        """Held items whose window closes between ``now`` and ``now + within``."""
        return self.closing_next(now).filter(expires_at__lte=now + within)

    def closing_next(self, now: datetime) -> ItemQuerySet:
        """Held items with an open window at ``now``, the earliest deadline first."""
        # ``expired_at`` adds no condition, but lets PostgreSQL use the index of open windows.
        found = self.held().filter(expired_at=None, expires_at__gte=now)
        return found.order_by("expires_at", "id")

    def with_card(self) -> ItemQuerySet:
        """With all that a page or a price needs: card, purchase, user, pack, tiers. Two queries."""
        rows = self.select_related("card", "purchase", "collector", "pack")
        return rows.prefetch_related("pack__tiers")

    def with_value(self, *, live: bool) -> ItemQuerySet:
        """With ``value``, the market value for pricing: the card's in live, the frozen one else."""
        return self.annotate(value=F("card__fmv") if live else F("fmv"))

    def with_closing(self, now: datetime) -> ItemQuerySet:
        """With ``closes`` for sorting: open windows by deadline, then unlimited, then closed."""
        return self.annotate(
            closes=Case(
                When(expires_at__isnull=True, then=Value(NEVER_CLOSES)),
                When(expires_at__lt=now, then=Value(HAS_CLOSED)),
                default=F("expires_at"),
            )
        )

    def size_and_value(self) -> Capped:
        """The number of items and their value at the pull (USD), counted up to ``COUNTED_TO``.

        Counted in their own order, which an index serves.
        """
        rows = self[: COUNTED_TO + 1]
        found = rows.aggregate(size=Count("pk"), value=Sum("buyback_price", default=Decimal(0)))
        return Capped(found["size"], found["value"])

    def held_by(self, collectors: Collection[Collector], *, now: datetime) -> dict[int, Holding]:
        """What each collector holds at ``now``, by pk. Collectors without items are left out."""
        rows = self.held().filter(collector__in=collectors).order_by().values("collector")
        found = rows.annotate(
            size=Count("pk"),
            value=Sum("buyback_price"),
            closes=Min("expires_at", filter=Q(expires_at__gte=now)),
            latest=Max("purchased_at"),
        )
        return {
            row["collector"]: Holding(row["size"], row["value"], row["closes"], row["latest"])
            for row in found
        }


class Item(models.Model):
    """One pull: a card that a user holds.

    ``fmv``, ``buyback_percent`` and ``buyback_price`` (USD) are values at the pull. The sandbox
    sells at that price; live prices again at the sellback. ``expires_at`` is the last instant that
    still sells; null means unlimited. ``expired_at`` is when the sweep closed the window and
    recorded the event: the user still holds the item but can no longer sell it back.
    """

    class State(models.TextChoices):
        HELD = "held", _("Held")
        SELLING = "selling", _("Being sold back")
        SOLD = "sold", _("Sold back")
        SHIPPING = "shipping", _("In a shipping order")
        SHIPPED = "shipped", _("Shipped")

    id = models.BigAutoField(primary_key=True)
    environment = models.ForeignKey(
        Environment, models.PROTECT, related_name="items", db_index=False
    )
    mode = models.CharField(
        max_length=7, choices=Mode.choices
    )  # copied from the environment, because partial indexes need it
    public_id = models.CharField("item id", max_length=100)
    card = models.ForeignKey(Card, models.PROTECT, related_name="items", db_index=False)
    collector = models.ForeignKey(
        Collector, models.PROTECT, related_name="items", db_index=False, db_constraint=False
    )
    pack = models.ForeignKey(Pack, models.PROTECT, related_name="items", db_index=False)
    purchase = models.ForeignKey(
        Purchase, models.PROTECT, related_name="items", db_index=False, db_constraint=False
    )
    state = models.CharField(max_length=8, choices=State.choices, default=State.HELD)
    fmv = MoneyField("market value at the pull")
    buyback_percent = models.DecimalField(max_digits=5, decimal_places=4)
    buyback_price = MoneyField("sellback price at the pull")
    purchased_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    expired_at = models.DateTimeField(null=True, blank=True, editable=False)
    sold_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = ItemQuerySet.as_manager()

    class Meta:
        ordering = ("-purchased_at", "-id")
        permissions = (("set_window", "Can extend and close sellback windows"),)
        constraints = (
            models.UniqueConstraint(fields=("environment", "id"), name="inventory_item_tenant"),
            # Reader: POST /vm/buyback, by the id that the partner sends. A card pulled again is a
            # new row.
            models.UniqueConstraint(
                fields=("environment", "public_id"),
                condition=~Q(state="sold"),
                name="inventory_item_open_public_id",
            ),
            # Only one item holds a card. Readers: a pull's search for available cards.
            models.UniqueConstraint(
                fields=("card",),
                condition=Q(mode="live") & ~Q(state="sold"),
                name="inventory_item_live_card_once",
            ),
            models.UniqueConstraint(
                fields=("environment", "card"),
                condition=~Q(state="sold"),
                name="inventory_item_card_once_per_env",
            ),
            CompositeForeignKey(
                columns=("environment_id", "mode"),
                to_table="partners_environment",
                to_columns=("id", "mode"),
                name="inventory_item_mode_is_its_environments",
            ),
            same_environment(
                "collector", "inventory_collector", name="inventory_item_collector_same_env"
            ),
            same_environment(
                "purchase", "inventory_purchase", name="inventory_item_purchase_same_env"
            ),
            money_check("fmv", name="inventory_item_fmv_bounds"),
            money_check("buyback_price", name="inventory_item_buyback_price_bounds"),
            models.CheckConstraint(
                condition=Q(buyback_percent__gt=0, buyback_percent__lte=1),
                name="inventory_item_percent_bounds",
            ),
            models.CheckConstraint(
                condition=Q(
                    buyback_price=rounded_in_sql(F("fmv") * F("buyback_percent")),
                ),
                name="inventory_item_buyback_price_recomputes",
            ),
            models.CheckConstraint(
                condition=Q(state__in=("held", "selling", "sold", "shipping", "shipped")),
                name="inventory_item_state_known",
            ),
            models.CheckConstraint(
                condition=Q(mode="live") | Q(expires_at__isnull=False),
                name="inventory_item_sandbox_expires",
            ),
            models.CheckConstraint(
                condition=Q(expired_at=None) | Q(expires_at__isnull=False),
                name="inventory_item_swept_had_a_window",
            ),
            models.CheckConstraint(
                condition=Q(expired_at=None) | ~Q(state__in=("selling", "sold")),
                name="inventory_item_swept_sells_no_more",
            ),
            models.CheckConstraint(
                condition=Q(state="sold", sold_at__isnull=False)
                | (~Q(state="sold") & Q(sold_at=None)),
                name="inventory_item_sold_has_its_time",
            ),
        )
        indexes = (
            # Reader: GET /inventory/:user_id and the dashboard's user page, newest first.
            models.Index(
                fields=("collector", "-purchased_at", "-id"), name="inventory_item_by_user"
            ),
            # Reader: the admin's list of a card's pulls, and the check that a deleted card has
            # none.
            models.Index(fields=("card",), name="inventory_item_by_card"),
            # Reader: GET /vm/buy/status.
            models.Index(fields=("purchase",), name="inventory_item_by_purchase"),
            # Reader: recent pulls of given packs, newest first.
            models.Index(
                fields=("pack", "mode", "-purchased_at", "-id"), name="inventory_item_by_pack"
            ),
            # Reader: recent pulls of every pack, newest first.
            models.Index(fields=("mode", "-purchased_at", "-id"), name="inventory_item_by_mode"),
            # Reader: recent pulls of one sandbox, newest first.
            models.Index(
                fields=("environment", "-purchased_at", "-id"), name="inventory_item_by_env"
            ),
            # Reader: the admin's list of items in one state. The newest held and sold items are
            # always near the start.
            models.Index(
                fields=("state", "-id"),
                condition=Q(state__in=("selling", "shipping", "shipped")),
                name="inventory_item_under_way",
            ),
            # Reader: the expiry sweep, and the dashboard's pages of open windows by deadline.
            models.Index(
                fields=("environment", "expires_at", "id"),
                condition=Q(state="held", expired_at=None),
                name="inventory_item_window_open",
            ),
        )
        triggers = (
            pgtrigger.FSM(name="allowed_moves", field="state", transitions=list(ITEM_MOVES)),
        )

    def __str__(self) -> str:
        return self.public_id

    def window_is_open(self, now: datetime) -> bool:
        """Whether the item can be sold back at ``now``. Exactly at ``expires_at`` it can.

        After the sweep has closed its window it cannot.
        """
        return self.expired_at is None and (self.expires_at is None or now <= self.expires_at)

    def as_event(self) -> dict[str, Any]:
        """The fields of an event about this item."""
        return {
            "item_id": self.public_id,
            "user_id": self.collector.user_id,
            "pack": self.pack.public_id,
        }

"""What users hold: a collector's purchases, and one item for each card pulled."""

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
    """Collectors, as their callers ask for them."""

    def of(self, environment: Environment) -> CollectorQuerySet:
        """The users this environment has seen."""
        return self.filter(environment=environment)

    def called(self, user_id: str) -> CollectorQuerySet:
        """The collector with this whole id; none for a text no id can be (PostgreSQL's text holds
        no NUL).
        """
        return self.none() if "\0" in user_id else self.filter(user_id=user_id)

    def starting_with(self, start: str) -> CollectorQuerySet:
        """Collectors whose id starts so, letter case included; an empty start is all of them."""
        if "\0" in start:
            return self.none()
        return self.filter(user_id__startswith=start) if start else self.all()


class Collector(models.Model):
    """A partner's end user, by the partner's own ``user_id``; tracked from the first purchase
    on.
    """

    id = models.BigAutoField(primary_key=True)
    environment = models.ForeignKey(
        Environment, models.PROTECT, related_name="collectors", db_index=False
    )
    # C: compared by bytes, so that its index finds a prefix and leafs on, whatever the database's
    # language.
    user_id = models.CharField(max_length=255, db_collation="C")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = CollectorQuerySet.as_manager()

    class Meta:
        ordering = ("environment_id", "user_id")
        constraints = (
            # Reader: GET /inventory/:user_id and every purchase.
            models.UniqueConstraint(
                fields=("environment", "user_id"), name="inventory_collector_once"
            ),
            # Target of the references of purchases, items and payouts. Reader: the users' list,
            # newest first.
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
    mint_price = MoneyField("price of one pull", help_text="USD, as it was at the purchase.")
    voucher = models.BooleanField(
        default=False, help_text="Bought with a voucher: sells for at least the mint price."
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


# The allowed moves of an item. A trigger refuses any other, whoever writes.
ITEM_MOVES = (
    ("held", "sold"),
    ("held", "selling"),
    ("selling", "sold"),
    ("selling", "held"),
    ("held", "shipping"),
    ("shipping", "held"),
    ("shipping", "shipped"),
)


COUNTED_TO = 10_000  # a page never counts further: it must not slow down as the tables grow
NEVER_CLOSES, HAS_CLOSED = datetime(9998, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Capped:
    """A count that stops at ``COUNTED_TO``, and a sum in USD that is only whole below it."""

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
    """What one collector holds: how many items, what they sold for when pulled (USD), when the next
    window closes (if any will), the latest pull.
    """

    size: int
    value: Decimal
    closes: datetime | None
    latest: datetime


class ItemQuerySet(models.QuerySet["Item"]):
    """Items, in the language of the business."""

    def of(self, environment: Environment) -> ItemQuerySet:
        """One environment's items."""
        return self.filter(environment=environment)

    def named(self, public_id: str) -> ItemQuerySet:
        """Every pull of the card that the API knows by this id, sold since or not. Found by the
        card: sold items are in no index of ids.
        """
        if "\0" in public_id:
            return self.none()
        return self.filter(
            Q(card__mint_address=public_id) | Q(card__listing_id=public_id), public_id=public_id
        )

    def pks_of(self, public_ids: Collection[str]) -> dict[str, int]:
        """The keys of open items, by the ids that the API knows them by."""
        asked = [public_id for public_id in public_ids if "\0" not in public_id]
        return dict(self.open().filter(public_id__in=asked).values_list("public_id", "pk"))

    def open(self) -> ItemQuerySet:
        """Items whose card is out of the pack: everything but what was sold back."""
        return self.exclude(state="sold")

    def in_pool_of(self, environment: Environment) -> ItemQuerySet:
        """Items drawn from the same stock: all partners' in live, this sandbox's own otherwise."""
        return (
            self.filter(mode=Mode.LIVE)
            if environment.is_live
            else self.filter(environment=environment)
        )

    def in_inventory(self) -> ItemQuerySet:
        """What a user's inventory shows: neither sold back nor in a shipping order, newest
        first.
        """
        return self.filter(state__in=("held", "selling")).order_by("-purchased_at", "-id")

    def held(self) -> ItemQuerySet:
        """Items in their user's hands, with nothing under way."""
        return self.filter(state="held")

    def sellable(self, now: datetime) -> ItemQuerySet:
        """Held items whose window is open at ``now``."""
        return self.held().filter(Q(expires_at=None) | Q(expires_at__gte=now))

    def expiring(self, *, now: datetime, within: timedelta) -> ItemQuerySet:
        """Held items whose window closes between ``now`` and ``now + within``."""
        return self.closing_next(now).filter(expires_at__lte=now + within)

    def closing_next(self, now: datetime) -> ItemQuerySet:
        """Held items with a window still open at ``now``, the one that closes soonest first."""
        # ``expired_at`` says nothing new here, but lets the index of open windows answer.
        found = self.held().filter(expired_at=None, expires_at__gte=now)
        return found.order_by("expires_at", "id")

    def with_card(self) -> ItemQuerySet:
        """With everything a page or a price needs of an item: card, purchase, user, pack and its
        tiers. Two queries.
        """
        rows = self.select_related("card", "purchase", "collector", "pack")
        return rows.prefetch_related("pack__tiers")

    def with_value(self, *, live: bool) -> ItemQuerySet:
        """With ``value``, the market value an item is priced by: the card's own in live, the frozen
        one elsewhere.
        """
        return self.annotate(value=F("card__fmv") if live else F("fmv"))

    def with_closing(self, now: datetime) -> ItemQuerySet:
        """With ``closes``, for sorting: open windows by their end, then those that never close,
        then the closed.
        """
        return self.annotate(
            closes=Case(
                When(expires_at__isnull=True, then=Value(NEVER_CLOSES)),
                When(expires_at__lt=now, then=Value(HAS_CLOSED)),
                default=F("expires_at"),
            )
        )

    def size_and_value(self) -> Capped:
        """How many there are and what they sold for when pulled (USD), counted no further than
        ``COUNTED_TO``, in their own order, which an index answers for.
        """
        rows = self[: COUNTED_TO + 1]
        found = rows.aggregate(size=Count("pk"), value=Sum("buyback_price", default=Decimal(0)))
        return Capped(found["size"], found["value"])

    def held_by(self, collectors: Collection[Collector], *, now: datetime) -> dict[int, Holding]:
        """What each of these collectors holds at ``now``, by their pk; those who hold nothing are
        left out.
        """
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
    """One pull: a card in a user's hands.

    ``fmv``, ``buyback_percent`` and ``buyback_price`` (USD) are as they were at the pull; the
    sandbox sells at exactly that price, live re-prices at the sale. ``expires_at`` is the last
    instant that still sells; null never expires. ``expired_at`` is when the sweep closed the window
    and told of it: the item is still owned, and sells no more.
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
    )  # its environment's: partial indexes need it in the row
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
            # Reader: POST /vm/buyback, by the id the partner sends. A card pulled again later is
            # another row.
            models.UniqueConstraint(
                fields=("environment", "public_id"),
                condition=~Q(state="sold"),
                name="inventory_item_open_public_id",
            ),
            # One card is in one user's hands. Readers: a pull's search for cards nobody holds.
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
            # Reader: the admin's list of a card's pulls; also the check that a deleted card was
            # never pulled.
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
            # Reader: the admin's list of the items of one state; of the held and the sold, the
            # newest are never far.
            models.Index(
                fields=("state", "-id"),
                condition=Q(state__in=("selling", "shipping", "shipped")),
                name="inventory_item_under_way",
            ),
            # Reader: the expiry sweep, and the dashboard's queue of windows that close, soonest
            # first and page by page.
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
        """Whether the item still sells at ``now``; the very instant of ``expires_at`` does, what
        was swept does not.
        """
        return self.expired_at is None and (self.expires_at is None or now <= self.expires_at)

    def as_event(self) -> dict[str, Any]:
        """The fields an event about this item carries."""
        return {
            "item_id": self.public_id,
            "user_id": self.collector.user_id,
            "pack": self.pack.public_id,
        }

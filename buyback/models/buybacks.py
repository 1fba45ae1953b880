"""Money in USD: sellback attempts, ledger transfers and payouts."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Self, TypeVar

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Case, F, Q, When
from django.db.models.functions import Greatest
from django.utils.translation import gettext_lazy as _

from buyback.outcomes import Failure, FailureCode
from config.foundation.money import MoneyField, money_check, rounded_in_sql
from inventory.models import Collector, Item
from partners.models import Environment
from partners.models.constraints import CompositeForeignKey, same_environment
from partners.models.records import append_only, never_deleted, uuid_v7

Row = TypeVar("Row", bound=models.Model)
OPEN_STATES = ("claimed", "submitted", "unknown", "review")


# The allowed transitions of a buyback. A trigger refuses all others.
BUYBACK_MOVES = (
    ("claimed", "submitted"),
    ("claimed", "failed"),
    ("submitted", "settled"),
    ("submitted", "failed"),
    ("submitted", "unknown"),
    ("unknown", "settled"),
    ("unknown", "failed"),
    ("unknown", "review"),
    ("review", "settled"),
    ("review", "failed"),
)


class MoneyQuerySet(models.QuerySet[Row]):
    """Rows of one environment with an amount in USD and a creation time."""

    def of(self, environment: Environment) -> Self:
        """Rows of one environment."""
        return self.filter(environment=environment)

    def since(self, moment: datetime) -> Self:
        """Created at ``moment`` or later."""
        return self.filter(created_at__gte=moment)

    def in_days(self, first: date | None, last: date | None) -> Self:
        """Created between the start of one UTC day and the end of another; None: no bound."""
        found = (
            self.filter(created_at__gte=datetime.combine(first, time.min, UTC)) if first else self
        )
        if last is None or last == date.max:
            return found
        return found.filter(
            created_at__lt=datetime.combine(last + timedelta(days=1), time.min, UTC)
        )


class BuybackQuerySet(MoneyQuerySet["Buyback"]):
    """Queries for buybacks."""

    def unresolved(self) -> BuybackQuerySet:
        """Attempts with an open outcome."""
        return self.filter(state__in=OPEN_STATES)

    def settled(self) -> BuybackQuerySet:
        """Paid sellbacks."""
        return self.filter(state="settled")


class Buyback(models.Model):
    """One attempt to sell back one item, with the basis of its amount.

    ``amount`` = ``fmv`` × ``buyback_percent``, half up; for a voucher item at least ``mint_price``.
    The sandbox uses the item's frozen fmv, without the voucher rule. An instant sellback is written
    as settled, in one statement. One with a remote oracle or treasury is claimed first, then
    priced, and submitted before the payment is requested. Until ``lease_until`` the request with
    the lease works on it, afterwards the reconciler may.
    """

    class State(models.TextChoices):
        CLAIMED = "claimed", _("Claimed")
        SUBMITTED = "submitted", _("Submitted")
        SETTLED = "settled", _("Settled")
        FAILED = "failed", _("Failed")
        UNKNOWN = "unknown", _("Outcome unknown")
        REVIEW = "review", _("In review")

    id = models.UUIDField(primary_key=True, db_default=uuid_v7(), editable=False)
    environment = models.ForeignKey(
        Environment, models.PROTECT, related_name="buybacks", db_index=False
    )
    item = models.ForeignKey(
        Item, models.PROTECT, related_name="buybacks", db_index=False, db_constraint=False
    )
    state = models.CharField(max_length=9, choices=State.choices)
    fmv = MoneyField(
        "market value", null=True, blank=True, help_text="USD, at the time of the sellback."
    )
    buyback_percent = models.DecimalField(max_digits=5, decimal_places=4)
    mint_price = MoneyField("price of the pull")
    voucher = models.BooleanField(default=False)
    priced_at = models.DateTimeField(
        null=True, blank=True, help_text="When the market value was set."
    )
    amount = MoneyField(null=True, blank=True)
    treasury = models.CharField(
        max_length=200,
        blank=True,
        db_default="",
        help_text=(
            "The treasury it was submitted to, by address; no other is called. Empty: settled "
            "internally."
        ),
    )
    reference = models.CharField(
        max_length=60,
        blank=True,
        db_default="",
        help_text="The payment's reference at the treasury.",
    )
    # Spans of the caps that have counted it (``caps.py``).
    counted_in = ArrayField(
        models.CharField(max_length=40), default=list, db_default=[], editable=False
    )
    requested_by = models.CharField(
        max_length=300, help_text="The requester: a key, a member, or the system."
    )
    failure_code = models.CharField(
        max_length=40,
        blank=True,
        db_default="",
        help_text="Why it failed, or why its outcome is not known (``outcomes.FailureCode``).",
    )
    failure_detail = models.CharField(
        max_length=100, blank=True, db_default="", help_text="What the peer said, where one did."
    )
    created_at = models.DateTimeField()
    submitted_at = models.DateTimeField(
        null=True, blank=True, help_text="When the payment was first requested."
    )
    lease_until = models.DateTimeField(null=True, blank=True)
    completed_at = models.DateTimeField(null=True, blank=True)

    objects = BuybackQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-id")
        permissions = (
            ("resolve_review", "Can reconcile open sellbacks and resolve those in review"),
        )
        constraints = (
            # Referenced by payouts and transfers: they pay exactly what was sold, to the cent.
            models.UniqueConstraint(
                fields=("environment", "id", "amount"), name="buyback_buyback_tenant_amount"
            ),
            same_environment("item", "inventory_item", name="buyback_buyback_item_same_env"),
            # An item is paid for once: one settled sellback, and one open attempt at a time.
            models.UniqueConstraint(
                fields=("item",),
                condition=Q(state="settled"),
                name="buyback_buyback_one_settled_per_item",
            ),
            models.UniqueConstraint(
                fields=("item",),
                condition=Q(state__in=OPEN_STATES),
                name="buyback_buyback_one_open_per_item",
            ),
            models.CheckConstraint(
                condition=Q(
                    state__in=("claimed", "submitted", "settled", "failed", "unknown", "review")
                ),
                name="buyback_buyback_state_known",
            ),
            money_check("fmv", name="buyback_buyback_fmv_bounds"),
            money_check("mint_price", name="buyback_buyback_mint_price_bounds"),
            money_check("amount", name="buyback_buyback_amount_bounds"),
            models.CheckConstraint(
                condition=Q(buyback_percent__gt=0, buyback_percent__lte=1),
                name="buyback_buyback_percent_bounds",
            ),
            models.CheckConstraint(
                condition=Q(
                    amount=Case(
                        When(
                            voucher=True,
                            then=Greatest(
                                F("mint_price"), rounded_in_sql(F("fmv") * F("buyback_percent"))
                            ),
                        ),
                        default=rounded_in_sql(F("fmv") * F("buyback_percent")),
                    )
                ),
                name="buyback_buyback_amount_recomputes",
            ),
            models.CheckConstraint(
                condition=Q(state__in=("settled", "failed"), completed_at__isnull=False)
                | (~Q(state__in=("settled", "failed")) & Q(completed_at=None)),
                name="buyback_buyback_completed_has_its_time",
            ),
            models.CheckConstraint(
                condition=Q(state__in=("claimed", "failed"))
                | Q(fmv__isnull=False, priced_at__isnull=False, amount__isnull=False),
                name="buyback_buyback_priced_before_money",
            ),
            models.CheckConstraint(
                condition=Q(state__in=OPEN_STATES, lease_until__isnull=False)
                | (~Q(state__in=OPEN_STATES) & Q(lease_until=None)),
                name="buyback_buyback_open_has_a_lease",
            ),
            models.CheckConstraint(
                condition=Q(treasury="", reference="") | (~Q(treasury="") & ~Q(reference="")),
                name="buyback_buyback_treasury_has_a_reference",
            ),
            # One reference for each submission: the treasury pays each once.
            models.UniqueConstraint(
                fields=("reference",),
                condition=~Q(reference=""),
                name="buyback_buyback_reference_once",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=("submitted", "unknown", "review"))
                | Q(submitted_at__isnull=False),
                name="buyback_buyback_submitted_has_its_time",
            ),
        )
        indexes = (
            # Reader: the pages of sellbacks and totals of a day, newest first.
            models.Index(
                fields=("environment", "-created_at", "-id"), name="buyback_buyback_newest"
            ),
            # Reader: an item's latest sellback.
            models.Index(fields=("item", "-created_at"), name="buyback_buyback_by_item"),
            # Reader: the reconciler, longest waiting first.
            models.Index(
                fields=("lease_until",),
                condition=Q(state__in=OPEN_STATES),
                name="buyback_buyback_unresolved",
            ),
            # Reader: the admin's list of sellbacks in one state. The newest settled ones are always
            # near the start.
            models.Index(
                fields=("state", "-id"),
                condition=Q(state__in=(*OPEN_STATES, "failed")),
                name="buyback_buyback_not_settled",
            ),
            # Reader: the page of sellbacks, filtered by state. Instant sellbacks are settled and do
            # not pay for this index.
            models.Index(
                fields=("environment", "state", "-created_at", "-id"),
                condition=~Q(state="settled"),
                name="buyback_buyback_by_state",
            ),
            # Reader: a day's statement, for failed attempts.
            models.Index(
                fields=("environment", "completed_at"),
                condition=Q(state="failed"),
                name="buyback_buyback_failed",
            ),
            # Reader: the page of sellbacks, filtered by the member who requested. Only dashboard
            # sellbacks are in it.
            models.Index(
                fields=("environment", "requested_by", "-created_at", "-id"),
                condition=Q(requested_by__startswith="user:"),
                name="buyback_buyback_by_member",
            ),
        )
        triggers = (
            pgtrigger.FSM(name="allowed_moves", field="state", transitions=list(BUYBACK_MOVES)),
            # Records state changes (models/moves.py). Not on INSERT, so that an instant sellback
            # does not pay for it.
            pgtrigger.Trigger(
                name="trail_of_moves",
                when=pgtrigger.After,
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(
                    "OLD.state IS DISTINCT FROM NEW.state"
                    " OR OLD.failure_code IS DISTINCT FROM NEW.failure_code"
                    " OR OLD.failure_detail IS DISTINCT FROM NEW.failure_detail"
                ),
                func="""
                    INSERT INTO public.buyback_move
                           (buyback_id, before, after, answer, by, created_at)
                    VALUES (NEW.id, OLD.state, NEW.state,
                            left(concat_ws(': ', nullif(NEW.failure_code, ''),
                                           nullif(NEW.failure_detail, '')), 100),
                            coalesce(current_setting('sellback.by', true), ''), clock_timestamp());
                    RETURN NULL;
                """,
            ),
            # Every sellback by a person is in the audit log, also one by hand in psql. Those of
            # partners' servers only evaluate the condition.
            pgtrigger.Trigger(
                name="audits_people",
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                condition=pgtrigger.Condition("NEW.requested_by LIKE 'user:%'"),
                func="""
                    INSERT INTO public.partners_auditentry
                           (partner_id, actor, action, target, after, request_id)
                    SELECT partner_id, NEW.requested_by, 'buyback.requested',
                           'buyback.buyback:' || NEW.id,
                           jsonb_build_object('item', NEW.item_id, 'amount', NEW.amount::text), ''
                      FROM public.partners_environment WHERE id = NEW.environment_id;
                    RETURN NULL;
                """,
            ),
        )

    def __str__(self) -> str:
        return str(self.id)

    @property
    def failure(self) -> Failure | None:
        """Why it failed, or why its outcome is not known."""
        if not self.failure_code:
            return None
        return Failure(FailureCode(self.failure_code), self.failure_detail)


class Transfer(models.Model):
    """One line of the ledger: ``amount`` from one account of the environment to another.

    Insert-only. A transfer debits and credits the same amount, so the ledger always balances;
    balances are sums of transfers.
    """

    class Account(models.TextChoices):
        TREASURY = "treasury", _("Treasury")  # Phygitals' money
        IN_FLIGHT = "in_flight", _("In flight")  # requested from a remote treasury, outcome unknown
        PAID_OUT = "paid_out", _("Paid out")  # with the users

    id = models.UUIDField(primary_key=True, db_default=uuid_v7(), editable=False)
    environment = models.ForeignKey(
        Environment, models.PROTECT, related_name="transfers", db_index=False
    )
    buyback = models.ForeignKey(
        Buyback, models.PROTECT, related_name="transfers", db_index=False, db_constraint=False
    )
    debit = models.CharField("from", max_length=9, choices=Account.choices)
    credit = models.CharField("to", max_length=9, choices=Account.choices)
    amount = MoneyField()
    created_at = models.DateTimeField()

    class Meta:
        ordering = ("-created_at", "-id")
        permissions = (("check_ledger", "Can check every rule of the ledger"),)
        constraints = (
            CompositeForeignKey(
                columns=("environment_id", "buyback_id", "amount"),
                to_table="buyback_buyback",
                to_columns=("environment_id", "id", "amount"),
                name="buyback_transfer_amount_is_the_sales",
            ),
            # Money is paid to the user once. Also the reader of a sellback's ledger lines.
            models.UniqueConstraint(
                fields=("buyback", "debit", "credit"), name="buyback_transfer_once"
            ),
            models.UniqueConstraint(
                fields=("buyback",),
                condition=Q(credit="paid_out"),
                name="buyback_transfer_paid_out_once",
            ),
            money_check("amount", name="buyback_transfer_amount_bounds"),
            models.CheckConstraint(
                condition=~Q(debit=F("credit")), name="buyback_transfer_two_accounts"
            ),
            models.CheckConstraint(
                condition=Q(
                    debit__in=("treasury", "in_flight", "paid_out"),
                    credit__in=("treasury", "in_flight", "paid_out"),
                ),
                name="buyback_transfer_account_known",
            ),
            # A reversal returns the money to Phygitals.
            models.CheckConstraint(
                condition=~Q(debit="paid_out") | Q(credit="treasury"),
                name="buyback_transfer_back_to_the_treasury",
            ),
        )
        indexes = (
            # Reader: the ledger, newest first.
            models.Index(
                fields=("environment", "-created_at", "-id"), name="buyback_transfer_newest"
            ),
        )
        triggers = (
            *append_only(),
            # Names its schema: a temporary table of the same name would come first.
            pgtrigger.Trigger(
                name="back_only_by_reversal",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                condition=pgtrigger.Condition("NEW.debit = 'paid_out' AND NEW.credit = 'treasury'"),
                func="""
                    IF NOT EXISTS (SELECT FROM public.buyback_reversal reversal
                                    WHERE reversal.environment_id = NEW.environment_id
                                      AND reversal.buyback_id = NEW.buyback_id
                                      AND reversal.amount = NEW.amount
                                      AND reversal.confirmed_at IS NOT NULL) THEN
                        RAISE EXCEPTION 'paid money comes back only by a confirmed reversal'
                            USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
        )

    def __str__(self) -> str:
        return f"{self.amount} USD {self.debit} → {self.credit}"


# The allowed transitions of a payout.
PAYOUT_MOVES = (("pending", "paid"), ("pending", "failed"))


class PayoutQuerySet(MoneyQuerySet["Payout"]):
    """Queries for payouts."""

    def paid(self) -> PayoutQuerySet:
        """Payouts that were paid to their user."""
        return self.filter(state="paid")


class Payout(models.Model):
    """A payment by Phygitals to a user for one settled sellback."""

    class State(models.TextChoices):
        PENDING = "pending", _("Pending")
        PAID = "paid", _("Paid")
        FAILED = "failed", _("Failed")

    id = models.UUIDField(primary_key=True, db_default=uuid_v7(), editable=False)
    environment = models.ForeignKey(
        Environment, models.PROTECT, related_name="payouts", db_index=False
    )
    buyback = models.OneToOneField(
        Buyback, models.PROTECT, related_name="payout", db_constraint=False
    )
    collector = models.ForeignKey(
        Collector, models.PROTECT, related_name="payouts", db_index=False, db_constraint=False
    )
    amount = MoneyField()
    state = models.CharField(max_length=7, choices=State.choices)
    created_at = models.DateTimeField()
    paid_at = models.DateTimeField(null=True, blank=True)

    objects = PayoutQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-id")
        constraints = (
            CompositeForeignKey(
                columns=("environment_id", "buyback_id", "amount"),
                to_table="buyback_buyback",
                to_columns=("environment_id", "id", "amount"),
                name="buyback_payout_amount_is_the_sales",
            ),
            same_environment(
                "collector", "inventory_collector", name="buyback_payout_collector_same_env"
            ),
            money_check("amount", name="buyback_payout_amount_bounds"),
            models.CheckConstraint(
                condition=Q(state__in=("pending", "paid", "failed")),
                name="buyback_payout_state_known",
            ),
            models.CheckConstraint(
                condition=Q(state="paid", paid_at__isnull=False)
                | (~Q(state="paid") & Q(paid_at=None)),
                name="buyback_payout_paid_has_its_time",
            ),
        )
        indexes = (
            # Reader: the pages of payouts and totals of a day, newest first.
            models.Index(
                fields=("environment", "-created_at", "-id"), name="buyback_payout_newest"
            ),
            # Reader: a user's payouts, newest first.
            models.Index(fields=("collector", "-created_at", "-id"), name="buyback_payout_by_user"),
            # Reader: the page of payouts, filtered by state, and its totals. Empty while all
            # payouts are instant.
            models.Index(
                fields=("environment", "state", "-created_at", "-id"),
                condition=~Q(state="paid"),
                name="buyback_payout_by_state",
            ),
        )
        triggers = (
            pgtrigger.FSM(name="allowed_moves", field="state", transitions=list(PAYOUT_MOVES)),
            *never_deleted(),
        )

    def __str__(self) -> str:
        return str(self.id)

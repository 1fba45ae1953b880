"""What a remote treasury reports, and where it and our sellbacks differ."""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from buyback.models.buybacks import Buyback
from partners.models import DualControl

# The allowed transitions of a difference.
DIFFERENCE_MOVES = (
    ("open", "agreed"),
    ("open", "resolved"),
    ("agreed", "open"),
    ("resolved", "open"),
)


class TreasuryReport(models.Model):
    """One remote treasury: its balance in USD, and how far its list of payments has been read.

    A pass reads the list from ``since`` on, page by page. It began at ``started_at`` and is under
    way while ``reading``. It ends with a comparison, whose time is ``compared_at``.
    """

    id = models.BigAutoField(primary_key=True)
    name = models.CharField(max_length=200, unique=True)  # as ``Buyback.treasury``
    balance = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    balance_at = models.DateTimeField(null=True)  # of the last response, also of "none reported"
    reading = models.BooleanField(default=False)
    since = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(db_default=Now())
    cursor = models.CharField(max_length=200, blank=True)  # of the next page; empty: the first
    compared_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(balance=None) | Q(balance_at__isnull=False),
                name="buyback_treasuryreport_balance_has_its_time",
            ),
            models.CheckConstraint(
                condition=Q(reading=True) | Q(cursor=""),
                name="buyback_treasuryreport_cursor_of_a_pass",
            ),
        )

    def __str__(self) -> str:
        return self.name


class ListedPayment(models.Model):
    """What the treasury's list says of one reference, in the pass that read it last.

    ``amount`` adds up the list's rows, so a reference that was paid twice differs from ours. The
    next pass deletes all rows of the treasury and reads the list again.
    """

    id = models.BigAutoField(primary_key=True)
    report = models.ForeignKey(TreasuryReport, models.CASCADE, related_name="+", db_index=False)
    reference = models.CharField(max_length=128)
    currency = models.CharField(max_length=3)
    amount = models.DecimalField(max_digits=20, decimal_places=2)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("report", "reference", "currency"), name="buyback_listedpayment_once"
            ),
        )

    def __str__(self) -> str:
        return self.reference


class Difference(models.Model):
    """One way in which the treasury's list and our sellbacks differ about a payment.

    It is open until both agree, or until two people have resolved it. It opens again when the
    difference comes back, or when its figures change after that.
    """

    class Kind(models.TextChoices):
        NOT_SETTLED = "not_settled", "Paid there, not settled here"
        MISSING = "missing", "Settled here, missing there"
        AMOUNT = "amount", "Amounts differ"
        CURRENCY = "currency", "Currencies differ"

    class State(models.TextChoices):
        OPEN = "open", "Open"
        AGREED = "agreed", "Both agree"
        RESOLVED = "resolved", "Resolved"

    id = models.BigAutoField(primary_key=True)
    report = models.ForeignKey(
        TreasuryReport,
        models.PROTECT,
        related_name="differences",
        db_index=False,
        verbose_name="treasury",
    )
    kind = models.CharField(max_length=11, choices=Kind.choices)
    reference = models.CharField(max_length=128)
    # Null: no sellback of ours has the reference.
    buyback = models.ForeignKey(
        Buyback, models.PROTECT, null=True, related_name="differences", db_index=False
    )
    our_state = models.CharField(max_length=9, choices=Buyback.State.choices, blank=True)
    our_amount = models.DecimalField(max_digits=20, decimal_places=2, null=True)
    their_amount = models.DecimalField(max_digits=20, decimal_places=2, null=True)
    their_currency = models.CharField(max_length=3, blank=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    first_seen = models.DateTimeField(db_default=Now())
    last_seen = models.DateTimeField(db_default=Now())
    closed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-id",)
        permissions = (
            ("resolve_difference", "Can propose and confirm that a difference is resolved"),
        )
        constraints = (
            # Also the reader of the comparison and of the admin's search by reference.
            models.UniqueConstraint(
                fields=("reference", "report", "kind"), name="buyback_difference_once"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=("not_settled", "missing", "amount", "currency")),
                name="buyback_difference_kind_known",
            ),
            models.CheckConstraint(
                condition=Q(state="open", closed_at=None)
                | Q(state__in=("agreed", "resolved"), closed_at__isnull=False),
                name="buyback_difference_closed_has_its_time",
            ),
            # Every kind but a payment we know nothing of is about a sellback.
            models.CheckConstraint(
                condition=Q(buyback__isnull=False) | Q(kind="not_settled"),
                name="buyback_difference_of_a_sale",
            ),
        )
        indexes = (
            # Reader: the queue, the home page's count, and the comparison.
            models.Index(
                fields=("report", "-id"), condition=Q(state="open"), name="buyback_difference_open"
            ),
        )
        triggers = (
            pgtrigger.FSM(name="allowed_moves", field="state", transitions=list(DIFFERENCE_MOVES)),
            pgtrigger.Protect(name="kept", operation=pgtrigger.Delete),
            # Two people resolve: their confirmed decision has exactly the time of the end.
            pgtrigger.Trigger(
                name="resolved_by_two_people",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                condition=pgtrigger.Condition("NEW.state = 'resolved'"),
                func="""
                    IF NOT EXISTS (SELECT 1 FROM public.buyback_resolution
                                    WHERE difference_id = NEW.id
                                      AND confirmed_at = NEW.closed_at) THEN
                        RAISE EXCEPTION 'only two people resolve a difference';
                    END IF;
                    RETURN NEW;
                """,
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.reference}"


class Resolution(DualControl):
    """One admin's proposal that a difference is resolved. It moves no money."""

    difference = models.ForeignKey(
        Difference, models.PROTECT, related_name="resolutions"
    )  # index: a difference's page

    class Meta(DualControl.Meta):
        constraints = (
            *DualControl.Meta.constraints,
            models.UniqueConstraint(
                fields=("difference",),
                condition=Q(confirmed_at=None),
                name="buyback_resolution_one_proposal",
            ),
        )

    def __str__(self) -> str:
        return f"{self.difference_id}: {self.reason}"

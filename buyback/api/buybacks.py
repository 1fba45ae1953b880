"""Histories of money (contract, section 9): ``GET /buybacks`` and ``GET /payouts``, in USD."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from buyback.models import Buyback, Payout
from buyback.models.buybacks import OPEN_STATES
from buyback.sellback.status import WORDS
from inventory.models import Collector, Item
from partners.api import query
from partners.api.history import HistoryView

STATES = {"pending": OPEN_STATES, "completed": ("settled",), "failed": ("failed",)}


class Buybacks(HistoryView):
    """``GET /buybacks``: every sellback with its outcome."""

    name, filters = "buybacks", ("status", "user_id", "item_id")
    columns = (
        "id", "item_id", "user_id", "status", "amount", "fmv", "buyback_percent", "created_at",
        "completed_at",
        "payout_id", "requested_by",
    )  # fmt: skip

    def rows(self, sent: dict[str, str]) -> QuerySet[Any]:
        found = Buyback.objects.of(self.environment).select_related("item__collector", "payout")
        status = query.one_of(sent, "status", STATES)
        if status is not None:
            found = found.filter(state__in=STATES[status])
        if "user_id" in sent:
            users = Collector.objects.of(self.environment).called(sent["user_id"])
            found = found.filter(item__in=Item.objects.filter(collector__in=users))
        if "item_id" in sent:
            found = found.filter(item__in=Item.objects.of(self.environment).named(sent["item_id"]))
        return found

    def record(self, row: Buyback) -> dict[str, Any]:
        payout = getattr(row, "payout", None)
        return {
            "id": row.pk,
            "item_id": row.item.public_id,
            "user_id": row.item.collector.user_id,
            "status": WORDS.get(Buyback.State(row.state), "pending"),
            "amount": row.amount,
            "fmv": row.fmv,
            "buyback_percent": float(row.buyback_percent),
            "created_at": row.created_at,
            "completed_at": row.completed_at,
            "payout_id": None if payout is None else payout.pk,
            "requested_by": row.requested_by,
        }


class Payouts(HistoryView):
    """``GET /payouts``: what Phygitals paid to the users."""

    name, filters = "payouts", ("status", "user_id", "item_id")
    columns = (
        "id",
        "buyback_id",
        "item_id",
        "user_id",
        "status",
        "amount",
        "created_at",
        "paid_at",
    )

    def rows(self, sent: dict[str, str]) -> QuerySet[Any]:
        found = Payout.objects.of(self.environment).select_related("collector", "buyback__item")
        status = query.one_of(sent, "status", Payout.State.values)
        if status is not None:
            found = found.filter(state=status)
        if "user_id" in sent:
            found = found.filter(
                collector__in=Collector.objects.of(self.environment).called(sent["user_id"])
            )
        if "item_id" in sent:
            found = found.filter(
                buyback__item__in=Item.objects.of(self.environment).named(sent["item_id"])
            )
        return found

    def record(self, row: Payout) -> dict[str, Any]:
        return {
            "id": row.pk,
            "buyback_id": row.buyback_id,
            "item_id": row.buyback.item.public_id,
            "user_id": row.collector.user_id,
            "status": row.state,
            "amount": row.amount,
            "created_at": row.created_at,
            "paid_at": row.paid_at,
        }

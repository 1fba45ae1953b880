"""Orders lose their address some time after they ended. Everything else of them stays."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Coalesce

from config.foundation import clock
from inventory.models import ShippingOrder
from inventory.models.shipping import ENDED

BATCH = 500  # orders erased in one transaction
MOST = 50_000  # of one run; the rest is the next run's


def erased(destination: dict[str, Any]) -> dict[str, Any]:
    """The destination with the same keys, and only its country left. Null stays null."""
    return {
        field: value if field == "country" or value is None else ""
        for field, value in destination.items()
    }


def erase_old(*, now: datetime | None = None, most: int = MOST) -> int:
    """Erase addresses of orders that ended ``ADDRESS_RETENTION_DAYS`` ago; returns how many.

    A sandbox's clock is never behind real time, so none of its addresses is erased too early.
    Repeatable, also in parallel.
    """
    moment = now or clock.now()
    before, gone = moment - timedelta(days=settings.ADDRESS_RETENTION_DAYS), 0
    while gone < most:
        with transaction.atomic():
            rows = list(
                ShippingOrder.objects.annotate(over=Coalesce("delivered_at", "ended_at"))
                .filter(state__in=ENDED, erased_at=None, over__lt=before)
                .order_by("over")
                .select_for_update(no_key=True, skip_locked=True, of=("self",))[
                    : min(BATCH, most - gone)
                ]
            )
            for order in rows:
                order.destination, order.erased_at = erased(order.destination), moment
            ShippingOrder.objects.bulk_update(rows, ["destination", "erased_at"])
        gone += len(rows)
        if len(rows) < BATCH:
            break
    return gone

"""The hash chain of each environment's ledger."""

from __future__ import annotations

from django.db import models

from buyback.models.buybacks import Transfer
from partners.models import Environment
from partners.models.chain import Link
from partners.models.records import append_only


class TransferLink(Link):
    """A link of an environment's chain of transfers. A task writes it, no sellback does."""

    row = models.OneToOneField(Transfer, models.PROTECT, related_name="+")
    environment = models.ForeignKey(Environment, models.PROTECT, related_name="+", db_index=False)

    class Meta(Link.Meta):
        constraints = (
            # Reader: the end of a chain, and each link's predecessor.
            models.UniqueConstraint(
                fields=("environment", "position"), name="buyback_transferlink_once"
            ),
            models.CheckConstraint(
                condition=models.Q(position__gte=1), name="buyback_transferlink_from_one"
            ),
        )
        triggers = append_only()

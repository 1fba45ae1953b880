"""Hash chains: a link holds a digest over the link before and a row as it was then."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from partners.models.records import AuditEntry, append_only


class Link(models.Model):
    """One link of a chain (``partners/records/chain.py``)."""

    id = models.BigAutoField(primary_key=True)
    position = models.PositiveBigIntegerField()  # in its chain, from 1
    digest = models.BinaryField(max_length=32)  # SHA-256
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        abstract = True
        ordering = ("position",)

    def __str__(self) -> str:
        return f"{self.position}: {bytes(self.digest).hex()}"


class AuditLink(Link):
    """The chain of all audit entries, of partners and of Phygitals: they have no environment."""

    row = models.OneToOneField(AuditEntry, models.PROTECT, related_name="+")

    class Meta(Link.Meta):
        constraints = (
            # Reader: the end of the chain, and each link's predecessor.
            models.UniqueConstraint(fields=("position",), name="partners_auditlink_once"),
            models.CheckConstraint(
                condition=models.Q(position__gte=1), name="partners_auditlink_from_one"
            ),
        )
        triggers = append_only()

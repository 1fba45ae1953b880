"""The previewed list of a bulk sellback, signed, with its own token, for confirmation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID, uuid4

from django.core import signing

from partners.models import Environment

SALT = "dashboard.order"
AGE = 3600  # seconds; each item is checked against the price that was shown in any case


@dataclass(frozen=True)
class Selection:
    """Items' rows, each with the amount (USD) that was shown."""

    token: UUID
    chosen: list[tuple[int, Decimal]]


def signed(here: Environment, chosen: Sequence[tuple[int, Decimal]]) -> str:
    """A new selection for the form."""
    listed = [[pk, str(amount)] for pk, amount in chosen]
    return signing.dumps([here.pk, str(uuid4()), listed], salt=SALT, compress=True)


def read(text: str, here: Environment) -> Selection | None:
    """The selection in a form of this environment; None if invalid or too old."""
    try:
        environment, token, listed = signing.loads(text, salt=SALT, max_age=AGE)
    except signing.BadSignature:
        return None
    if environment != here.pk or not listed:
        return None
    return Selection(UUID(token), [(pk, Decimal(amount)) for pk, amount in listed])

"""A simulated oracle and treasury: slow, failing, declining, but never paying twice."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

from buyback.live import oracle, treasury

FATES = ("paid", "paid", "paid", "declined", "lost", "answer lost", "late", "garbled")


@dataclass
class SimulatedTreasury:
    """``paid``: amounts by reference, one for each real payment; ``payees``: their recipients."""

    random: Random
    now: datetime
    honest: bool = False
    paid: dict[str, list[Decimal]] = field(default_factory=dict)
    payees: list[str] = field(default_factory=list)
    declined: set[str] = field(default_factory=set)
    coming: list[tuple[datetime, str, Decimal, str]] = field(
        default_factory=list
    )  # delayed requests

    def pay(self, *, reference: str, amount: Decimal, recipient: str) -> treasury.Outcome:
        """A payment request; the same reference is the same payment."""
        self.arrive()
        fate = "paid" if self.honest else self.random.choice(FATES)
        if fate == "late":
            after = timedelta(seconds=self.random.choice((3, 20, 50, 200)))
            self.coming.append((self.now + after, reference, amount, recipient))
        if fate in ("lost", "late"):
            return treasury.Unknown(treasury.Why.TIMEOUT)
        self._apply(reference, amount, recipient, declines=fate == "declined")
        if fate == "answer lost":
            return treasury.Unknown(treasury.Why.TIMEOUT)
        if fate == "garbled":
            return treasury.Unknown(treasury.Why.MALFORMED)
        return self._known(reference, amount) or treasury.NotFound()

    def ask(self, *, reference: str, amount: Decimal) -> treasury.Outcome:
        """The outcome of a reference."""
        self.arrive()
        if not self.honest and self.random.random() < 0.3:
            return treasury.Unknown(treasury.Why.UNREACHABLE)
        return self._known(reference, amount) or treasury.NotFound()

    def arrive(self) -> None:
        """Apply delayed requests that are due."""
        due = [one for one in self.coming if one[0] <= self.now]
        self.coming = [one for one in self.coming if one[0] > self.now]
        for _, reference, amount, recipient in due:
            self._apply(reference, amount, recipient, declines=False)

    def _apply(self, reference: str, amount: Decimal, recipient: str, *, declines: bool) -> None:
        if reference in self.paid or reference in self.declined:
            return
        if declines:
            self.declined.add(reference)
        else:
            self.paid.setdefault(reference, []).append(amount)
            self.payees.append(recipient)

    def _known(self, reference: str, amount: Decimal) -> treasury.Outcome | None:
        if reference in self.paid:
            same = self.paid[reference] == [amount]
            return (
                treasury.Paid()
                if same
                else treasury.Mismatch(treasury.Differs.AMOUNT, str(self.paid[reference]))
            )
        return treasury.Declined("funds") if reference in self.declined else None


@dataclass
class SimulatedOracle:
    """A price by item, changed by the schedule; sometimes unreachable."""

    random: Random
    now: datetime
    prices: dict[str, Decimal] = field(default_factory=dict)

    def fetch(self, *, item_id: str, last_fmv: Decimal, now: datetime) -> oracle.OraclePrice:
        """Raises PriceUnavailable one time in eight."""
        if self.random.random() < 0.125:
            raise oracle.PriceUnavailable(
                self.random.choice((oracle.Reason.TIMEOUT, oracle.Reason.STALE))
            )
        return oracle.OraclePrice(self.prices[item_id], self.now)

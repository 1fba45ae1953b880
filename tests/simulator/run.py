"""One run: the world and schedule of a seed, executed and checked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from functools import wraps
from random import Random
from threading import BoundedSemaphore
from typing import Any
from unittest.mock import patch

from django.conf import settings

from buyback.live import breakers, gateway, oracle, reconciler, steps, treasury
from buyback.models import Buyback, TreasuryControl
from buyback.outcomes import Sale
from buyback.sellback import sell_back
from config.foundation.errors import Refusal
from config.peers import outbound
from config.peers.breaker import Breaker
from inventory.models import Item
from inventory.shipping import fulfilment, orders
from inventory.windows import sweep
from partners.models import Environment
from partners.records.actor import SYSTEM
from tests.books import broken_rules
from tests.shipments import make_quote
from tests.simulator.backup import Backup
from tests.simulator.peers import SimulatedOracle, SimulatedTreasury
from tests.simulator.stage import Stage
from tests.world import NOW, make_environment, make_item

STEPS = ("claim", "submit", "settle", "fail", "park", "send_to_review", "take_lease")
CALLS = ("price", "pay", "ask")


class Unsound(AssertionError):
    """The ledger is wrong, or differs from the treasury."""


@dataclass
class Run:
    """A seed's world. ``trace`` records events in order."""

    seed: int
    stage: Stage
    random: Random = field(init=False)
    now: datetime = NOW
    items: list[Item] = field(default_factory=list)
    sold: list[tuple[Sale, Decimal]] = field(default_factory=list)
    backup: Backup | None = None
    trace: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.random = Random(self.seed)
        self.oracle = SimulatedOracle(self.random, self.now)
        self.treasuries = {
            name: SimulatedTreasury(self.random, self.now) for name in ("simulated", "elsewhere")
        }
        self.environment = make_environment()
        for _ in range(self.random.choice((1, 1, 2))):
            window = self.random.choice((None, 5, 40, 600))
            expires_at = None if window is None else NOW + timedelta(seconds=window)
            voucher = self.random.random() < 0.3
            item = make_item(self.environment, expires_at=expires_at, voucher=voucher)
            self.oracle.prices[item.public_id] = item.card.fmv
            self.items.append(item)
        self._set_caps()
        # One run in six loses its database and gets a backup; one in six switches to another
        # treasury and back.
        fate = self.random.randrange(6)
        self.backup_at, self.disaster_at = sorted(self.random.randrange(4, 40) for _ in range(2))
        self.restores, self.moves = fate == 0, fate == 1

    def _set_caps(self) -> None:
        """One time in five, a platform cap (``spend_cap``) that fits about one sellback."""
        self.cap: Decimal | None = Decimal(100) if self.random.random() < 0.2 else None
        TreasuryControl.objects.update_or_create(pk=1, defaults={"cap_per_partner_day": self.cap})

    def play(self) -> None:
        """Run the schedule, finish all work, then check. Raises Unsound, or an actor's error."""
        third = self.random.choice((self._seller, self._shipper))
        cast: list[Callable[[], None]] = [
            self._seller,
            self._seller,
            third,
            self._reconciler,
            self._weather,
        ]
        cast += [self._reconciler] if self.random.random() < 0.5 else [self._sweeper]
        deaths = self.random.choice((0.0, 0.03, 0.12))
        with self._directed():
            self.stage.run(
                cast, random=self.random, deaths=deaths, trace=self.trace, between=self._between
            )
            if self.backup is not None:
                self._restore(self.backup)
                self.stage.run(
                    cast,
                    random=self.random,
                    deaths=deaths,
                    trace=self.trace,
                    between=lambda _: False,
                )
            self._come_to_rest()
        self._judge()

    def _between(self, turn: int) -> bool:
        """Take the backup at its turn; return whether the database and all processes are lost."""
        if self.restores and turn == self.backup_at:
            self.backup = Backup()
        return self.restores and turn > self.disaster_at

    def _restore(self, backup: Backup) -> None:
        """Restore the backup, while the treasury remembers its payments."""
        backup.restore()
        self.trace.append("the database is the backup's")
        # sellers' responses may be lost, but no item may be paid for twice
        self.sold.clear()

    # --- the cast ---------------------------------------------------------------------------------

    def _seller(self) -> None:
        for _ in range(self.random.choice((1, 2))):
            item = self.random.choice(self.items)
            floor = self.random.choice((None, None, Decimal(60)))
            try:
                sale = sell_back.sell_back(
                    environment=self.environment,
                    item_id=item.public_id,
                    by=SYSTEM,
                    min_amount=floor,
                )
                self.sold.append((sale, floor or Decimal(0)))
            except Refusal as refusal:
                self.trace.append(f"refused {type(refusal).__name__}")

    def _shipper(self) -> None:
        """Orders items that may be selling, then moves the order on, or gives it up."""
        for _ in range(self.random.choice((1, 2))):
            chosen = self.random.sample(self.items, self.random.randint(1, len(self.items)))
            until = self.now + timedelta(minutes=15)
            offer = make_quote(self.environment, *chosen, created_at=self.now, expires_at=until)
            rate = f"{offer.pk}{orders.BETWEEN}standard"
            self.stage.pause("quoted")
            try:
                order = orders.place(environment=self.environment, rate_id=rate, by=SYSTEM)
                for to in self.random.choices(
                    (None, None, None, "cancelled", "failed"), k=self.random.randrange(4)
                ):
                    self.stage.pause(f"an order is {order.state}")
                    order = fulfilment.advance(order=order, by=SYSTEM, to=to)
            except Refusal as refusal:
                self.trace.append(f"refused {type(refusal).__name__}")

    def _reconciler(self) -> None:
        for _ in range(3):
            self.stage.pause("reconciler waits")
            reconciler.reconcile_all(now=self.now)

    def _sweeper(self) -> None:
        for _ in range(2):
            self.stage.pause("sweeper waits")
            sweep.close_batch(now=self.now)

    def _weather(self) -> None:
        for _ in range(self.random.randint(2, 6)):
            self.stage.pause("weather")
            self._pass(self.random.choice((1, 4, 16, 31, 70)))
            if self.moves:
                self._ask(self.random.choice(list(self.treasuries)))
            item = self.random.choice(self.items)
            self.oracle.prices[item.public_id] = Decimal(self.random.randint(4000, 16000)) / 100

    def _pass(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)
        self.oracle.now = self.now
        for peer in self.treasuries.values():
            peer.now = self.now
        self.trace.append(f"+{seconds}s")

    def _ask(self, name: str) -> None:
        """Configure this treasury from now on."""
        settings.TREASURY_URL = name
        self.trace.append(f"the treasury is {name}")

    # --- the end ----------------------------------------------------------------------------------

    def _come_to_rest(self) -> None:
        """The treasuries recover, late requests arrive, and the reconciler gets time with each."""
        for name in list(self.treasuries) * 2 if self.moves else ["simulated"] * 4:
            self._ask(name)
            self._pass(120)
            for peer in self.treasuries.values():
                peer.honest = True
                peer.arrive()
            reconciler.reconcile_all(now=self.now)

    def _judge(self) -> None:
        broken = [f"{one.rule}: {one.rows}" for one in broken_rules()]
        sales = list(Buyback.objects.of(self.environment))
        settled = {one.reference: one.amount for one in sales if one.state == Buyback.State.SETTLED}
        payments = [one for peer in self.treasuries.values() for one in peer.paid.items()]
        paid = {reference: sum(amounts) for reference, amounts in payments}
        # A payment lost with the database that is not requested again, or for less and so in
        # review. Its item may be held or in an order: the manual settles payments before restarting
        # (docs/operate.md).
        lost = {one for one in paid if one not in settled} if self.backup else set()
        if (
            len(paid) < len(payments)
            or {one: paid[one] for one in paid if one not in lost} != settled
        ):
            broken.append(f"the treasuries paid {payments}, the books say {settled}")
        payees = Counter(payee for peer in self.treasuries.values() for payee in peer.payees)
        if max(payees.values(), default=0) > 1:
            broken.append(f"an item was paid for more than once: {payees}")
        open_states = {one.state for one in sales if one.completed_at is None}
        if open_states - ({Buyback.State.REVIEW} if self.backup else set()):
            broken.append(f"a sale is still open: {open_states}")
        booked = {one.pk: one.amount for one in sales if one.state == Buyback.State.SETTLED}
        if any(booked.get(sale.buyback_id) != sale.amount for sale, _ in self.sold):
            broken.append("a response reports a sellback that is not in the ledger")
        if any(sale.amount < floor for sale, floor in self.sold):
            broken.append("an item sold below its seller's floor")
        if self.cap is not None and sum(amount or 0 for amount in settled.values()) > self.cap:
            broken.append("the cap was passed")
        kept = Item.objects.filter(state__in=("shipping", "shipped"), environment=self.environment)
        if kept.exclude(shipments__released=False).exists():
            broken.append("an item is on its way, and in no order")
        if broken:
            raise Unsound("; ".join(broken))

    @contextmanager
    def _directed(self) -> Iterator[None]:
        """The clock, the peers and the points where actors may switch."""
        with ExitStack() as stack:
            stack.enter_context(patch.object(Environment, "database_now", lambda _: self.now))
            stack.enter_context(patch.object(gateway, "is_asked", lambda _: True))
            for name in ("ORACLE", "TREASURY", "QUESTIONS"):
                stack.enter_context(patch.object(breakers, name, Breaker(self._seconds)))
            # Each actor stands for a process, and a killed one leaves its mark: two runs may
            # overlap.
            stack.enter_context(
                patch.object(
                    reconciler, "single_run", lambda *_, **__: nullcontext(enter_result=True)
                )
            )
            stack.enter_context(
                patch.object(outbound, "AT_ONCE", BoundedSemaphore(len(self.stage.actors)))
            )
            stack.enter_context(
                patch.multiple(settings, ORACLE_URL="simulated", TREASURY_URL="simulated")
            )
            # Leases of 30 seconds, which the clock's steps assume.
            stack.enter_context(patch.object(settings, "TREASURY_TIMEOUT", 20))
            stack.enter_context(patch.object(oracle, "fetch", self.oracle.fetch))
            for call in ("pay", "ask"):
                stack.enter_context(patch.object(treasury, call, self._of_the_day(call)))
            for module, names in ((steps, STEPS), (gateway, CALLS)):
                for name in names:
                    stack.enter_context(
                        patch.object(module, name, self._paused(name, getattr(module, name)))
                    )
            yield

    def _seconds(self) -> float:
        """The breakers' clock."""
        return self.now.timestamp()

    def _of_the_day(self, call: str) -> Callable[..., treasury.Outcome]:
        """``pay`` or ``ask`` of the treasury that is configured at the time."""

        def of_the_day(**kwargs: Any) -> treasury.Outcome:
            outcome: treasury.Outcome = getattr(self.treasuries[settings.TREASURY_URL], call)(
                **kwargs
            )
            return outcome

        return of_the_day

    def _paused(self, name: str, step: Callable[..., Any]) -> Callable[..., Any]:
        """``step`` with the run's clock; before and after it actors may switch."""

        @wraps(step)
        def paused(*args: Any, **kwargs: Any) -> Any:
            self.stage.pause(f"before {name}")
            if name in STEPS:  # the time of the step, not of the sellback's start
                kwargs["now"] = kwargs.get("now") or self.now
            result = step(*args, **kwargs)
            self.stage.pause(f"after {name}")
            return result

        return paused

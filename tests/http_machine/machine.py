"""HTTP calls in any order, in both environments, compared with a model byte for byte."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any, ClassVar
from urllib.parse import quote

from django.db.models import F, Sum
from django.test import Client
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from buyback.live import breakers, reconciler
from buyback.models import Buyback, Payout
from config.foundation import clock
from inventory import models as inventory
from inventory.windows import sweep as window_sweep
from partners.models import Environment
from partners.records.actor import SYSTEM
from partners.tenants import onboarding
from tests.books import broken_rules
from tests.conftest import empty_the_database
from tests.http_machine.model import FAULT, Answer, Card, Kept, Model, Pull, refused, rendered
from tests.peers.oracle import OraclePeer
from tests.peers.treasury import TreasuryPeer
from tests.world import World, make_world

PLACES = ("northwind live", "northwind sandbox", "juniper live")
WHERE, USER = st.sampled_from(PLACES), st.sampled_from(("ada", "b/o|b é"))
KEY = st.sampled_from((None, None, "one", "two", "three"))
NUMBER = st.integers(0, 8)
FLOOR = st.sampled_from(
    (None, None, Decimal(0), Decimal("17.00"), Decimal("70.13"), Decimal("70.14"))
)
LIVE = st.sampled_from(("northwind live", "juniper live"))
WINDOW = timedelta(days=3)
UNKNOWN = "no such item"
# Fates of the next live sellback; the peers' own faults are in ``meet``.
FATES = {
    "no price": "500",
    "decline": "decline",
    "paid without a response": "drop_after",
    "lost": "drop_before",
}


class Calls(RuleBasedStateMachine):
    """One small world from its first purchase. ``peers``: for live sellbacks; may be none."""

    peers: ClassVar[tuple[OraclePeer, TreasuryPeer] | None] = None

    @initialize()
    def begin(self) -> None:
        empty_the_database(None)  # type: ignore[arg-type]
        self.world: World = make_world()
        inventory.Pack.objects.update(buyback_window=WINDOW)
        cards = [
            Card(
                c.source_type,
                c.listing_id,
                c.mint_address,
                c.name,
                c.image,
                c.attributes,
                c.fmv,
                c.fmv,
            )
            for c in inventory.Card.objects.all()
        ]
        self.model = Model(remote=self.peers is not None, cards={card.name: card for card in cards})
        for peer in self.peers or ():
            peer.fault(None)
        self._tell_the_oracle()
        self.suspended = False
        for where in PLACES:
            self.buy(where, "ada", 3)

    # --- the calls --------------------------------------------------------------------------------

    def call(
        self, where: str, method: str, path: str, body: Any = None, key: str | None = None
    ) -> Any:
        company, mode = where.split()
        headers = {"X-API-Key": getattr(self.world, company).key(mode)}
        if key is not None:
            headers["Idempotency-Key"] = key
        base = "/_/api/v1" if mode == "sandbox" else "/api/v1"
        content = "" if body is None else json.dumps(body)
        return Client().generic(method, base + path, content, "application/json", headers=headers)

    def expect(self, response: Any, answer: Answer) -> None:
        assert (response.status_code, response.content) == (answer.status, rendered(answer.data))
        assert (response.headers.get("Idempotency-Replayed") == "true") == answer.replayed

    @rule(where=WHERE, user=USER, amount=st.integers(0, 6))
    def buy(self, where: str, user: str, amount: int) -> None:
        body = {"id": self.world.pack.public_id, "amount": amount, "user_id": user}
        available = self.model.available(where)
        response = self.call(where, "POST", "/vm/buy/init", body)
        if amount < 1:
            self.expect(response, refused("Amount must be greater than 0"))
        elif amount > 5:
            self.expect(response, refused("Amount must be less than or equal to 5"))
        elif amount > available:
            self.expect(response, refused("Claw machine is out of stock"))
        else:
            session = response.json()["session_id"]
            rows = inventory.Item.objects.filter(purchase=session).order_by("pk")
            pulls = [self._pulled(where, user, row) for row in rows]
            nfts = [self.model.shown(pull, full=False) for pull in pulls]
            assert len(pulls) == amount
            self.expect(response, Answer(200, {"session_id": session, "nfts": nfts}))
            assert (
                self.model.available(where) == available - amount
            )  # each was available, and none twice
            assert all(self.model.find(where, pull.item_id) is pull for pull in pulls)

    def _pulled(self, where: str, user: str, row: inventory.Item) -> Pull:
        card = self.model.cards[row.card.name]
        window = timedelta(days=7) if "sandbox" in where else WINDOW
        pull = Pull(where, user, card, card.fmv, row.purchased_at, row.purchased_at + window)
        self.model.pulls.append(pull)
        return pull

    @rule(where=WHERE, user=USER)
    def look(self, where: str, user: str) -> None:
        response = self.call(where, "GET", f"/inventory/{quote(user, safe='')}")
        pulls = self.model.of(where, user)
        if not pulls:
            self.expect(response, refused("User not found", 404))
            return
        items = [self.model.shown(pull, full=True) for pull in pulls if pull.state != "sold"]
        expected = rendered({"user_id": user, "items": items})
        # Compared by value: card attributes keep PostgreSQL's white space.
        assert (response.status_code, json.loads(response.content)) == (200, json.loads(expected))

    @rule(where=WHERE, number=NUMBER, floor=FLOOR, key=KEY)
    def sell(self, where: str, number: int, floor: Decimal | None, key: str | None) -> None:
        """Sell back an item, and check its status afterwards."""
        item_id = self._pick(where, number)
        self._sell(
            where,
            {"item_id": item_id} | ({} if floor is None else {"min_amount": float(floor)}),
            key,
        )
        self.ask(where, number)
        self.quote(where, [number])

    @rule(where=WHERE, key=st.sampled_from(("one", "two", "three")))
    def repeat(self, where: str, key: str) -> None:
        """Repeat a request with the same key, whatever has happened since."""
        kept = self.model.keys.get((where, key))
        if kept is not None:
            path = "/vm/buyback" if kept.route == "sell" else "/vm/buyback/batch"
            self.expect(
                self.call(where, "POST", path, kept.body, key),
                self._again(kept, kept.route, kept.body),
            )

    def _sell(self, where: str, body: dict[str, Any], key: str | None) -> None:
        response = self.call(where, "POST", "/vm/buyback", body, key)
        kept = self.model.keys.get((where, key or ""))
        if key is not None and kept is not None:
            self.expect(response, self._again(kept, "sell", body))
            return
        pull = self.model.find(where, body["item_id"])
        floor = Decimal(str(body["min_amount"])) if "min_amount" in body else None
        answer = self.model.sell(where, body["item_id"], floor)
        self.expect(response, answer)
        if key is not None:
            self.model.keys[where, key] = Kept(
                "sell", body, answer, pull if answer.status == 500 else None
            )

    def _again(self, kept: Kept, route: str, body: Any) -> Answer:
        if (kept.route, kept.body) != (route, body):
            return refused("Idempotency-Key was used with a different request", 422)
        if kept.pull is not None:
            return refused(FAULT, 500)
        return Answer(kept.answer.status, kept.answer.data, replayed=True)

    @rule(where=WHERE, numbers=st.lists(NUMBER, min_size=1, max_size=3), key=KEY)
    def batch(self, where: str, numbers: list[int], key: str | None) -> None:
        ids = [self._pick(where, number) for number in numbers]
        body = {"item_ids": ids}
        response = self.call(where, "POST", "/vm/buyback/batch", body, key)
        kept = self.model.keys.get((where, key or ""))
        if key is not None and kept is not None:
            self.expect(response, self._again(kept, "batch", body))
            return
        answers = [self.model.sell(where, item_id, None) for item_id in ids]
        lines = [
            {"item_id": item_id}
            | ({} if answer.status == 200 else {"success": False})
            | answer.data
            for item_id, answer in zip(ids, answers, strict=True)
        ]
        answer = Answer(200, {"results": lines})
        self.expect(response, answer)
        if key is not None:
            self.model.keys[where, key] = Kept("batch", body, answer)

    @rule(where=WHERE, numbers=st.lists(NUMBER, min_size=1, max_size=4))
    def quote(self, where: str, numbers: list[int]) -> None:
        ids = [self._pick(where, number) for number in numbers]
        response = self.call(where, "POST", "/vm/buyback/quote", {"item_ids": ids})
        self.expect(
            response, Answer(200, {"quotes": [self.model.quote(where, item_id) for item_id in ids]})
        )

    @rule(where=WHERE, number=NUMBER)
    def ask(self, where: str, number: int) -> None:
        item_id = self._pick(where, number)
        response = self.call(where, "GET", f"/vm/buyback/{quote(item_id, safe='')}")
        if (where, item_id) not in self.model.last:
            self.expect(response, refused("Item not found", 404))
            return
        word, amount = self.model.last[where, item_id]
        payload = response.json()
        assert (payload["completed_at"] is None) == (word == "pending")
        paid = word == "completed" and Payout.objects.get(pk=payload["payout_id"])
        assert (paid.amount if paid else payload["payout_id"]) == (amount if paid else None)
        times = {name: payload[name] for name in ("created_at", "completed_at", "payout_id")}
        self.expect(
            response, Answer(200, {"item_id": item_id, "status": word, "amount": amount} | times)
        )

    def _pick(self, where: str, number: int) -> str:
        """One of the environment's ids, the latest first; or another's, or an unknown one."""
        own = list(
            dict.fromkeys(
                pull.item_id for pull in reversed(self.model.pulls) if pull.where == where
            )
        )
        others = [pull.item_id for pull in self.model.pulls if pull.item_id not in own]
        if number < 7 and own:
            return own[number % len(own)]
        return others[0] if others and number < 8 else UNKNOWN

    # --- the rest of the world --------------------------------------------------------------------

    @rule(where=WHERE, number=NUMBER)
    def close(self, where: str, number: int) -> None:
        """Time passes: all windows of the sandbox close, or that of one live item."""
        if "sandbox" in where:
            Environment.objects.filter(mode="sandbox").update(
                clock_offset=F("clock_offset") + timedelta(days=8)
            )
            for one in self.model.pulls:
                one.closed |= one.where == where
        elif (
            pull := self.model.find(where, self._pick(where, number))
        ) is not None and pull.state == "held":
            pull.closes, pull.closed = clock.now() - timedelta(seconds=1), True
            rows = inventory.Item.objects.open().filter(public_id=pull.item_id, mode="live")
            rows.update(expires_at=pull.closes)

    @rule()
    def sweep(self) -> None:
        due = [
            one for one in self.model.pulls if one.state == "held" and one.closed and not one.swept
        ]
        assert window_sweep.close_windows(now=clock.now(), batch=3) == len(due)
        for pull in due:
            pull.swept = True

    @rule(number=st.integers(0, 11), percent=st.sampled_from((34, 70, 100, 137, 290)))
    def reprice(self, number: int, percent: int) -> None:
        """Prices change: the oracle knows immediately; without one the catalogue is updated."""
        card = list(self.model.cards.values())[number]
        card.asked = max(
            Decimal("5.00"), min(Decimal("999.99"), card.fmv * percent / 100)
        ).quantize(Decimal("0.01"))
        self._tell_the_oracle()
        if self.peers is None:
            card.fmv, card.fresh = card.asked, True
            moment = clock.now() - timedelta(seconds=1)
            inventory.Card.objects.filter(name=card.name).update(fmv=card.fmv, priced_at=moment)

    def _tell_the_oracle(self) -> None:
        if self.peers is not None:
            cards = self.model.cards.values()
            self.peers[0].prices = {card.names("live")[0]: str(card.asked) for card in cards}

    @rule(company=st.sampled_from(("northwind", "juniper")))
    def suspend(self, company: str) -> None:
        """A suspended partner's calls are refused and change nothing. Once in a run."""
        if self.suspended:
            return
        self.suspended = True
        partner = getattr(self.world, company).partner
        onboarding.suspend_partner(partner=partner, reason="so", by=SYSTEM)
        for where in (where for where in PLACES if company in where):
            for method, path in (
                ("POST", "/vm/buyback"),
                ("POST", "/vm/buy/init"),
                ("GET", "/inventory/ada"),
            ):
                body = {"item_id": self._pick(where, 0)} if method == "POST" else None
                self.expect(
                    self.call(where, method, path, body, "one"), refused("Invalid API key", 401)
                )
        onboarding.reactivate_partner(partner=partner, reason="so", by=SYSTEM)

    # --- what holds at the end --------------------------------------------------------------------

    def teardown(self) -> None:
        if not hasattr(self, "model"):
            return
        for where in PLACES:
            for user in ("ada", "b/o|b é"):
                self.look(where, user)
        assert broken_rules() == []
        for where in PLACES:
            company, mode = where.split()
            payouts = Payout.objects.of(getattr(self.world, company).environment(mode))
            assert payouts.aggregate(paid=Sum("amount", default=Decimal(0)))[
                "paid"
            ] == self.model.paid.get(where, 0)


class StepByStep(Calls):
    """Live sellbacks call the peers, which respond, decline, or leave the outcome unknown."""

    @rule(where=LIVE, number=st.integers(0, 6), fate=st.sampled_from(list(FATES)), key=KEY)
    def meet(self, where: str, number: int, fate: str, key: str | None) -> None:
        """A sellback whose oracle or treasury misbehaves."""
        assert self.peers is not None
        for one in (breakers.ORACLE, breakers.TREASURY, breakers.QUESTIONS):
            one.count(answered=True)  # breakers are tested separately
        peer, self.model.fate = self.peers[0 if fate == "no price" else 1], fate
        peer.fault(FATES[fate])
        self.sell(where, number, None, key)
        peer.fault(None)
        self.model.fate = ""

    @rule(
        where=LIVE,
        number=st.integers(0, 6),
        fate=st.sampled_from(("paid without a response", "lost")),
        key=st.just("one"),
    )
    def lose(self, where: str, number: int, fate: str, key: str) -> None:
        """Another way to ``meet``, because keys with unknown outcomes matter most."""
        self.meet(where, number, fate, key)

    @rule()
    def settle(self) -> None:
        """The leases of open sellbacks expire, and the reconciler runs."""
        Buyback.objects.unresolved().update(lease_until=clock.now())
        assert reconciler.reconcile_all() == self.model.settle_open()

    def teardown(self) -> None:
        if hasattr(self, "model"):
            self.settle()
        super().teardown()

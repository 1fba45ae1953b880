"""API endpoints for sellbacks (contract, sections 2 and 9)."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from decimal import ROUND_CEILING, Decimal, InvalidOperation
from operator import attrgetter
from typing import Any

import orjson
from rest_framework.request import Request
from rest_framework.response import Response

from buyback.outcomes import (
    BelowMinimum,
    ItemNotFound,
    OutcomeUnknown,
    Sale,
    SaleInFlight,
    SessionActive,
    TransactionFailed,
)
from buyback.sellback import quotes, status
from buyback.sellback.sell_back import API_POLICY, sell_back
from config.foundation.codes import Code
from config.foundation.errors import Refusal
from config.foundation.money import CENT, to_json
from inventory.models import Item
from partners.api.scenarios import Scenarios
from partners.api.views import ActionView, PartnerView
from partners.models import Scope
from partners.records import idempotency

MOST_ITEMS = 50
SALE_SCENARIOS: Scenarios = {
    "in_flight": SaleInFlight,
    "transaction_failed": TransactionFailed,
    "active_session": SessionActive,
}


class ItemIdsRequired(Refusal):
    """``item_ids`` is not a list of 1 to 50 strings."""

    code = Code.INVALID_ITEM_IDS
    sentence = f"item_ids must be a list of 1 to {MOST_ITEMS} strings"


def _item_ids(sent: dict[str, Any]) -> list[str]:
    ids = sent.get("item_ids")
    if (
        not isinstance(ids, list)
        or not 1 <= len(ids) <= MOST_ITEMS
        or not all(isinstance(one, str) for one in ids)
    ):
        raise ItemIdsRequired
    return ids


def _least(sent: dict[str, Any]) -> Decimal | None:
    """``min_amount`` in USD, or None. Raises BelowMinimum for an invalid number."""
    floor = sent.get("min_amount")
    if floor is None:
        return None
    if isinstance(floor, bool) or not isinstance(floor, int | float | str):
        raise BelowMinimum
    try:
        amount = Decimal(str(floor))
    except InvalidOperation:
        raise BelowMinimum from None
    if not amount.is_finite() or (amount and amount.adjusted() >= 12):  # abs() would overflow
        raise BelowMinimum
    return amount.quantize(
        CENT, ROUND_CEILING
    )  # prices are whole cents, so rounding up does not change the result


def sale_body(sale: Sale) -> dict[str, Any]:
    """The response of ``POST /vm/buyback`` for a sellback."""
    return {"success": True, "amount": to_json(sale.amount)}


class SellBack(ActionView):
    """``POST /vm/buyback``: sell back one item."""

    scopes = (Scope.BUYBACK_WRITE,)
    scenarios = SALE_SCENARIOS
    policy = API_POLICY

    def act(self, sent: dict[str, Any]) -> dict[str, Any]:
        item_id = sent.get("item_id")
        if not isinstance(item_id, str):
            raise ItemNotFound
        sale = sell_back(
            environment=self.environment,
            item_id=item_id,
            by=self.actor,
            min_amount=_least(sent),
            turn=self.turn,
        )
        return sale_body(sale)


class SellBatch(ActionView):
    """``POST /vm/buyback/batch``: sell back up to 50 items, each by the rules of a single one.

    In the sandbox the batch is one transaction. In live, with a key, each line has its own key,
    made from the batch's key, so that a line with an unknown outcome does not affect the others.
    """

    scopes = (Scope.BUYBACK_WRITE,)
    scenarios = SALE_SCENARIOS
    policy = replace(API_POLICY, steps=attrgetter("is_live"), lease=lambda: idempotency.LEASE)
    played: Refusal | None = None

    def play_scenario(self) -> None:
        """Each item's line has the simulated outcome, as in live."""
        try:
            super().play_scenario()
        except (TransactionFailed, SessionActive, SaleInFlight) as outcome:
            self.played = outcome

    def act(self, sent: dict[str, Any]) -> dict[str, Any]:
        """Each item's line, in the order of the request.

        They are sold in the order of the items' primary keys, in which shipping orders lock too:
        otherwise two batches in one transaction each, or a batch and an order, could deadlock.
        """
        ids = _item_ids(sent)
        keys = Item.objects.of(self.environment).pks_of(ids)
        places = sorted(enumerate(ids), key=lambda place: (keys.get(place[1], 0), place[1]))
        lines = {place: self._line(place, item_id) for place, item_id in places}
        return {"results": [lines[place] for place in range(len(places))]}

    def _line(self, place: int, item_id: str) -> dict[str, Any]:
        try:
            if self.played is not None:
                raise self.played
            return {"item_id": item_id} | self._sell(place, item_id)
        except Refusal as refusal:
            if isinstance(refusal, OutcomeUnknown | SaleInFlight):
                self.turn.final = False  # on a retry, the line returns its outcome
            return {"item_id": item_id, "success": False, "error": refusal.sentence}

    def _sell(self, place: int, item_id: str) -> dict[str, Any]:
        """Sell back one item, under the key of its line if it has one."""
        key = self._key_of_line(place, item_id)
        turn_of_line = idempotency.turn(
            environment=self.environment,
            key=key,
            fingerprint=b"" if key is None else idempotency.fingerprint(key, {}),
            policy=API_POLICY,
        )
        try:
            with turn_of_line as turn:
                if turn.stored:
                    stored: dict[str, Any] = orjson.loads(turn.body)
                    return stored
                body = sale_body(
                    sell_back(
                        environment=self.environment, item_id=item_id, by=self.actor, turn=turn
                    )
                )
                turn.body = orjson.dumps(body)
                return body
        except idempotency.KeyInProgress:  # the line of an earlier request is still running
            raise SaleInFlight from None

    def _key_of_line(self, place: int, item_id: str) -> str | None:
        """Made from the batch's key and the item's position. None without a key or in a sandbox."""
        key = self.request.META.get("HTTP_IDEMPOTENCY_KEY")
        if key is None or not self.environment.is_live:
            return None
        return "batch " + hashlib.sha256(f"{key}\n{place}\n{item_id}".encode()).hexdigest()


class Quotes(ActionView):
    """``POST /vm/buyback/quote``: what up to 50 items would sell for now. It changes nothing.

    With a key, the first response is replayed, as for every POST.
    """

    scopes = (Scope.INVENTORY_READ,)
    calls = "read"
    scenarios = ActionView.scenarios | {"in_progress": None, "price_unavailable": None}

    def act(self, sent: dict[str, Any]) -> dict[str, Any]:
        found = quotes.quote(self.environment, _item_ids(sent))
        if self.scenario is not None:
            found = [quotes.as_if(quote, self.scenario) for quote in found]
        return {"quotes": [quote.as_json() for quote in found]}


class SellbackStatus(PartnerView):
    """``GET /vm/buyback/:item_id``: an item's latest sellback; an open one is reconciled first."""

    scopes = (Scope.INVENTORY_READ,)
    scenarios = {"pending": None, "failed": None}

    def get(self, request: Request, item_id: str, **kwargs: Any) -> Response:
        """The sellback's state in the contract's words."""
        if self.scenario is not None:
            return Response(status.played(item_id, self.scenario, now=self.environment.now()))
        return Response(status.status(self.environment, item_id))

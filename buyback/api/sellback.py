"""API endpoints for sellbacks (contract, sections 2 and 9)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from decimal import ROUND_CEILING, Decimal, InvalidOperation
from functools import partial
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
from buyback.sellback import idempotent, quotes, status
from buyback.sellback.idempotent import sale_body
from buyback.sellback.sell_back import sell_back
from config.foundation import clock
from config.foundation.errors import Refusal
from config.foundation.money import CENT
from inventory.models import Item
from partners.api.views import ActionView, PartnerView
from partners.models import Scope
from partners.records import idempotency

MOST_ITEMS = 50
SALE_SCENARIOS = {"transaction_failed": TransactionFailed, "active_session": SessionActive}
NOT_FINAL = (OutcomeUnknown.sentence, SaleInFlight.sentence)


class ItemIdsRequired(Refusal):
    """``item_ids`` is not a list of 1 to 50 strings."""

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


class SaleView(ActionView):
    """A POST that sells back. A step-by-step sellback takes several transactions.

    Its key is therefore bound to its row.
    """

    scopes = (Scope.BUYBACK_WRITE,)
    in_progress = SaleInFlight
    sandbox_waits = True  # the sandbox never returns 429 here
    refuses_cleanly = True

    def sold_once(self, key: str, fingerprint: bytes, sell: idempotent.Sell) -> idempotency.Answer:
        """The one response to every request with ``key``."""
        wait = not self.environment.is_live
        return idempotent.sell_once(
            environment=self.environment, key=key, fingerprint=fingerprint, sell=sell, wait=wait
        )


class SellBack(SaleView):
    """``POST /vm/buyback``: sell back one item."""

    scenarios = SALE_SCENARIOS

    def act(self, sent: dict[str, Any]) -> dict[str, Any]:
        return sale_body(self._sell(sent, None))

    def answer_once(self, key: str, fingerprint: bytes, sent: dict[str, Any]) -> idempotency.Answer:
        return self.sold_once(key, fingerprint, partial(self._play_or_sell, sent))

    def _play_or_sell(self, sent: dict[str, Any], idempotency_row: int | None) -> Sale:
        """Runs under the key, so that a simulated response is stored or not, like a real one."""
        self.play_scenario()
        return self._sell(sent, idempotency_row)

    def _sell(self, sent: dict[str, Any], idempotency_row: int | None) -> Sale:
        item_id = sent.get("item_id")
        if not isinstance(item_id, str):
            raise ItemNotFound
        return sell_back(
            environment=self.environment,
            item_id=item_id,
            by=self.actor,
            min_amount=_least(sent),
            idempotency_row=idempotency_row,
        )


class SellBatch(SaleView):
    """``POST /vm/buyback/batch``: sell back up to 50 items, each by the rules of a single one."""

    scenarios = SALE_SCENARIOS
    played: Refusal | None = None

    def play_scenario(self) -> None:
        """Each item's line has the simulated outcome, as in live."""
        try:
            super().play_scenario()
        except (TransactionFailed, SessionActive, SaleInFlight) as outcome:
            self.played = outcome

    def act(self, sent: dict[str, Any]) -> dict[str, Any]:
        return {"results": self._results(sent, self._sell)}

    def answer_once(self, key: str, fingerprint: bytes, sent: dict[str, Any]) -> idempotency.Answer:
        """In the sandbox one transaction. In live each line has its own key, from the batch's key.

        So a line with an unknown outcome does not affect the others.
        """
        if not self.environment.is_live:
            return super().answer_once(key, fingerprint, sent)
        row = idempotency.begin(
            environment=self.environment, key=key, fingerprint=fingerprint, now=clock.now()
        )
        if row.status is not None:
            return idempotency.kept_answer(row)
        try:
            results = self._results(sent, partial(self._sell_once, key))
        except Refusal:
            idempotency.forget(row)
            raise
        answer = idempotency.Answer(200, orjson.dumps({"results": results}))
        if any(result.get("error") in NOT_FINAL for result in results):
            idempotency.forget(row)  # on a retry, each line returns its sellback's outcome
        else:
            idempotency.keep(row, answer)
        return answer

    def _results(
        self, sent: dict[str, Any], sell: Callable[[int, str], dict[str, Any]]
    ) -> list[dict[str, Any]]:
        """Each item's line, in the order of the request.

        They are sold in the order of the items' primary keys, in which shipping orders lock too:
        otherwise two batches in one transaction each, or a batch and an order, could deadlock.
        """
        ids = _item_ids(sent)
        keys = Item.objects.of(self.environment).pks_of(ids)
        places = sorted(enumerate(ids), key=lambda place: (keys.get(place[1], 0), place[1]))
        lines = {
            place: self._result(item_id, partial(sell, place, item_id)) for place, item_id in places
        }
        return [lines[place] for place in range(len(places))]

    def _result(self, item_id: str, sell: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        try:
            return {"item_id": item_id} | sell()
        except Refusal as refusal:
            return {"item_id": item_id, "success": False, "error": refusal.sentence}

    def _sell(self, _place: int, item_id: str) -> dict[str, Any]:
        if self.played is not None:
            raise self.played
        return sale_body(self._sale(item_id, None))

    def _sell_once(self, batch: str, place: int, item_id: str) -> dict[str, Any]:
        """One item's line under its own key, from the batch's key and the item's position."""
        own = "batch " + hashlib.sha256(f"{batch}\n{place}\n{item_id}".encode()).hexdigest()
        try:
            answer = self.sold_once(
                own, idempotency.fingerprint(own, {}), lambda row: self._sale(item_id, row)
            )
        except (
            idempotency.KeyInProgress
        ):  # the line of an earlier request with the batch's key is still running
            raise SaleInFlight from None
        body: dict[str, Any] = orjson.loads(answer.body)
        return body if answer.status == 200 else {"success": False} | body

    def _sale(self, item_id: str, idempotency_row: int | None) -> Sale:
        return sell_back(
            environment=self.environment,
            item_id=item_id,
            by=self.actor,
            idempotency_row=idempotency_row,
        )


class Quotes(ActionView):
    """``POST /vm/buyback/quote``: what up to 50 items would sell for now. It changes nothing.

    With a key, the first response is replayed, as for every POST.
    """

    scopes = (Scope.INVENTORY_READ,)
    calls = "read"
    shown = ("in_progress", "price_unavailable")

    def act(self, sent: dict[str, Any]) -> dict[str, Any]:
        found = quotes.quote(self.environment, _item_ids(sent))
        if self.scenario is not None:
            found = [quotes.as_if(quote, self.scenario) for quote in found]
        return {"quotes": [quote.as_json() for quote in found]}


class SellbackStatus(PartnerView):
    """``GET /vm/buyback/:item_id``: an item's latest sellback; an open one is reconciled first."""

    scopes = (Scope.INVENTORY_READ,)
    shown = ("pending", "failed")

    def get(self, request: Request, item_id: str, **kwargs: Any) -> Response:
        """The sellback's state in the contract's words."""
        if self.scenario is not None:
            return Response(status.played(item_id, self.scenario, now=self.environment.now()))
        return Response(status.status(self.environment, item_id))

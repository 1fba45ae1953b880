"""The partner API's door to the sellback (contract, section 2)."""

from __future__ import annotations

from typing import Any

from buyback.sellback import ItemNotFound, SaleInFlight, sell_back
from config.money import to_json
from partners.api import ActionView


class SellBack(ActionView):
    """``POST /vm/buyback``: sell one item back, at once."""

    in_progress = SaleInFlight
    sandbox_waits = True  # the sandbox never answers 429 here

    def act(self, sent: dict[str, Any]) -> dict[str, Any]:
        item_id = sent.get("item_id")
        if not isinstance(item_id, str):
            raise ItemNotFound
        sale = sell_back(environment=self.environment, item_id=item_id, by=self.actor)
        return {"success": True, "amount": to_json(sale.amount)}

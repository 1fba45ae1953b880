"""A reset puts another environment in a sandbox's place: each table that names one says whether its
rows move.
"""

from __future__ import annotations

from partners.models import ApiKey, Environment, SavedView
from tests.database.schema import our_models

# How a partner reaches the sandbox goes with it (``partners/tenants/sandbox.py``); what happened in
# it stays behind, unseen.
MOVES = {ApiKey, SavedView}
STAYS = {
    "Alert", "ApiCall", "BulkLine", "BulkSale", "Buyback", "Collector", "Event", "IdempotencyKey",
    "Item",
    "LostCalls", "PackActivity", "Payout", "Purchase", "Reversal", "ShippedItem", "ShippingOrder",
    "ShippingQuote",
    "Statement", "Tally",
    "Transfer", "UserTally",
}  # fmt: skip


def test_it_knows_what_becomes_of_every_tables_rows() -> None:
    named = {
        model
        for model in our_models()
        for field in model._meta.local_concrete_fields
        if field.related_model is Environment
    }
    assert {model.__name__ for model in named - MOVES} == STAYS
    assert named >= MOVES

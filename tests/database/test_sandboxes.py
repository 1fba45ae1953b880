"""A reset replaces a sandbox's environment: for each table, whether its rows move."""

from __future__ import annotations

from partners.models import ApiKey, Environment, SavedView
from tests.database.schema import our_models

# The partner's access moves along (``partners/tenants/sandbox.py``); everything else stays behind.
MOVES = {ApiKey, SavedView}
STAYS = {
    "Alert", "ApiCall", "BulkLine", "BulkSale", "Buyback", "Collector", "Event", "ForgottenUser",
    "IdempotencyKey",
    "Item",
    "LostCalls", "PackActivity", "Payout", "Purchase", "Reversal", "ShippedItem", "ShippingOrder",
    "ShippingQuote",
    "Statement", "Tally", "TransferLink",
    "Transfer", "UserTally",
}  # fmt: skip


def test_it_lists_every_table() -> None:
    named = {
        model
        for model in our_models()
        for field in model._meta.local_concrete_fields
        if field.related_model is Environment
    }
    assert {model.__name__ for model in named - MOVES} == STAYS
    assert named >= MOVES

"""All routes of the partner API. ``config/urls.py`` includes them twice: live and sandbox."""

from __future__ import annotations

from django.urls import path, re_path

from buyback.api.buybacks import Buybacks, Payouts
from buyback.api.sellback import Quotes, SellBack, SellbackStatus, SellBatch
from inventory.api.catalogue import (
    AvailablePacks,
    BuyInit,
    BuyStatus,
    CardPage,
    Chase,
    Inventory,
    RecentPulls,
)
from inventory.api.sandbox import Clock, Reset
from inventory.api.shipping import AdvanceOrder, ShipOrder, ShipQuote, ShipRequest
from partners.api.history import Events
from partners.api.views import UnknownRoute

urlpatterns = [
    # Sell back
    path("vm/buyback", SellBack.as_view()),
    path("vm/buyback/quote", Quotes.as_view()),
    path("vm/buyback/batch", SellBatch.as_view()),
    path("vm/buyback/<path:item_id>", SellbackStatus.as_view()),
    # Packs
    path("vm/available", AvailablePacks.as_view()),
    path("vm/chase/<str:slug>", Chase.as_view()),
    path("vm/recent-pulls", RecentPulls.as_view()),
    path("card/<path:item_id>", CardPage.as_view()),
    # Purchase
    path("vm/buy/init", BuyInit.as_view()),
    path("vm/buy/status", BuyStatus.as_view()),
    # Inventory
    path("inventory/<path:user_id>", Inventory.as_view()),
    # Shipping
    path("ship/quote", ShipQuote.as_view()),
    path("ship/request", ShipRequest.as_view()),
    path("ship/order/<str:order_id>", ShipOrder.as_view()),
    # History
    path("buybacks", Buybacks.as_view()),
    path("payouts", Payouts.as_view()),
    path("events", Events.as_view()),
    re_path("", UnknownRoute.as_view()),
]

# Only in the sandbox.
sandbox_urlpatterns = [
    path("sandbox/clock", Clock.as_view()),
    path("sandbox/reset", Reset.as_view()),
    path("sandbox/orders/<str:order_id>/advance", AdvanceOrder.as_view()),
]

"""API endpoints for packs, purchases and inventories (contract, sections 3 to 6)."""

from __future__ import annotations

import unicodedata
from typing import Any
from uuid import UUID

from django.conf import settings
from rest_framework.request import Request
from rest_framework.response import Response

from config.foundation.codes import Code
from config.foundation.errors import Refusal
from inventory.api import rendering
from inventory.api.inventory import shelf
from inventory.models import Card, Pack, Purchase
from inventory.packs import figures
from inventory.packs.purchases import PackNotFound, buy_pulls
from partners.api.query import clamped
from partners.api.views import ActionView, PartnerView
from partners.models import Scope
from partners.records.idempotency import Policy

LONGEST_USER_ID = 255
PENDING = {"status": "pending"}


class UserIdRequired(Refusal):
    """``user_id`` is missing or not 1 to 255 printable characters."""

    code = Code.USER_ID_REQUIRED
    sentence = "user_id is required"


class SessionUnknown(Refusal):
    """The environment has no such purchase, or it failed."""

    code = Code.PURCHASE_NOT_FOUND
    sentence = "Transaction failed"


class UserNotFound(Refusal):
    """The user has bought nothing in this environment."""

    code = Code.USER_NOT_FOUND
    sentence, status = "User not found", 404


class CardNotFound(Refusal):
    """No card has this id."""

    code = Code.CARD_NOT_FOUND
    sentence, status = "Card not found", 404


class PackPageNotFound(PackNotFound):
    """No pack has this slug."""

    status = 404


def base_of(request: Request) -> str:
    """The server's public address."""
    return settings.PUBLIC_URL or request.build_absolute_uri("/").rstrip("/")


def is_user_id(value: object) -> bool:
    """Whether ``value`` is a valid user id: 1 to 255 characters, no control characters."""
    return (
        isinstance(value, str)
        and 1 <= len(value) <= LONGEST_USER_ID
        and not any(unicodedata.category(character) == "Cc" for character in value)
    )


class AvailablePacks(PartnerView):
    """``GET /vm/available``: the packs on sale."""

    scopes = ()

    def get(self, request: Request, **kwargs: Any) -> Response:
        environment, base = self.environment, base_of(request)
        listed = Pack.objects.filter(enable=True).prefetch_related("tiers")
        if "platform" in request.query_params:
            listed = listed.filter(platform=request.query_params["platform"].replace("\0", "/"))
        stocked, activity = figures.in_stock(environment), figures.activity(environment)
        packs = list(listed)
        best = figures.chases_on_sale(environment, packs)
        return Response(
            [
                rendering.pack(
                    pack,
                    base,
                    in_stock=pack.pk in stocked,
                    activity=activity.get(pack.pk),
                    chase=best.get(pack.pk, []),
                    live=environment.is_live,
                )
                for pack in packs
            ]
        )


class Chase(PartnerView):
    """``GET /vm/chase/:slug``: a pack's most valuable available cards."""

    scopes = ()

    def get(self, request: Request, slug: str, **kwargs: Any) -> Response:
        # PostgreSQL's text cannot contain NUL, and no slug contains a slash.
        pack = Pack.objects.filter(slug=slug.replace("\0", "/")).first()
        if pack is None:
            raise PackPageNotFound
        live, base = self.environment.is_live, base_of(request)
        best = figures.chase_by_pack(self.environment, pack).get(pack.pk, [])
        return Response([rendering.chase_card(card, base, live=live) for card in best])


class CardPage(PartnerView):
    """``GET /card/:item_id``: one card."""

    scopes = ()

    def get(self, request: Request, item_id: str, **kwargs: Any) -> Response:
        card = Card.objects.named(item_id, live=self.environment.is_live).first()
        if card is None:
            raise CardNotFound
        return Response(rendering.card_page(card, base_of(request), live=self.environment.is_live))


class RecentPulls(PartnerView):
    """``GET /vm/recent-pulls``: the newest pulls, anonymous."""

    scopes = ()

    def get(self, request: Request, **kwargs: Any) -> Response:
        claw_ids = [
            claw_id for claw_id in request.query_params.getlist("claw_ids") if "\0" not in claw_id
        ]
        limit = clamped(request.query_params.get("limit"), default=20, low=1, high=100)
        base = base_of(request)
        if not claw_ids and request.query_params.getlist("claw_ids"):
            return Response([])
        pulls = figures.recent_pulls(self.environment, claw_ids=claw_ids, limit=limit)
        return Response([rendering.pull(item, base) for item in pulls])


class Inventory(PartnerView):
    """``GET /inventory/:user_id``: what a user holds, newest first."""

    scopes = (Scope.INVENTORY_READ,)

    def get(self, request: Request, user_id: str, **kwargs: Any) -> Response:
        shown = None
        if is_user_id(user_id):
            shown = shelf(environment=self.environment, user_id=user_id, base=base_of(request))
        if shown is None:
            raise UserNotFound
        return Response({"user_id": user_id, "items": shown})


class BuyInit(ActionView):
    """``POST /vm/buy/init``: a user buys pulls."""

    fault = "Error during transaction"
    scopes = (Scope.PURCHASE_WRITE,)
    policy = Policy(atomic=True)  # a purchase whose response cannot be written is rolled back
    # pending: the purchase is done, but the response has no items yet
    scenarios = ActionView.scenarios | {"pending": None}

    def act(self, sent: dict[str, Any]) -> dict[str, Any]:
        base = base_of(self.request)
        user_id, pack_id, amount = sent.get("user_id"), sent.get("id"), sent.get("amount")
        if not isinstance(user_id, str) or not is_user_id(user_id):
            raise UserIdRequired
        purchase = buy_pulls(
            environment=self.environment,
            pack_id=pack_id if isinstance(pack_id, str) else "",
            amount=_whole(amount),
            user_id=user_id,
            by=self.actor,
        )
        nfts = [] if self.scenario == "pending" else _nfts(purchase, base, links=False)
        return {"session_id": str(purchase.pk), "nfts": nfts}


class BuyStatus(ActionView):
    """``POST /vm/buy/status``: the outcome of a purchase."""

    scopes = (Scope.PURCHASE_WRITE,)
    calls = "read"
    scenarios = ActionView.scenarios | {"transaction_failed": SessionUnknown, "pending": None}

    def act(self, sent: dict[str, Any]) -> dict[str, Any]:
        if self.scenario == "pending":
            return PENDING
        purchase = _purchase(self.environment.pk, sent.get("session_id"))
        if purchase is None or purchase.state == Purchase.State.FAILED:
            raise SessionUnknown
        if purchase.state == Purchase.State.PENDING:
            return PENDING
        return {
            "result": {
                "session_id": str(purchase.pk),
                "user_id": purchase.collector.user_id,
                "public_id": purchase.public_id,
                "nfts": _nfts(purchase, base_of(self.request), links=self.environment.is_live),
                "tx_hash": purchase.tx_hash,
            }
        }


def _whole(value: object) -> int:
    """A whole number in JSON, written as 2 or 2.0; 0 for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value):
        return 0
    return int(value)


def _purchase(environment_id: int, session_id: object) -> Purchase | None:
    """The environment's purchase with this session id; the value may have any type."""
    try:
        known = UUID(session_id) if isinstance(session_id, str) else None
    except ValueError:
        known = None
    if known is None or str(known) != session_id:
        return None
    return (
        Purchase.objects.select_related("collector")
        .filter(environment_id=environment_id, pk=known)
        .first()
    )


def _nfts(purchase: Purchase, base: str, *, links: bool) -> list[dict[str, Any]]:
    """The purchase's items in the order of the pulls."""
    items = purchase.items.select_related("card", "purchase").order_by("pk")
    return [rendering.purchased_item(item, base, links=links) for item in items]

"""The price at which an item sells now, in USD, rounded half up to the cent.

Live: the card's current fmv × the percent promised at the pull, and for an item bought with a
voucher at least the price of the pull. Sandbox: exactly the price frozen at the pull, without the
voucher rule (contract, section 2). The sellback's statement computes the same (``sell_back.sql``);
a property test compares them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from config.foundation.money import round_usd
from inventory.models import Item
from partners.models import Mode


@dataclass(frozen=True, slots=True)
class Price:
    """An amount and its basis: ``fmv`` × ``percent``, or a voucher's higher ``mint_price``."""

    fmv: Decimal
    percent: Decimal
    mint_price: Decimal
    voucher: bool
    amount: Decimal
    priced_at: datetime


def price(item: Item) -> Price:
    """The price of ``item`` now. Needs ``item.card`` and ``item.purchase`` loaded."""
    if item.mode == Mode.SANDBOX:
        return basis(
            item.fmv,
            item.buyback_percent,
            item.purchase.mint_price,
            voucher=False,
            priced_at=item.purchased_at,
        )
    return basis(
        item.card.fmv,
        item.buyback_percent,
        item.purchase.mint_price,
        voucher=item.purchase.voucher,
        priced_at=item.card.priced_at,
    )


def basis(
    fmv: Decimal, percent: Decimal, mint_price: Decimal, *, voucher: bool, priced_at: datetime
) -> Price:
    """The formula: the share of the market value; with a voucher at least the price of the pull."""
    share = round_usd(fmv * percent)
    amount = max(mint_price, share) if voucher else share
    return Price(fmv, percent, mint_price, voucher, amount, priced_at)

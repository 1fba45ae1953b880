"""What an item sells for right now. USD, half up to the cent.

Live: the card's current fmv × the percent promised at the pull; an item bought with a voucher gets
at least the price of the pull. Sandbox: exactly the price frozen at the pull, no voucher rule
(contract, section 2). The sale computes the same in its statement (``sell_back.sql``); a property
test holds the two equal.
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
    """An amount and its basis: ``amount`` = ``fmv`` × ``percent``, or ``mint_price`` if that is
    more and ``voucher`` is set.
    """

    fmv: Decimal
    percent: Decimal
    mint_price: Decimal
    voucher: bool
    amount: Decimal
    priced_at: datetime


def price(item: Item) -> Price:
    """What a sale of ``item`` would pay now. Wants ``item.card`` and ``item.purchase`` loaded."""
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
    """The one formula: the share of the market value, and for a voucher at least the price of the
    pull.
    """
    share = round_usd(fmv * percent)
    amount = max(mint_price, share) if voucher else share
    return Price(fmv, percent, mint_price, voucher, amount, priced_at)

"""Money in USD: sellbacks, ledger, payouts, statements, and the treasury's guards."""

from buyback.models.bulk import LINE_MOVES, BulkLine, BulkSale
from buyback.models.buybacks import (
    BUYBACK_MOVES,
    OPEN_STATES,
    PAYOUT_MOVES,
    Buyback,
    BuybackQuerySet,
    Payout,
    PayoutQuerySet,
    Transfer,
)
from buyback.models.chain import TransferLink
from buyback.models.decisions import Proposal, Reversal
from buyback.models.differences import (
    DIFFERENCE_MOVES,
    Difference,
    ListedPayment,
    Resolution,
    TreasuryReport,
)
from buyback.models.exposure import Exposure, PaidHour
from buyback.models.guards import Alert, TreasuryControl
from buyback.models.moves import Move
from buyback.models.statements import Statement, StatementQuerySet

__all__ = [
    "BUYBACK_MOVES",
    "DIFFERENCE_MOVES",
    "LINE_MOVES",
    "OPEN_STATES",
    "PAYOUT_MOVES",
    "Alert",
    "BulkLine",
    "BulkSale",
    "Buyback",
    "BuybackQuerySet",
    "Difference",
    "Exposure",
    "ListedPayment",
    "Move",
    "PaidHour",
    "Payout",
    "PayoutQuerySet",
    "Proposal",
    "Resolution",
    "Reversal",
    "Statement",
    "StatementQuerySet",
    "Transfer",
    "TransferLink",
    "TreasuryControl",
    "TreasuryReport",
]

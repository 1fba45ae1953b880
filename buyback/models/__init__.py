"""Money: sales, the ledger and payouts; and what guards the treasury. Amounts are USD."""

from buyback.models.sales import BUYBACK_MOVES, OPEN_STATES, PAYOUT_MOVES, Buyback, Payout, Transfer
from buyback.models.treasury import Alert, Proposal, Spend, TreasuryControl

__all__ = ["BUYBACK_MOVES", "OPEN_STATES", "PAYOUT_MOVES", "Alert", "Buyback", "Payout", "Proposal", "Spend", "Transfer", "TreasuryControl"]

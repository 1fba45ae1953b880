"""Forgetting a partner's user: personal data goes, money, items and the ledger stay."""

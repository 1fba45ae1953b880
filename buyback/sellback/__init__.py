"""Selling one item back: the instant statement, the steps, quotes, status and idempotency."""

"""Selling back one item: instant and step-by-step, quotes, status and idempotency."""

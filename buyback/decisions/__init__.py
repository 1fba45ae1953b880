"""Decisions under dual control: reviews and reversals."""

"""Foundations without a model: money, clock, errors, keyset, outbound calls."""

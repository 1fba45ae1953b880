"""Shared code without models: money, clock, errors, keyset, outbound calls."""

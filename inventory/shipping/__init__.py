"""Shipping, in reading order: ``addresses``, ``rates``, ``quotes``, ``orders``, ``progress``; ``api`` is its door."""

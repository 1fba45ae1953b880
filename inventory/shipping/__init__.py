"""Shipping, in reading order: ``addresses``, ``rates``, ``carrier``, ``quotes``, ``orders``,
``progress``; its door is ``api``.
"""

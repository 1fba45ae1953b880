"""Shim until integration: see inventory.pricing."""

from inventory.pricing import Price, basis, price

__all__ = ["Price", "basis", "price"]

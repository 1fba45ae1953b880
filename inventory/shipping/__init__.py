"""Shipping, in reading order: addresses, rates, carrier, quotes, orders, fulfilment."""

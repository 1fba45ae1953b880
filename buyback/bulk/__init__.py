"""Bulk sellbacks: many items, one confirmation."""

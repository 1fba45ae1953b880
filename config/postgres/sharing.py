"""Placeholder until shared connections land."""

from __future__ import annotations


def share_connections() -> None:
    """Mark this thread as sharing connections."""

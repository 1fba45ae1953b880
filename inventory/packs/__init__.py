"""Packs: odds, tiers, purchases and figures."""

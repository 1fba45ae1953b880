"""Snapshots: the exposure and today's payouts."""

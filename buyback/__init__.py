"""Sellbacks: from the request to the payout."""

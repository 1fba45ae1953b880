"""The cost of hostile input."""

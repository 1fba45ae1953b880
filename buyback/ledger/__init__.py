"""The ledger: its invariants and the statements of closed days."""

"""The vault's cards and their import from files."""

"""What users hold: packs, cards, and the items pulled from them."""

"""The cards in the world's pack (``tests/world.py``)."""

from __future__ import annotations

TIERS = (
    ("Common", "#94a3b8", "5.00", "20.00", "70"),
    ("Rare", "#3b82f6", "20.00", "100.00", "25"),
    ("Legendary", "#f59e0b", "100.00", "1000.00", "5"),
)
# Listing ids contain pipes, as eBay's do. One card is both listed and minted; some have no back.
CARDS = (
    ("enft", None, "MintFogBell1111111111111111111111111111111", "Fog Bell", "5.00"),
    ("enft", None, "MintTideClock11111111111111111111111111111", "Tide Clock", "6.40"),
    ("ebay", "v1|110586049456|0", None, "Copper Heron", "8.00"),
    ("fanatics", "fan-20417", None, "Moss Runner", "9.99"),
    ("alt", "alt-7731", None, "Paper Comet", "12.30"),
    ("external", "ext-1", None, "Salt Lantern", "19.99"),
    ("enft", None, "MintGlassOtter1111111111111111111111111111", "Glass Otter", "20.00"),
    ("enft", None, "MintHarbourKing111111111111111111111111111", "Harbour King", "45.67"),
    ("ebay", "v1|220191|3", "MintListedTwice111111111111111111111111111", "Cliff Sparrow", "60.00"),
    ("enft", None, "MintNorthLight1111111111111111111111111111", "North Light", "82.50"),
    ("enft", None, "MintQuietStorm1111111111111111111111111111", "Quiet Storm", "150.00"),
    ("enft", None, "MintLastLighthouse111111111111111111111111", "Last Lighthouse", "999.99"),
)

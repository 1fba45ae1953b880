"""The picture on a card: one small generative drawing per category.

Every function takes a seeded `random.Random` and a `Palette` and returns an SVG fragment for a box
of 428 × 400 units. Equal seeds draw equal pictures.
"""

from collections.abc import Callable, Mapping
from random import Random

from inventory.faces.artwork.crafted import automaton, relic, voyage
from inventory.faces.artwork.drawing import Palette
from inventory.faces.artwork.living import athlete, creature, flower
from inventory.faces.artwork.places import citadel, world

__all__ = ["ARTWORKS", "HUES", "Palette"]

ARTWORKS: Mapping[str, Callable[[Random, Palette], str]] = {
    "Creatures": creature,
    "Athletes": athlete,
    "Voyages": voyage,
    "Automata": automaton,
    "Flora": flower,
    "Relics": relic,
    "Worlds": world,
    "Citadels": citadel,
}

# Each category's hue (0 to 1), spread out so that neighbouring cards differ.
HUES: Mapping[str, float] = {
    "Creatures": 0.45,
    "Athletes": 0.60,
    "Voyages": 0.54,
    "Automata": 0.09,
    "Flora": 0.34,
    "Relics": 0.80,
    "Worlds": 0.70,
    "Citadels": 0.97,
}

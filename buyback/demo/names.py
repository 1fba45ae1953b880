"""Invented names for the demo's sets and cards. None is of a real game, league or publisher."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from random import Random


@dataclass(frozen=True)
class Series:
    """One set of cards: a category for the picture, and two word lists for the names."""

    name: str
    category: str
    year: int
    first: str
    second: str
    pattern: str = "{} {}"

    def names(self, draw: Random) -> Iterator[str]:
        """Every name of the set once, shuffled; then again with a numeral."""
        pairs = [
            self.pattern.format(*pair)
            for pair in product(self.first.split("|"), self.second.split("|"))
        ]
        draw.shuffle(pairs)
        yield from pairs
        for numeral in range(2, 1000):
            yield from (f"{pair} {numeral}" for pair in pairs)


SERIES: tuple[Series, ...] = (
    Series(
        "Emberwild Bestiary",
        "Creatures",
        2021,
        "Cinderhorn|Ashwhisker|Kilnback|Sootwing|Flarecoat|Coalpaw|Emberquill|Scorchtail|Glowbelly|Brandmane",
        "Prowler|Grazer|Warden|Pup|Matriarch|Howler|Drifter|Sentinel",
    ),
    Series(
        "Hush of the Fenlands",
        "Creatures",
        2023,
        "Mosshide|Reedneck|Bogfoot|Mistear|Lilyback|Siltfin|Murkeye|Peatbeak|Dampfur|Rushtail",
        "Lurker|Wader|Elder|Hatchling|Croaker|Guardian|Stalker|Dreamer",
    ),
    Series(
        "Meridian Skyball League",
        "Athletes",
        2022,
        "Tavo|Ilsa|Renko|Maribel|Dashiel|Oyana|Corvin|Juno|Pell|Sabra",
        "Brinquist|Marrowen|Tallowick|Okembe-Vann|Strandhale|Querrin|Doverly|Hask|Imbrecht|Solveny",
    ),
    Series(
        "Granite Cup Finals",
        "Athletes",
        2024,
        "Wren|Axton|Bettina|Ludo|Nerys|Fane|Oskar|Tirza|Vito|Calla",
        "Ravenscar-Lowe|Pendrigh|Umberfield|Zellweck|Arrowood|Kestrin|Mottram-Vey|Ghent-Ora|Lindqvar|Bask",
    ),
    Series(
        "Tall Sails of Orrin",
        "Voyages",
        2020,
        (
            "The Patient|The Gilded|The Laughing|The Lonely|The Second|The Salted|The Midnight|The "
            "Faithful"
        ),
        "Heron|Promise|Widow|Lantern|Cormorant|Bargain|Meridian|Anchorite|Whistle",
    ),
    Series(
        "Cloudharbour Regatta",
        "Voyages",
        2025,
        "Silver|Thunder|Feather|Copper|Morning|Harvest|Velvet|Northern|Paper",
        "Zephyr|Skiff|Courier|Balloonist|Wayfarer|Petrel|Pennant|Mail Packet|Dirigible",
    ),
    Series(
        "Brasswick Workshop",
        "Automata",
        2019,
        (
            "Pipwick|Cogsworn|Tinbert|Ratchet Mae|Old Fuse|Sprocket Jo|Bellows|Gimbal|Mister "
            "Ampere|Rivet Anne"
        ),
        "Ledger Keeper|Lamplighter|Night Porter|Tea Maker|Bellringer|Gardener|Surveyor|Postmaster",
        "{} the {}",
    ),
    Series(
        "The Clockmaker's Parade",
        "Automata",
        2024,
        "Model 3|Model 7|Model 12|Model 19|Model 24|Model 31|Model 40|Model 52|Model 66",
        "Drummer|Juggler|Tightrope Walker|Stilt Dancer|Fire Breather|Ringmaster|Acrobat|Conjurer",
        "{}: {}",
    ),
    Series(
        "Moonlit Herbarium",
        "Flora",
        2022,
        "Duskveil|Silverthroat|Nightwarm|Palefrost|Tidal|Owl's|Whispering|Hollow|Starlit|Sleepless",
        "Orchid|Bellflower|Peony|Campion|Moonwort|Asterel|Primrose|Foxlily",
    ),
    Series(
        "Blooms of Veyra",
        "Flora",
        2023,
        "Crimson|Honeyed|Glass|Painted|Saffron|Royal|Weeping|Twin|Wandering|Bronze",
        "Veyrantha|Sunspire|Trumpetvine|Lotusel|Dahlune|Ribbonrose|Starthistle|Waxflower",
    ),
    Series(
        "Vaults of Hallowmere",
        "Relics",
        2018,
        "Chalice|Circlet|Urn|Prism|Diadem|Heartstone|Reliquary|Ampulla|Signet",
        (
            "the Ninth Regent|Quiet Waters|the Last Bell|Saint Orrel|the Drowned Court|Two "
            "Rivers|First Snow"
        ),
        "{} of {}",
    ),
    Series(
        "The Ninth Regalia",
        "Relics",
        2021,
        (
            "Queen Ysolde's|King Aldous's|The Steward's|The Envoy's|Prince Teveral's|The "
            "Abbess's|The Exile's"
        ),
        "Opal|Coronet|Emerald|Wine Jar|Garnet|Crown|Sapphire|Vessel|Moonstone",
    ),
    Series(
        "Atlas of Small Worlds",
        "Worlds",
        2020,
        "Thessomir|Palladine|Orquell|Vantriss|Emberlund|Kessandra|Noctavia|Brillon|Suthane|Ilvermoor",
        "I|II|III|IV|V|VI|VII|VIII",
    ),
    Series(
        "Far Lantern Survey",
        "Worlds",
        2025,
        "Quarrow's|Ansel's|Mirabeth's|Tolliver's|Hesper's|Juniper's|Ottoline's|Barnaby's|Celandine's",
        "Marble|Respite|Folly|Beacon|Lament|Garden|Echo|Hearth",
    ),
    Series(
        "Spires of Caldreth",
        "Citadels",
        2019,
        "Caldreth|Greywater|Highmarrow|Saltgate|Thornwall|Eastmere|Vellacourt|Stonehithe|Ravelin",
        "Bell Tower|Keep|Watch|Cathedral|Bastion|Gatehouse|Observatory|Rookery",
    ),
    Series(
        "The Lamplit Quarter",
        "Citadels",
        2024,
        "Chandler's|Fishwife's|Alchemist's|Poet's|Weaver's|Cobbler's|Glazier's|Apothecary's|Ferryman's",
        "Row|Steps|Corner|Arches|Square|Landing|Rooftops|Passage",
    ),
)

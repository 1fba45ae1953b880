"""import_cards: all or nothing, with the line number of a bad row."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from buyback.demo.catalogue import generate
from inventory.models import Card, Pack
from inventory.vault.importing import Imported, ImportRefusedError, import_cards
from inventory.vault.rows import LONGEST_ATTRIBUTES

NOW = datetime(2026, 4, 18, 19, 5, 14, tzinfo=UTC)
HEADER = "source_type,listing_id,mint_address,name,fmv"

pytestmark = pytest.mark.django_db


def row(**changes: Any) -> dict[str, Any]:
    """A valid row of a JSON-lines file."""
    return {
        "source_type": "ebay",
        "listing_id": "v1|110|0",
        "name": "Sootwing Pup",
        "fmv": "12.50",
    } | changes


def refused(*rows: Mapping[str, Any]) -> list[str]:
    """The errors of a refusal, which imported nothing."""
    before = list(Card.objects.order_by("pk").values())
    with pytest.raises(ImportRefusedError) as caught:
        import_cards(enumerate(rows, 1), now=NOW)
    assert list(Card.objects.order_by("pk").values()) == before
    return caught.value.errors


def run(path: Path, **options: Any) -> tuple[str, str]:
    """The command's stdout and stderr; may raise CommandError."""
    out, err = StringIO(), StringIO()
    try:
        call_command("import_cards", str(path), stdout=out, stderr=err, **options)
    except CommandError as error:
        return out.getvalue(), f"{err.getvalue()}{error} ({error.returncode})"
    return out.getvalue(), err.getvalue()


def make_pack() -> Pack:
    """A pack to put cards in."""
    return Pack.objects.create(
        public_id="P" * 40, slug="pocket", name="Pocket", mint_price=Decimal(10)
    )


def test_it_imports_a_row_whole() -> None:
    pack = make_pack()
    written = row(
        source_type="enft",
        mint_address="Mint111",
        collection_address="Coll111",
        token_standard="ProgrammableNonFungible",
        attributes={"Set": "Emberwild", "Grade": 9.5},
        priced_at="2026-04-18T21:00:00+02:00",
        back_image="/faces/back.svg",
        pack="pocket",
    )
    assert import_cards([(1, written)], now=NOW) == Imported(1, 0, 0)
    card = Card.objects.get()
    assert (card.public_id, card.pack, card.fmv) == ("Mint111", pack, Decimal("12.50"))
    assert card.priced_at == datetime(2026, 4, 18, 19, 0, tzinfo=UTC)
    assert card.attributes == [
        {"trait_type": "Set", "value": "Emberwild"},
        {"trait_type": "Grade", "value": 9.5},
    ]


def test_it_gives_a_card_without_a_picture_its_own_face() -> None:
    import_cards([(1, row())], now=NOW)
    assert Card.objects.get().image == "/faces/v1%7C110%7C0.svg"
    assert Card.objects.get().priced_at == NOW


def test_it_updates_by_listing_and_leaves_equal_cards_alone() -> None:
    import_cards(enumerate([row(), row(listing_id="two")], 1), now=NOW)
    again = [row(fmv="13.005"), row(listing_id="two"), row(listing_id="three")]
    assert import_cards(enumerate(again, 1), now=NOW) == Imported(created=1, updated=1, unchanged=1)
    assert Card.objects.get(listing_id="v1|110|0").fmv == Decimal("13.01")


def test_it_keeps_a_listing_that_was_minted_since() -> None:
    import_cards([(1, row())], now=NOW)
    key = Card.objects.get().pk
    import_cards([(1, row(mint_address="Mint111"))], now=NOW)
    assert list(Card.objects.values_list("pk", "public_id")) == [(key, "Mint111")]


def test_it_brings_the_packs_values_up_to_date() -> None:
    pack = make_pack()
    pack.tiers.create(position=0, name="All", color="#94a3b8", lower=1, upper=100, weight=1)
    import_cards([(1, row(pack="pocket"))], now=NOW)
    pack.refresh_from_db()
    assert (pack.ev, pack.ev_updated_at) == (Decimal("12.50"), NOW)


BAD_ROWS = [
    (row(source_type="yahoo"), "source_type: must be one of enft, ebay, fanatics, alt, external"),
    (row(source_type=7), "source_type: must be text"),
    (row(source_type="enft"), "mint_address: is missing, and an enft card needs one"),
    (row(listing_id=""), "listing_id: is missing, and there is no mint_address either"),
    (row(listing_id="x" * 101), "listing_id: is longer than 100 characters"),
    (row(listing_id="a\0b"), "listing_id: contains a control character"),
    (row(name=" "), "name: is missing"),
    (row(name="half \ud800"), "name: contains half of a surrogate pair"),
    (row(fmv=""), "fmv: is missing"),
    (row(fmv="-1"), "fmv: must be a price in USD, such as 12.50"),
    (row(fmv="NaN"), "fmv: must be a price in USD, such as 12.50"),
    (row(fmv=True), "fmv: must be a price in USD, such as 12.50"),
    (row(fmv="1e3"), "fmv: must be a price in USD, such as 12.50"),
    (row(fmv=Decimal("1e999999")), "fmv: must be a price in USD, such as 12.50"),
    (row(fmv="0.004"), "fmv: must be above 0 and below 1,000,000,000 USD"),
    (row(fmv="1000000000"), "fmv: must be above 0 and below 1,000,000,000 USD"),
    (row(priced_at="yesterday"), "priced_at: must be a time such as 2026-04-18T19:05:14Z"),
    (
        row(priced_at="0001-01-01T00:00+14:00"),
        "priced_at: must be a time such as 2026-04-18T19:05:14Z",
    ),
    (row(priced_at="2026-04-18T19:05:14"), "priced_at: has no time zone; add Z for UTC"),
    (row(priced_at="2026-04-19T19:05:14Z"), "priced_at: is in the future"),
    (row(pack="nowhere"), "pack: there is no pack 'nowhere'"),
    (
        row(image="javascript:alert(1)"),
        "image: must be an http(s) address, or a path of this server",
    ),
    (row(image="//elsewhere/x.png"), "image: must be an http(s) address, or a path of this server"),
    (row(attributes="{"), "attributes: is not JSON"),
    (row(attributes=3), 'attributes: must be an object, or a list of {"trait_type", "value"}'),
    (row(attributes=[{"trait_type": "Set"}]), 'attributes: each must be {"trait_type", "value"}'),
    (row(attributes={"Set": float("nan")}), "attributes: each needs a name, and text or a number"),
    (row(attributes={"Set": "a\0b"}), "attributes: contains a control character"),
    (row(price="1"), "price: is not a column of a card"),
]


@pytest.mark.parametrize(("bad", "reason"), BAD_ROWS)
def test_it_names_the_line_and_the_column_of_a_bad_row(bad: dict[str, Any], reason: str) -> None:
    errors = refused(row(listing_id="good"), bad)
    assert len(errors) == 1
    assert errors[0].startswith(f"line 2: {reason}")


def test_it_refuses_one_card_twice_in_a_file() -> None:
    assert refused(row(), row(listing_id="two"), row()) == ["line 3: the same card as line 1"]
    twice = row(source_type="enft", listing_id=None, mint_address="v1|110|0")
    assert refused(row(), twice) == ["line 2: the same card as line 1"]


def test_it_refuses_to_take_another_cards_id() -> None:
    import_cards(enumerate([row(), row(listing_id="two", mint_address="Mint111")], 1), now=NOW)
    assert refused(row(mint_address="Mint111")) == [
        "line 1: its id belongs to another card",
        "line 1: its mint_address belongs to another card",
    ]
    assert refused(row(source_type="alt")) == [
        "line 1: its id belongs to another card",
        "line 1: its listing_id belongs to another card",
    ]


def test_it_lists_twenty_errors_and_says_that_there_are_more(tmp_path: Path) -> None:
    path = tmp_path / "cards.jsonl"
    path.write_text("".join(json.dumps(row(fmv="x", listing_id=str(n))) + "\n" for n in range(30)))
    _, err = run(path)
    assert [line.split(":")[0] for line in err.splitlines()[:20]] == [
        f"line {n}" for n in range(1, 21)
    ]
    assert err.endswith("refused, nothing was imported. There may be more. (2)")


def test_it_reads_csv_with_a_bom_and_fields_over_several_lines(tmp_path: Path) -> None:
    path = tmp_path / "cards.csv"
    path.write_text(
        f'{HEADER},attributes\nalt,a-1,,"Urn, cracked",9,"{{""Set"":\n""X""}}"\n',
        encoding="utf-8-sig",
    )
    assert run(path) == ("1 created, 0 updated, 0 unchanged\n", "")
    assert Card.objects.get().name == "Urn, cracked"


BAD_FILES = [
    (b"", "line 1: the header lacks source_type, name, fmv"),
    (b"source_type,fmv\n", "line 1: the header lacks name"),
    (
        f"{HEADER},price\n".encode(),
        "line 1: the header has 'price', which is not a column of a card",
    ),
    (f"{HEADER},fmv\n".encode(), "line 1: the header names fmv twice"),
    (f"{HEADER}\nalt,a,,X\n".encode(), "line 2: has 4 fields where the header has 5"),
    (f"{HEADER}\nalt,a,,X,1\nalt,b,,\xff,1\n".encode("latin-1"), "line 3: is not UTF-8 (byte 8)"),
    (f"{HEADER}\n".encode("utf-16"), "line 1: is UTF-16; save the file as UTF-8"),
    (
        f'{HEADER}\nalt,a,,"X,1\nalt,b,,Y,2\n'.encode(),
        "line 2: is not CSV (unexpected end of data)",
    ),
    (
        f"{HEADER}\nalt,a,,{'x' * 200_000},1\n".encode(),
        "line 2: is not CSV (field larger than field limit",
    ),
    (f"{HEADER}\nalt,a,,{'x' * 2_000_000},1\n".encode(), "line 2: is longer than 1,048,576 bytes"),
    (f"{HEADER}\nalt,a\0,,X,1\n".encode(), "line 2: listing_id: contains a control character"),
]


@pytest.mark.parametrize(("content", "reason"), BAD_FILES)
def test_it_refuses_a_csv_file_it_cannot_read(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "cards.csv"
    path.write_bytes(content)
    assert run(path)[1].startswith(reason)
    assert not Card.objects.exists()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[1]", "line 1: is not a JSON object"),
        ("{", "line 1: is not JSON"),
        ('{"fmv": NaN}', "line 1: is not JSON (NaN is not a number)"),
        ('{"fmv": 1, "fmv": 2}', "line 1: is not JSON (a key occurs twice in one object)"),
        ("[" * 100_000, "line 1: is not JSON"),
        ('{"fmv": ' + "9" * 5000 + "}", "line 1: is not JSON"),
    ],
)
def test_it_refuses_json_lines_it_cannot_read(tmp_path: Path, text: str, reason: str) -> None:
    path = tmp_path / "cards.jsonl"
    path.write_text(text)
    assert run(path)[1].startswith(reason)


def test_it_says_what_it_needs_to_know_of_a_file(tmp_path: Path) -> None:
    assert run(tmp_path / "missing.csv")[1].endswith("No such file or directory (2)")
    assert "add --format csv or jsonl" in run(tmp_path / "cards.txt")[1]


@pytest.mark.slow
def test_it_takes_twenty_thousand_rows(tmp_path: Path) -> None:
    path = tmp_path / "cards.ndjson"
    path.write_text(
        "".join(json.dumps({**one, "pack": ""}) + "\n" for one in generate(cards=20_000))
    )
    assert run(path)[0] == "20000 created, 0 updated, 0 unchanged\n"
    assert Card.objects.count() == 20_000


def test_it_takes_a_thousand_rows_of_the_demo(tmp_path: Path) -> None:
    path = tmp_path / "cards.ndjson"
    path.write_text("".join(json.dumps({**one, "pack": ""}) + "\n" for one in generate(cards=1000)))
    assert run(path)[0] == "1000 created, 0 updated, 0 unchanged\n"
    assert run(path)[0] == "0 created, 1000 updated, 0 unchanged\n"  # new price times


def test_it_takes_attributes_up_to_a_length() -> None:
    def attributes(size: int) -> dict[str, str]:
        return {"a": "x" * (size - len('[{"trait_type": "a", "value": ""}]'))}

    import_cards([(1, row(attributes=attributes(LONGEST_ATTRIBUTES)))], now=NOW)
    assert refused(row(attributes=attributes(LONGEST_ATTRIBUTES + 1))) == [
        "line 1: attributes: are longer than 8,192 characters as JSON"
    ]

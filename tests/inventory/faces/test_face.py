"""Card pictures: well-formed, without scripts, small, and deterministic."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buyback.demo.catalogue import generate
from inventory.faces.artwork import ARTWORKS
from inventory.faces.face import LONGEST, back_svg, face_svg

SVG = "{http://www.w3.org/2000/svg}"
GRADED = {
    "Set": "Emberwild Bestiary",
    "Number": "003/040",
    "Category": "Creatures",
    "Rarity": "Epic",
} | {
    "Grade": "9.5",
    "Grader": "Northgate Grading",
    "Certificate": "40012345",
}


def parse(svg: str) -> ET.Element:
    """The picture as a document; raises ParseError if it is not well-formed."""
    return ET.fromstring(svg)  # noqa: S314 - our own text


def words(svg: str) -> list[str]:
    """The texts of a picture."""
    return [element.text or "" for element in parse(svg).iter(f"{SVG}text")]


def test_it_writes_the_attributes_on_the_card() -> None:
    shown = words(face_svg("Cinderhorn Pup", GRADED | {"Year": "2021", "Variant": "Holo"}))
    for text in (
        "Cinderhorn Pup",
        "Emberwild Bestiary",
        "003/040",
        "2021",
        "Holo",
        "9.5",
        "Northgate Grading",
    ):
        assert text in shown
    assert "Certificate 40012345" in shown


def test_it_draws_the_same_face_twice() -> None:
    assert face_svg("Cinderhorn Pup", GRADED) == face_svg("Cinderhorn Pup", GRADED)


def test_it_draws_two_cards_differently() -> None:
    assert face_svg("Cinderhorn Pup", GRADED) != face_svg(
        "Cinderhorn Pup", GRADED | {"Number": "004/040"}
    )


def test_it_shows_a_card_without_a_grade_outside_a_slab() -> None:
    raw = {key: value for key, value in GRADED.items() if key != "Grade"}
    assert "Northgate Grading" not in words(face_svg("Cinderhorn Pup", raw))


@pytest.mark.parametrize("category", ARTWORKS)
def test_it_stays_small_and_inert_in_every_category(category: str) -> None:
    for number in range(40):
        svg = face_svg(
            f"Crown Zephyr wing {number}", GRADED | {"Category": category, "Number": str(number)}
        )
        assert len(svg.encode()) < 6144
        for element in parse(svg).iter():
            assert element.tag not in {
                f"{SVG}style",
                f"{SVG}script",
                f"{SVG}image",
                f"{SVG}foreignObject",
            }
            assert not {name for name in element.attrib if name == "style" or name.startswith("on")}
            assert element.attrib.get("href", "#").startswith("#")


def test_it_keeps_every_demo_face_under_six_kilobytes() -> None:
    for row in generate(cards=600):
        attributes = row["attributes"]
        assert isinstance(attributes, dict)
        assert len(face_svg(str(row["name"]), attributes).encode()) < 6144


@given(
    st.text(),
    st.dictionaries(st.sampled_from(["Set", "Grade", "Grader", "Variant", "Year"]), st.text()),
)
def test_it_survives_any_text(name: str, attributes: dict[str, str]) -> None:
    parse(face_svg(name, attributes))


def test_it_draws_a_back() -> None:
    assert parse(back_svg()).attrib["viewBox"] == "0 0 500 700"


def test_it_reads_no_more_of_a_text_than_it_draws() -> None:
    class Counted(str):
        __slots__ = ()

        def __getitem__(self, key: object) -> str:
            asked.append(key)
            return super().__getitem__(key)  # type: ignore[index]

    asked: list[object] = []
    unread = {f"trait {number}": Counted("x" * 1000) for number in range(100)}
    svg = face_svg("W" * 100_000, GRADED | unread | {"Year": Counted("2" * 100_000)})
    assert asked == [slice(None, LONGEST)]
    assert len(svg) < 8192

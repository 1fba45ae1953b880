"""GET /faces/…: a card's picture by the id in the API, cached and without scripts."""

from __future__ import annotations

from urllib.parse import quote
from xml.etree import ElementTree as ET

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from inventory.models import Card
from inventory.vault.importing import import_cards
from tests.dashboard.steps import signed_in
from tests.world import make_user

pytestmark = pytest.mark.django_db


def make_card() -> Card:
    """A card whose id has characters that addresses must escape."""
    row = {"source_type": "ebay", "listing_id": "v1|110/7|0", "name": "Pup & <Elder>", "fmv": "5"}
    import_cards([(1, row | {"attributes": {"Set": "Emberwild", "Grade": 9.5}})])
    return Card.objects.get()


def test_it_draws_the_face_an_imported_card_points_to(client: Client) -> None:
    answer = client.get(make_card().image)
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/svg+xml; charset=utf-8")
    picture = ET.fromstring(answer.content)  # noqa: S314  (our own)
    texts = [element.text for element in picture.iter("{http://www.w3.org/2000/svg}text")]
    assert {"Pup & <Elder>", "Emberwild", "9.5"} <= set(texts)


def test_it_answers_by_a_decoded_id_too(client: Client) -> None:
    make_card()
    assert client.get(f"/faces/{quote('v1|110/7|0')}.svg").status_code == 200


def test_it_lets_a_browser_keep_it(client: Client) -> None:
    image = make_card().image
    first = client.get(image)
    assert first["Cache-Control"] == "public, max-age=86400, stale-while-revalidate=2592000"
    again = client.get(image, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_it_redraws_a_renamed_card(client: Client) -> None:
    card = make_card()
    before = client.get(card.image)["ETag"]
    Card.objects.update(name="Elder")
    assert client.get(card.image, headers={"If-None-Match": before}).status_code == 200


def test_a_picture_runs_no_scripts(client: Client) -> None:
    policy = client.get(make_card().image)["Content-Security-Policy"]
    assert policy == "default-src 'none'; frame-ancestors 'none'"


def test_it_is_the_same_for_all_users(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    browser, image = signed_in(make_user("viewer@x.test")), make_card().image
    with django_assert_num_queries(1):
        answer = browser.get(image, headers={"Accept-Encoding": "gzip"})
    assert (answer["Vary"], answer["Content-Encoding"]) == ("Accept-Encoding", "gzip")
    with django_assert_num_queries(0):
        assert browser.get("/faces/back.svg")["Vary"] == "Accept-Encoding"


@pytest.mark.parametrize("unknown", ["nothing", "%00", "%F0%9F%8E%B4", "a" * 2000])
def test_it_knows_no_face_of_an_unknown_card(client: Client, unknown: str) -> None:
    assert client.get(f"/faces/{unknown}.svg").status_code == 404


def test_it_only_shows(client: Client) -> None:
    assert client.post(make_card().image).status_code == 405


def test_it_draws_the_back_without_asking_the_database(client: Client) -> None:
    assert client.get("/faces/back.svg").status_code == 200


@pytest.mark.parametrize(
    "attributes",
    [
        [1, "x", None],
        [{"a": 1}],
        [{"trait_type": "Set"}],
        [{"trait_type": ["Set"], "value": {"a": [1]}}],
    ],
)
def test_it_ignores_malformed_attributes(client: Client, attributes: object) -> None:
    card = make_card()
    Card.objects.update(attributes=[*attributes, {"trait_type": "Set", "value": "Emberwild"}])  # type: ignore[misc]
    answer = client.get(card.image)
    assert (answer.status_code, b"Emberwild" in answer.content) == (200, True)

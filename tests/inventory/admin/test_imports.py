"""Importing cards in the admin: upload, preview, import of that file, permissions, limits."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from inventory.models import Card, CardFile
from partners.models import AuditEntry
from tests.admin.conftest import make_staff, signed_in, snapshot
from tests.kept import make_card_file
from tests.world import World

UPLOAD = reverse("admin:inventory_card_import")
ROWS = b"source_type,mint_address,name,fmv,pack\nenft,MintNew1,New One,7.50,tidewater-box\n"


@pytest.fixture
def admin(world: World) -> Client:
    return signed_in(world.admin)


def upload(client: Client, content: bytes = ROWS, name: str = "spring.csv") -> Any:
    file = io.BytesIO(content)
    file.name = name
    return client.post(UPLOAD, {"file": file}, follow=True)


def test_it_shows_the_file_first_and_then_imports_it(admin: Client) -> None:
    shown = upload(admin)
    page = shown.content.decode()
    for part in (
        "spring.csv",
        "nothing has been imported yet",
        "New One",
        "MintNew1",
        "Tidewater Box",
        "$7.50",
    ):
        assert part in page
    assert Card.objects.count() == 12
    done = admin.post(shown.redirect_chain[-1][0], follow=True)
    assert "1 created, 0 updated, 0 unchanged." in done.content.decode()
    assert Card.objects.filter(mint_address="MintNew1").exists()
    assert AuditEntry.objects.get().actor == "user:admin@phygitals.test"


def test_it_imports_it_once(admin: Client) -> None:
    address = upload(admin).redirect_chain[-1][0]
    admin.post(address)
    page = admin.post(address, follow=True)
    assert "That file is no longer available" in page.content.decode()
    assert AuditEntry.objects.count() == 1


def test_it_names_every_bad_line(admin: Client) -> None:
    shown = upload(admin, ROWS + b"enft,,No Mint,1.00,\nenft,MintNew2,No Price,,\n")
    page = shown.content.decode()
    assert "line 3: mint_address: is missing" in page
    assert "line 4: fmv: is missing" in page
    assert "Import exactly this file" not in page
    assert "refused" in admin.post(shown.redirect_chain[-1][0]).content.decode()
    assert Card.objects.count() == 12


def test_it_reads_json_lines(admin: Client) -> None:
    row = (
        b'{"source_type": "alt", "listing_id": "a1", "name": "A", "fmv": "1.00", "attributes": '
        b'{"Set": "S"}}\n'
    )
    address = upload(admin, row, "cards.jsonl").redirect_chain[-1][0]
    admin.post(address)
    assert Card.objects.get(listing_id="a1").attributes == [{"trait_type": "Set", "value": "S"}]


@pytest.mark.parametrize(
    ("content", "name", "sentence"),
    [
        (ROWS, "spring.xlsx", "The file name must end in .csv"),
        (b"", "spring.csv", "The submitted file is empty"),
    ],
)
def test_it_refuses_an_invalid_catalogue(
    admin: Client, content: bytes, name: str, sentence: str
) -> None:
    assert sentence in upload(admin, content, name).content.decode()
    assert not CardFile.objects.exists()


def test_it_requires_a_file(admin: Client) -> None:
    assert "This field is required." in admin.post(UPLOAD).content.decode()


def test_it_refuses_a_file_that_is_too_large(admin: Client, settings: Settings) -> None:
    settings.MAX_IMPORT_BYTES = 102_400
    assert "The file is larger than 100.0\xa0KB." in upload(admin, b"x" * 300_000).content.decode()
    assert not CardFile.objects.exists()
    assert upload(admin).status_code == 200
    assert CardFile.objects.count() == 1


@pytest.mark.parametrize(
    ("rights", "allowed"),
    [
        ([], False),
        (["view"], False),
        (["view", "change"], False),
        (["view", "add"], False),
        (["add", "change"], True),
    ],
)
def test_it_imports_for_those_who_may_make_and_change_cards(
    world: World, rights: list[str], allowed: bool
) -> None:
    staff = make_staff(rights)
    client, file = signed_in(staff), make_card_file(ROWS, uploaded_by=f"user:{staff.email}")
    preview, before = reverse("admin:inventory_card_preview", args=[file.pk]), snapshot()
    assert [client.get(path).status_code for path in (UPLOAD, preview)] == (
        [200, 200] if allowed else [403, 403]
    )
    assert upload(client).status_code == (200 if allowed else 403)
    assert client.post(preview).status_code == (302 if allowed else 403)
    assert (snapshot() != before) is allowed
    shown = client.get(reverse("admin:inventory_card_changelist"))
    assert (b"Import cards" in shown.content) is (allowed and shown.status_code == 200)


def test_it_shows_a_file_to_its_uploader_alone(admin: Client, world: World) -> None:
    file = make_card_file(ROWS, uploaded_by="user:other@phygitals.test")
    preview = reverse("admin:inventory_card_preview", args=[file.pk])
    for act in (admin.get, admin.post):
        assert "That file is no longer available" in act(preview, follow=True).content.decode()
    assert Card.objects.count() == 12


def test_it_says_before_and_after_that_a_price_waits(admin: Client) -> None:
    shown = upload(admin, ROWS.replace(b"7.50", b"950000.00"))
    assert "1 of these have a price out of bounds" in shown.content.decode()
    done = admin.post(shown.redirect_chain[-1][0], follow=True).content.decode()
    assert "Another person must confirm" in done
    assert Card.objects.count() == 12
    assert AuditEntry.objects.filter(action="prices.proposed").count() == 1

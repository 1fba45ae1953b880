"""A file from a browser: its preview changes nothing, and it is imported unchanged, once."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from decimal import Decimal

import pytest

from config.foundation import clock
from inventory.models import Card, CardFile, PriceChange
from inventory.vault.importing import Imported, ImportRefusedError, PreviewRow
from inventory.vault.uploads import FileGone, hold_file, import_file, preview_file, waiting_file
from partners.models import AuditEntry
from partners.records.actor import Actor
from tests.world import NOW, World

BY, ANOTHER = Actor("user", "vault@phygitals.test"), Actor("user", "other@phygitals.test")
HEADER = "source_type,mint_address,name,fmv,priced_at,pack,attributes,image\n"
FOG_BELL = "MintFogBell1111111111111111111111111111111"
SAME = (
    f'enft,{FOG_BELL},Fog Bell,5.00,2026-04-18T19:05:14Z,tidewater-box,"{{""Set"": '
    '""Tidewater""}",'
    "https://cards.example.test/0.svg\n"
)
FILE = HEADER + SAME.replace("5.00", "6.00") + "enft,MintNew1,New One,7.50,,tidewater-box,,\n"


def hold(text: str, **how: object) -> CardFile:
    return hold_file(name="spring.csv", kind="csv", content=text.encode(), by=BY, **how)  # type: ignore[arg-type]


def test_it_shows_what_it_would_do_and_does_nothing(world: World) -> None:
    preview = preview_file(hold(FILE), now=NOW)
    assert preview.done == Imported(created=1, updated=1, unchanged=0)
    assert preview.first == [
        PreviewRow(
            2, "changed", FOG_BELL, "Fog Bell", "Tidewater Box", Decimal("5.00"), Decimal("6.00")
        ),
        PreviewRow(3, "new", "MintNew1", "New One", "Tidewater Box", None, Decimal("7.50")),
    ]
    assert Card.objects.count() == 12
    assert not PriceChange.objects.exists()
    assert not AuditEntry.objects.exists()


def test_it_recognises_what_stays_as_it_is(world: World) -> None:
    Card.objects.filter(mint_address=FOG_BELL).update(image="https://cards.example.test/0.svg")
    assert preview_file(hold(HEADER + SAME)).done == Imported(0, 0, 1)


def test_it_shows_the_first_ten_rows_and_counts_all(world: World) -> None:
    rows = "".join(f"enft,MintNew{number},New,7.50,,,,\n" for number in range(25))
    preview = preview_file(hold(HEADER + rows))
    assert (preview.done, [row.line for row in preview.first]) == (
        Imported(25, 0, 0),
        list(range(2, 12)),
    )


def test_it_does_what_it_has_shown(world: World) -> None:
    file = hold(FILE)
    shown = preview_file(file, now=NOW).done
    assert import_file(pk=file.pk, by=BY, now=NOW) == shown
    assert Card.objects.get(mint_address="MintNew1").pack == world.pack
    assert not CardFile.objects.exists()
    entry = AuditEntry.objects.get()
    digest = hashlib.sha256(FILE.encode()).hexdigest()
    counts = {"created": 1, "updated": 1, "unchanged": 0, "waiting": 0}
    assert (entry.actor, entry.action, entry.after) == (
        "user:vault@phygitals.test",
        "cards.imported",
        {"file": "spring.csv", "sha256": digest} | counts,
    )


def test_it_imports_a_file_once(world: World) -> None:
    file = hold(FILE)
    import_file(pk=file.pk, by=BY)
    with pytest.raises(FileGone):
        import_file(pk=file.pk, by=BY)
    assert AuditEntry.objects.count() == 1


def test_it_refuses_a_file_with_a_bad_row_whole(world: World) -> None:
    file = hold(FILE + "enft,,Nameless,1.00,,,,\n")
    for act in (lambda: preview_file(file), lambda: import_file(pk=file.pk, by=BY)):
        with pytest.raises(ImportRefusedError, match="line 4: mint_address: is missing"):
            act()
    assert Card.objects.count() == 12
    assert CardFile.objects.count() == 1
    assert not AuditEntry.objects.exists()


def test_it_shows_and_imports_a_file_to_its_uploader_alone(world: World) -> None:
    file = hold(FILE)
    assert waiting_file(pk=file.pk, by=BY) == file
    with pytest.raises(FileGone):
        waiting_file(pk=file.pk, by=ANOTHER)
    with pytest.raises(FileGone):
        import_file(pk=file.pk, by=ANOTHER)
    assert Card.objects.count() == 12


def test_it_forgets_a_file_after_a_day(world: World) -> None:
    old = hold(FILE)
    CardFile.objects.update(created_at=clock.now() - timedelta(days=1, seconds=1))
    new = hold(FILE)
    assert list(CardFile.objects.all()) == [new]
    with pytest.raises(FileGone):
        import_file(pk=old.pk, by=BY)

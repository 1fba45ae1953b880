"""A catalogue file uploaded in the admin: stored for its preview, then imported unchanged."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from config.foundation import clock
from config.foundation.codes import Code
from config.foundation.errors import Refusal
from inventory.models import CardFile
from inventory.vault.files import READERS, Numbered
from inventory.vault.importing import Imported, Preview, import_cards, preview_cards
from partners.records import audit
from partners.records.actor import Actor

KEPT = timedelta(days=1)


class FileGone(Refusal):
    """The file was imported, never existed, or has expired."""

    code = Code.FILE_GONE
    sentence = "That file is no longer available: it was imported, or it is more than a day old."


def hold_file(
    *, name: str, kind: str, content: bytes, by: Actor, now: datetime | None = None
) -> CardFile:
    """Store a file until it is imported, for a day at most, and delete older ones.

    ``kind`` is one of ``READERS``.
    """
    moment = now or clock.now()
    with transaction.atomic():
        CardFile.objects.filter(created_at__lt=moment - KEPT).delete()
        return CardFile.objects.create(
            name=name[:200], kind=kind, content=content, uploaded_by=str(by)
        )


def waiting_file(*, pk: UUID, by: Actor) -> CardFile:
    """A file that this person uploaded. Raises FileGone."""
    found = CardFile.objects.filter(pk=pk, uploaded_by=str(by)).first()
    if found is None:
        raise FileGone
    return found


def preview_file(file: CardFile, *, now: datetime | None = None) -> Preview:
    """The effect of importing the file. Raises ImportRefusedError."""
    return preview_cards(_rows(file), now=now)


def import_file(*, pk: UUID, by: Actor, now: datetime | None = None) -> Imported:
    """Import the waiting file whole, once; prices out of bounds wait for a second person.

    Raises FileGone; ImportRefusedError: nothing changed.
    """
    with transaction.atomic():
        file = CardFile.objects.select_for_update().filter(pk=pk, uploaded_by=str(by)).first()
        if file is None:
            raise FileGone
        done = import_cards(_rows(file), now=now, by=by, source=file.name)
        digest = hashlib.sha256(file.content).hexdigest()
        audit.record(
            actor=by,
            action="cards.imported",
            target=file,
            after={"file": file.name, "sha256": digest} | asdict(done),
        )
        file.delete()
    return done


def _rows(file: CardFile) -> Iterator[Numbered]:
    return READERS[file.kind](io.BytesIO(file.content))

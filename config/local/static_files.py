"""Static files: collected, named by content hash and compressed, only after a change."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command


def collect() -> None:
    """`collectstatic`, unless it already ran for the same files: compressing takes many seconds."""
    stamp = Path(settings.DATA_DIR) / "static.sha256"
    made_of = _fingerprint()
    manifest = Path(settings.STATIC_ROOT) / "staticfiles.json"
    if manifest.exists() and stamp.exists() and stamp.read_text() == made_of:
        return
    call_command("collectstatic", verbosity=0, interactive=False)
    stamp.write_text(made_of)


def _fingerprint() -> str:
    return hashlib.sha256(
        "\n".join([str(settings.STORAGES["staticfiles"]), *sorted(_sources())]).encode()
    ).hexdigest()


def _sources() -> Iterator[str]:
    """Every file to collect, with its size and modification time."""
    ignored = apps.get_app_config("staticfiles").ignore_patterns  # type: ignore[attr-defined]
    for finder in get_finders():
        for name, storage in finder.list(ignored):
            path = Path(storage.path(name))
            about = path.stat()
            yield f"{name} {path} {about.st_size} {about.st_mtime_ns}"

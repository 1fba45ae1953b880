"""The secret key of a server on one machine: created once in the data folder, owner-only."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from config.foundation import environment


def development_secret_key(data_dir: Path) -> str:
    """The key in `data_dir`/secret_key, created if missing. Raises ImproperlyConfigured."""
    path = data_dir / "secret_key"
    try:
        environment.make_data_dir(data_dir)
        if not path.exists():
            _write_once(path, secrets.token_urlsafe(50))
        return path.read_text().strip()
    except OSError as error:
        raise environment.unusable(data_dir, error) from error


def _write_once(path: Path, value: str) -> None:
    """Write the file unless it exists. If two commands start together, both read one whole key."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_text(value)
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()

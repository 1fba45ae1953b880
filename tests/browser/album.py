"""Which screenshots are stored, and where: the ten of ``KEPT`` in ``docs/screenshots/``, others
outside of git.
"""

from __future__ import annotations

import base64
import time
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page

ROOT = Path(__file__).resolve().parent.parent.parent
FOLDER = ROOT / "docs" / "screenshots"
QUALITY = 35
# The screenshots that the project keeps, by page and look. README.md shows the first.
KEPT = (
    "holdings-light",
    "overview-light",
    "item-dark",
    "holdings-390",
    "bulk_preview-light",
    "buyback-light",
    "payouts-light",
    "admin-home-light",
    "admin-pack-light",
    "admin-sellback-light",
)


@dataclass(frozen=True)
class Shot:
    """One page: its file's name and its address."""

    name: str
    path: str


@dataclass(frozen=True)
class Album:
    """Stores the screenshots of ``KEPT``, and all others if there is a folder for the ``rest``."""

    rest: Path | None

    def folder(self, name: str) -> Path | None:
        """The folder of one screenshot, or None if it is not wanted."""
        return FOLDER if name in KEPT else self.rest

    def wanted(self, shots: list[Shot], ending: str) -> list[Shot]:
        """The pages to render in one look."""
        return [shot for shot in shots if self.folder(f"{shot.name}{ending}")]

    def keep(self, page: Page, name: str) -> None:
        """Store the window as a WebP file, which Playwright itself does not write."""
        folder = self.folder(name)
        if folder is None:
            return
        page.wait_for_load_state("networkidle")
        session = page.context.new_cdp_session(page)
        found = session.send("Page.captureScreenshot", {"format": "webp", "quality": QUALITY})
        (folder / f"{name}.webp").write_bytes(base64.b64decode(found["data"]))
        print(f"{time.strftime('%H:%M:%S')} {name}", flush=True)

    def make_folders(self) -> list[Path]:
        """Every folder that is written to."""
        folders = [FOLDER, self.rest] if self.rest else [FOLDER]
        for folder in folders:
            folder.mkdir(parents=True, exist_ok=True)
        return folders

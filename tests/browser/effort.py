"""The effort of a job for a new user: clicks, keys, pages, words, and the estimated seconds.

The seconds are calculated, not measured, by the Keystroke-Level Model (Card, Moran, Newell: "The
keystroke-level model for user performance time with interactive systems", Communications of the ACM
23, 1980) with its slow operators. The model assumes experienced users. A new user also prepares
mentally before every action, and skims what is new in the window: on every page from the top to the
target, on the last page to the confirmation. The pace is that of skimming (Carver: "Reading rate:
theory, research, and practical implications", Journal of Reading 36, 1992), which is slower than
scanning for a known word (600 a minute) and faster than reading. Errors are not modelled.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from playwright.sync_api import Locator, Page

# Seconds per key for random letters; an average typist takes 0.28, a beginner 1.20.
K = 0.50
P = 1.10  # s to point at something
BB = 0.20  # s to press and release the mouse button
H = 0.40  # s to move the hand from mouse to keyboard, or back
M = 1.35  # s to prepare mentally: before every click and every text
# s until a page has loaded: a fixed value, ten times the goal of the page benchmark
R = 1.00
SKIMMED, READ = 450, 238  # words a minute; the second is silent reading (Brysbaert 2019)

LIMIT, MOST = 60, 5  # seconds and clicks of a job

# Every visible word in the window or in its dialog; and those before the end of the target.
SEEN = """(target) => {
  const top = document.querySelector("dialog:modal") ?? document.body;
  const walk = document.createTreeWalker(top, NodeFilter.SHOW_TEXT), range = document.createRange();
  const words = [], before = [];
  while (walk.nextNode()) {
    const node = walk.currentNode, within = node.parentElement;
    if (!node.data.trim() || within.closest(".hidden, .skip")) continue;
    if (!within.checkVisibility()) continue;
    range.selectNodeContents(node);
    const seen = (box) => box.bottom > 0 && box.top < innerHeight;
    if (![...range.getClientRects()].some(seen)) continue;
    const found = node.data.trim().split(/\\s+/);
    const order = target?.compareDocumentPosition(node);
    const after = order & Node.DOCUMENT_POSITION_FOLLOWING && !target.contains(node);
    words.push(...found);
    if (!after) before.push(...found);
  }
  return [words, before];
}"""


class Effort:
    """Counts what a test does with its pages from `begins` to `ends`."""

    def __init__(self) -> None:
        self.page: Page | None = None

    def begins(self, page: Page) -> None:
        """Start with an unseen page, and the hand on the mouse."""
        self.page, self.types = page, False
        self.view, self.read = Counter[str](), Counter[str]()
        self.clicks = self.texts = self.keys = self.moves = self.pages = self.words = 0

    def look(self, seen: tuple[list[str], list[str]]) -> None:
        """Count new content of the window as a page, and new words before the target as read."""
        view, before = Counter(seen[0]), Counter(seen[1])
        new = before - self.read
        self.pages, self.words = self.pages + bool(view - self.view), self.words + new.total()
        self.view, self.read = view, (self.read & view) + new

    def act(self, *, keys: int = 0) -> None:
        """Count a click, or a text of ``keys`` keys, including hand movements."""
        self.clicks, self.texts, self.keys = (
            self.clicks + (not keys),
            self.texts + bool(keys),
            self.keys + keys,
        )
        self.moves, self.types = self.moves + (self.types != bool(keys)), bool(keys)

    def seconds(self, pace: int = SKIMMED) -> float:
        """The estimated seconds at this reading pace."""
        hands = self.clicks * (P + BB) + self.keys * K + self.moves * H
        return hands + (self.clicks + self.texts) * M + self.pages * R + self.words * 60 / pace

    def ends(self, job: str, done: Locator, *, clicks: int) -> None:
        """The confirmation is visible: check the number of clicks and the time limit."""
        self.look(done.evaluate(SEEN))
        self.page = None
        counts = f"{self.clicks} clicks, {self.keys} keys, {self.pages} pages, {self.words} words"
        print(
            f"\n{job}: {counts}: {self.seconds():.0f} s, {self.seconds(READ):.0f} s if every "
            "word is read"
        )
        assert self.clicks == clicks <= MOST
        assert self.seconds() < LIMIT


def counted(monkeypatch: pytest.MonkeyPatch) -> Effort:
    """From `begins` on, count every click, choice and text of the test."""
    effort = Effort()

    def count(name: str) -> None:
        act = getattr(Locator, name)

        def counting(self: Locator, *arguments: Any, **options: Any) -> Any:
            if effort.page is not None:
                self.wait_for()
                effort.look(self.evaluate(SEEN))
                if name in {"fill", "press_sequentially", "press"}:
                    if not self.evaluate("field => field === document.activeElement"):
                        effort.act()  # a field is clicked before typing
                    effort.act(keys=1 if name == "press" else len(arguments[0]))
                else:
                    effort.act()
            return act(self, *arguments, **options)

        monkeypatch.setattr(Locator, name, counting)

    for name in ("click", "check", "select_option", "fill", "press_sequentially", "press"):
        count(name)
    return effort

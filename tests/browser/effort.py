"""What a job asks of somebody who does it for the first time: clicks, keys, pages, words, and the
seconds these make.

The seconds are reckoned, not measured, by the Keystroke-Level Model (Card, Moran, Newell: "The
keystroke-level model for user performance time with interactive systems", Communications of the ACM
23, 1980) with its slow operators. The model is of people who know their way. A newcomer prepares in
mind before every act, and looks through what is new in the window: on every page from its beginning
to what he acts on, on the last to what tells that it is done. He does so at the pace of skimming
(Carver: "Reading rate: theory, research, and practical implications", Journal of Reading 36, 1992),
which is slower than looking for a known word (600 a minute) and quicker than reading. He errs
never.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from playwright.sync_api import Locator, Page

# s a key, as of letters without sense; an average typist takes 0.28, one who does not know the
# keyboard 1.20
K = 0.50
P = 1.10  # s to point at something
BB = 0.20  # s to press the mouse's button and let it go
H = 0.40  # s to move the hand from mouse to keyboard, or back
M = 1.35  # s to prepare in mind: before every click, and before every text
# s until a page has come: a fixed figure, ten times what the benchmark of pages allows the server
R = 1.00
SKIMMED, READ = 450, 238  # words a minute; the second is of reading in silence (Brysbaert 2019)

LIMIT, MOST = 60, 5  # seconds and clicks of a job: under a minute, under six

# Every word in the window, or in the dialog over it, that is neither hidden nor below the fold; and
# of these, those that are written before the end of what is acted on.
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
        """With a page that nobody has looked at yet, and the hand on the mouse."""
        self.page, self.types = page, False
        self.view, self.read = Counter[str](), Counter[str]()
        self.clicks = self.texts = self.keys = self.moves = self.pages = self.words = 0

    def look(self, seen: tuple[list[str], list[str]]) -> None:
        """What was not in the window before is a page; what is written before the target is read,
        unless it was.
        """
        view, before = Counter(seen[0]), Counter(seen[1])
        new = before - self.read
        self.pages, self.words = self.pages + bool(view - self.view), self.words + new.total()
        self.view, self.read = view, (self.read & view) + new

    def act(self, *, keys: int = 0) -> None:
        """A click, or a text of so many keys, with the hand where it has to be."""
        self.clicks, self.texts, self.keys = (
            self.clicks + (not keys),
            self.texts + bool(keys),
            self.keys + keys,
        )
        self.moves, self.types = self.moves + (self.types != bool(keys)), bool(keys)

    def seconds(self, pace: int = SKIMMED) -> float:
        """With so many words a minute."""
        hands = self.clicks * (P + BB) + self.keys * K + self.moves * H
        return hands + (self.clicks + self.texts) * M + self.pages * R + self.words * 60 / pace

    def ends(self, job: str, done: Locator, *, clicks: int) -> None:
        """With what tells that it is done: in so many clicks, and within a minute."""
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
    """From `begins` on, every click, choice and text of the test is counted, before it is done."""
    effort = Effort()

    def count(name: str) -> None:
        act = getattr(Locator, name)

        def counting(self: Locator, *arguments: Any, **options: Any) -> Any:
            if effort.page is not None:
                self.wait_for()
                effort.look(self.evaluate(SEEN))
                if name in {"fill", "press_sequentially", "press"}:
                    if not self.evaluate("field => field === document.activeElement"):
                        effort.act()  # nobody types into a field before it is clicked
                    effort.act(keys=1 if name == "press" else len(arguments[0]))
                else:
                    effort.act()
            return act(self, *arguments, **options)

        monkeypatch.setattr(Locator, name, counting)

    for name in ("click", "check", "select_option", "fill", "press_sequentially", "press"):
        count(name)
    return effort

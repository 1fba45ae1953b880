"""A page in several looks: axe's rules, and whether it fits.

A page is loaded once and then shown in each look, as when its window is resized or the system's
scheme changes. Colours, sizes and what is visible depend on the style sheet alone, and no script
reads them, so axe finds what it would find after loading the page in that look.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

# Without `preload`, axe does not fetch stylesheets again: no rule here needs it, and the policy
# forbids it.
OPTIONS = {"preload": False, "resultTypes": ["violations"]}
RULES = OPTIONS | {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
}
# The rules that read colours or positions. All others read the document and what is hidden, which
# is the same in light and dark, and on all screens wider than 52rem.
OF_SIGHT = OPTIONS | {
    "runOnly": {
        "type": "rule",
        "values": [
            "color-contrast",
            "link-in-text-block",
            "scrollable-region-focusable",
            "target-size",
        ],
    }
}
SCRIPT = Axe().axe_script
# Django's admin fades from one colour to the next, where axe would read a colour in between.
RUN = """
options => {
    for (const one of document.getAnimations()) if (one instanceof CSSTransition) one.finish();
    return axe.run(options).then(found => found.violations);
}
"""


class Look(NamedTuple):
    """Light or dark, a width in pixels, and axe's options there."""

    scheme: str
    width: int
    options: dict[str, Any] = RULES


LIGHT, NARROW = Look("light", 1280), Look("dark", 390)


def shown(page: Page, look: Look) -> None:
    """Show the page in this look."""
    page.set_viewport_size({"width": look.width, "height": 900})
    page.emulate_media(color_scheme=look.scheme)  # type: ignore[arg-type]


def faults(page: Page, *looks: Look) -> list[tuple[str, str, str]]:
    """What is wrong in each look: the look, axe's rule or "too wide", and the element."""
    found = []
    if not page.evaluate("'axe' in window"):
        page.evaluate(SCRIPT)
    for look in looks:
        shown(page, look)
        name = f"{look.scheme} {look.width}"
        violations = page.evaluate(RUN, look.options)
        found += [(name, one["id"], node["html"]) for one in violations for node in one["nodes"]]
        if (wide := page.evaluate("document.documentElement.scrollWidth")) > look.width:
            found.append((name, "too wide", str(wide)))
    return found

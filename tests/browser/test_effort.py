"""The effort counter, on a page with known words."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.browser.effort import Effort

pytestmark = pytest.mark.browser

PAGE = """
  <h1>One two</h1> <button>three</button> <label>four <input></label>
  <p>five six</p> <p hidden>never</p> <p style="margin-top: 3000px">below</p>
"""


def test_it_counts_acts_and_reads_as_far_as_each(page: Page, effort: Effort) -> None:
    page.set_content(PAGE)
    effort.begins(page)
    page.get_by_role("button", name="three").click()
    assert (effort.clicks, effort.words, effort.pages) == (1, 3, 1)
    page.get_by_label("four").fill("ann")  # needs a click first
    assert (effort.clicks, effort.words, effort.keys) == (2, 4, 3)
    effort.ends("a job", page.get_by_text("five"), clicks=2)
    assert (effort.words, effort.pages) == (6, 1)
    assert effort.seconds(60) == pytest.approx(
        2 * (1.35 + 1.1 + 0.2) + 0.4 + 1.35 + 3 * 0.5 + 1 + 6
    )


def test_it_limits_jobs_to_five_clicks_and_a_minute(page: Page, effort: Effort) -> None:
    page.set_content(PAGE)
    button = page.get_by_role("button", name="three")
    effort.begins(page)
    for _ in range(6):
        button.click()
    with pytest.raises(AssertionError):
        effort.ends("a job", button, clicks=6)
    effort.begins(page)
    page.get_by_label("four").fill("x" * 120)
    with pytest.raises(AssertionError):
        effort.ends("a job", button, clicks=1)

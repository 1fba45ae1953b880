"""All texts in the source of templates, views and scripts are marked for translation.

In a template they are in one of Django's tags, in a view an argument of ``gettext`` or its
variants; scripts have none and get theirs from the page.
"""

from __future__ import annotations

import ast
import re

import pytest

from tests.architecture.code import ROOT, Module, modules
from tests.dashboard.test_words import NAMES, Page

MARKS = {"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext"}
UNSEEN = {"Http404"}  # texts that only developers read
SENTENCE = re.compile(r"[A-Z][a-z’']*[ ,][^|]*[a-z]")
TAG = re.compile(r"\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}", re.DOTALL)
BLOCK = re.compile(r"\{% blocktranslate.*?\{% endblocktranslate %\}", re.DOTALL)
GIVEN = re.compile(
    r'\{% include [^%]*?\b(?:title|text|label|link_text|clear_text|nothing)="|\|default:"[A-Z]'
)


FOLDERS = ("dashboard", *(f"{app}/dashboard" for app in ("partners", "inventory", "buyback")))


@pytest.mark.parametrize("folder", [*FOLDERS, "account", "mfa", "usersessions", "allauth"])
def test_it_marks_every_word_of_a_template(folder: str) -> None:
    left = {}
    for path in (ROOT / "templates" / folder).rglob("*.html"):
        source = path.read_text(encoding="utf-8")
        page = Page()
        page.feed(TAG.sub("", BLOCK.sub("", source)).replace("<>", "").replace("</>", ""))
        words = {word for word in page.outside if re.search(r"[^\W\d_]{2}", NAMES.sub("", word))}
        left[path.name] = words | set(GIVEN.findall(source))
    assert {name: words for name, words in left.items() if words} == {}


def parts(module: Module) -> set[int]:
    """Texts that are marked, or that users never see: docstrings and texts for developers."""
    found: set[int] = set()
    for node in ast.walk(module.tree):
        called = node.func if isinstance(node, ast.Call) else None
        name = getattr(called, "id", getattr(called, "attr", ""))
        docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if docstring or name in MARKS | UNSEEN:
            found |= {id(inner) for inner in ast.walk(node)}
    return found


PAGES = [one for one in modules("partners", "inventory", "buyback") if "dashboard" in one.parts]


@pytest.mark.parametrize("module", PAGES, ids=str)
def test_it_marks_every_sentence_of_a_view(module: Module) -> None:
    marked = parts(module)
    texts = [
        node
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Constant) and id(node) not in marked
    ]
    assert [
        node.value for node in texts if isinstance(node.value, str) and SENTENCE.match(node.value)
    ] == []


def test_it_leaves_the_words_of_scripts_to_the_page() -> None:
    for path in (ROOT / "static").rglob("*.js"):
        literals = re.findall(r'(["`])((?:(?!\1).)*)\1', path.read_text(encoding="utf-8"))
        assert [text for _quote, text in literals if SENTENCE.match(text)] == [], path

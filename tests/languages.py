"""A language with every sentence in brackets: text outside of them is not translatable."""

from __future__ import annotations

from gettext import NullTranslations

CODE = "eo"  # a language with Django's date formats that we do not ship
OPEN, CLOSE = "⟦", "⟧"


class Bracketed(NullTranslations):
    """The catalogue of that language."""

    def gettext(self, message: str) -> str:
        """The sentence in brackets, without its context."""
        return f"{OPEN}{message.rpartition(chr(4))[2]}{CLOSE}" if message else ""

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """Singular or plural, as in English."""
        return self.gettext(msgid1 if n == 1 else msgid2)

    def to_language(self) -> str:
        """The language code for Django."""
        return CODE

    language = to_language

"""The dashboard's sections, in menu order. A page names its own as ``section`` in its context."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True)
class Section:
    """One entry of the menu. ``icon`` is a heroicon's name; ``g`` followed by ``key`` opens it.

    ``page`` names its address in ``config/dashboard.py`` if that differs from ``name``.
    """

    name: str
    label: StrOrPromise
    icon: str
    key: str
    page: str = ""

    def url(self, mode: str) -> str:
        """Its address in this mode."""
        return reverse(f"dashboard:{self.page or self.name}", args=[mode])


SECTIONS = (
    Section("overview", _("Overview"), "home", "o"),
    Section("users", _("Users"), "users", "u"),
    Section("expiring", _("Expiring"), "clock", "e"),
    Section("buybacks", _("Sellbacks"), "arrow-uturn-left", "b"),
    Section("payouts", _("Payouts"), "banknotes", "p"),
    Section("orders", _("Shipping"), "truck", "s"),
    Section("keys", _("Developers"), "code-bracket", "d"),
    Section("team", _("Team"), "user-group", "t"),
)


def url_in(mode: str, section: str) -> str:
    """The section's page in another mode; the overview for a page outside the sections."""
    known = next((one for one in SECTIONS if one.name == section), None)
    if known:
        return known.url(mode)
    try:
        return reverse(f"dashboard:{section}", args=[mode])
    except NoReverseMatch:
        return reverse("dashboard:overview", args=[mode])

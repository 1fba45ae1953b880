"""Buttons on the page of a held item: extend or close its sellback window."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC
from typing import Any

from django import forms
from django.http import HttpRequest

from config.admin.model_admin import Untouchable
from config.admin.steps import ReasonForm, Step, SteppedAdmin
from inventory.models import Item
from inventory.windows.override import close_window, extend_window
from partners.admin.audited import by

RIGHT = "inventory.set_window"
MINUTES = "%Y-%m-%dT%H:%M"


class ExtendForm(ReasonForm):
    """The new deadline and the reason."""

    closes_at = forms.DateTimeField(
        label="New deadline (UTC)",
        input_formats=[MINUTES],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=MINUTES),
    )
    field_order = ("closes_at", "reason")


def _extend(request: HttpRequest, item: Item, values: dict[str, Any]) -> str:
    changed = extend_window(
        item=item, closes_at=values["closes_at"], reason=values["reason"], by=by(request)
    )
    return f"Extended: it can be sold back until {time(changed)}."


def _close(request: HttpRequest, item: Item, values: dict[str, Any]) -> str:
    close_window(item=item, reason=values["reason"], by=by(request))
    return "Closed: it can no longer be sold back. The user still holds it."


STEPS = {
    "extend": Step(
        RIGHT,
        "Extend the window",
        "Extend this sellback window?",
        (
            "The user can sell back the item until the new deadline, even after a closed window. "
            "The partner gets an event."
        ),
        _extend,
        ExtendForm,
    ),
    "close": Step(
        RIGHT,
        "Close the window",
        "Close this sellback window now?",
        (
            "From now on the item can no longer be sold back. The user still holds it. The partner "
            "gets an event."
        ),
        _close,
        ReasonForm,
    ),
}


def time(item: Item) -> str:
    """The deadline as text."""
    return (
        "for ever"
        if item.expires_at is None
        else f"{item.expires_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    )


class WindowAdmin(Untouchable, SteppedAdmin):
    """The page of an item. Only its window can be changed."""

    steps = STEPS

    def offered(self, request: HttpRequest, row: Item) -> Iterable[str]:
        if row.state != Item.State.HELD:
            return ()
        open_now = row.window_is_open(row.environment.now())
        return (*(("extend",) if row.expires_at else ()), *(("close",) if open_now else ()))

    def facts(self, row: Item) -> list[str]:
        closes = (
            "Its window never closes"
            if row.expires_at is None
            else f"Its window closes {time(row)}"
        )
        return [f"Item {row} of {row.environment}", f"Held by {row.collector}", closes]

"""Reasons for manual actions, stored permanently in the audit log."""

from __future__ import annotations

from config.foundation.codes import Code
from config.foundation.errors import Refusal

LONGEST_REASON = 500


class ReasonRequired(Refusal):
    """A manual action needs a reason of at most 500 characters."""

    code = Code.REASON_REQUIRED
    sentence = f"Give a reason, of at most {LONGEST_REASON} characters."


def clean_reason(text: str) -> str:
    """The reason as stored. Raises ReasonRequired."""
    reason = text.strip()
    if not reason or len(reason) > LONGEST_REASON or "\0" in reason:
        raise ReasonRequired
    return reason

"""Why: what people do by hand they do with a reason, kept for good beside the deed."""

from __future__ import annotations

from config.foundation.codes import Code
from config.foundation.errors import Refusal

LONGEST_REASON = 500


class ReasonRequired(Refusal):
    """Nothing is done by hand without a reason, of at most 500 characters."""

    code = Code.REASON_REQUIRED
    sentence = f"Give a reason, of at most {LONGEST_REASON} characters."


def clean_reason(text: str) -> str:
    """The reason as it is kept. Raises ReasonRequired."""
    reason = text.strip()
    if not reason or len(reason) > LONGEST_REASON or "\0" in reason:
        raise ReasonRequired
    return reason

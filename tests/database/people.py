"""Ways to break the constraints of accounts, invitations and codes."""

# ruff: noqa: ARG005  (a way to break a constraint is given the world, whether it needs it or not)

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Value
from django.db.models.functions import Concat

from partners.models import Invitation, User, VerificationCode
from tests.database.breaks import Break, each, twice
from tests.invitations import make_invitation
from tests.world import NOW, World, make_user

# Spellings that no action stores. ``Value`` goes past the field, which would correct them.
MISSPELT = (
    "Ops@x.test",
    "ops@X.test",
    "ops@münchen.example",
    "öps@x.test",
    "ops@x.test.",
    "ops@x.test\n",
    "ops @x.test",
    "ops@@x.test",
    "ops",
    "",
)
PEOPLE_TRIGGERS = {
    "partners.User:address_is_verified_again",
    "partners.User:unverified_is_confined",
    "partners.Membership:unverified_is_confined",
}


def as_written(text: str) -> Any:
    """The text itself, as SQL would write it."""
    return Concat(Value(text), Value(""))


def misspell_invitation(w: World, text: str) -> None:
    row = make_invitation(w.northwind.partner)
    Invitation.objects.filter(pk=row.pk).update(email=as_written(text))


def make_code(w: World, **fields: Any) -> Any:
    known = {"digest": bytes(32), "tries_left": 5, "created_by": "system", "expires_at": NOW}
    return VerificationCode.objects.create(user=w.northwind.viewer, **known | fields)


UNVERIFIED: dict[str, Any] = {"verified_at": None, "verified_by": ""}
PEOPLE: dict[str, Sequence[Break]] = {
    "partners_user_email_spelling": each(
        MISSPELT,
        lambda w, text: User.objects.filter(pk=make_user(**UNVERIFIED).pk).update(
            email=as_written(text)
        ),
    ),
    "partners_user_verified_by_something": [
        lambda w: make_user(verified_at=None),
        lambda w: make_user(verified_by=""),
        lambda w: make_user(verified_by="owner"),
    ],
    "partners_user_staff_is_verified": [
        lambda w: make_user(**UNVERIFIED, is_staff=True, factor=False),
        lambda w: make_user(**UNVERIFIED, is_superuser=True, factor=False),
        lambda w: User.objects.filter(pk=w.admin.pk).update(**UNVERIFIED),
    ],
    "partners_invitation_email_spelling": each(MISSPELT, misspell_invitation),
    "partners.VerificationCode.user": [lambda w: twice(lambda: make_code(w))],
}

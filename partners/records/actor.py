"""Actors: a member or admin, a partner's key, or the system."""

from __future__ import annotations

from dataclasses import dataclass, field

from partners.models import ApiKey, User


@dataclass(frozen=True, slots=True)
class Actor:
    """The ``by=`` of every action, stored as ``user:<email>``, ``key:<key id>``, ``system`` or
    ``shell``.

    Whether two actors are the same person is decided by account, because an e-mail address can
    change.
    """

    kind: str
    name: str = ""
    account: int | None = field(default=None, compare=False)

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}" if self.name else self.kind

    @classmethod
    def user(cls, user: User) -> Actor:
        """A person in a browser."""
        return cls("user", user.email, user.pk)

    @classmethod
    def named(cls, text: str) -> Actor:
        """The actor stored as ``text``."""
        kind, _, name = text.partition(":")
        return cls(kind, name)

    @classmethod
    def key(cls, key: ApiKey) -> Actor:
        """A partner's server."""
        return cls("key", key.key_id)


SYSTEM = Actor("system")
SHELL = Actor("shell")  # a command, run by a person who has the server

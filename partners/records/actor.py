"""Who asks: a member or admin, a partner's key, or the system itself."""

from __future__ import annotations

from dataclasses import dataclass, field

from partners.models import ApiKey, User


@dataclass(frozen=True, slots=True)
class Actor:
    """The ``by=`` of every action, written as text wherever it is kept: ``user:<email>``,
    ``key:<key id>``, ``system``. Whether two people are one is asked of the account, because an
    e-mail address can be changed.
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
        """Who was written down as ``text``."""
        kind, _, name = text.partition(":")
        return cls(kind, name)

    @classmethod
    def key(cls, key: ApiKey) -> Actor:
        """A partner's server."""
        return cls("key", key.key_id)


SYSTEM = Actor("system")

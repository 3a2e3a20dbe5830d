"""What identifies a digest window. Pure."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID, uuid5

_NAMESPACE = UUID("5d0f7c3e-6b0a-5c1b-9a63-2f1f0c9f5a11")

PREFIX = "digest:"
"""How `held_by` of a delivery begins that a window has collected."""


class WindowKey(NamedTuple):
    """One digest of one user: what it collects, and until when."""

    user_id: int
    test: bool
    channel: str
    category: str
    closes_at: datetime

    @property
    def id(self) -> UUID:
        """The window's id, which follows from all else: a delivery can join before it is known whether there is one."""
        said = (str(self.user_id), str(int(self.test)), self.channel, self.category, self.closes_at.isoformat())
        return uuid5(_NAMESPACE, "\n".join(said))

    @property
    def held_by(self) -> str:
        """How a collected delivery names the window."""
        return held_by(self.id)


def held_by(window: UUID) -> str:
    """How a collected delivery names its window."""
    return f"{PREFIX}{window}"


def window_of(held_by: str | None) -> UUID | None:
    """The window that has collected a delivery; None when none has."""
    if held_by is None or not held_by.startswith(PREFIX):
        return None
    try:
        return UUID(held_by.removeprefix(PREFIX))
    except ValueError:  # SQLite keeps any text
        return None

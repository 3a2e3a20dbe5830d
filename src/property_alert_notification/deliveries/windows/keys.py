"""The identity of a digest window. Pure."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID, uuid5

_NAMESPACE = UUID("5d0f7c3e-6b0a-5c1b-9a63-2f1f0c9f5a11")

PREFIX = "digest:"
"""The prefix of `held_by` of collected deliveries."""


class WindowKey(NamedTuple):
    """The identity of a digest window: user, channel, category and closing time."""

    user_id: int
    test: bool
    channel: str
    category: str
    closes_at: datetime

    @property
    def id(self) -> UUID:
        """The window's id, computed from the other fields, so that a delivery can join a window without a query."""
        parts = (str(self.user_id), str(int(self.test)), self.channel, self.category, self.closes_at.isoformat())
        return uuid5(_NAMESPACE, "\n".join(parts))

    @property
    def held_by(self) -> str:
        """The `held_by` of deliveries in this window."""
        return held_by(self.id)


def held_by(window: UUID) -> str:
    """The `held_by` of deliveries in the window with this id."""
    return f"{PREFIX}{window}"

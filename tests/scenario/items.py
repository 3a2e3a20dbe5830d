"""What the model keeps of deliveries, and what it reads from the words of the API. Pure."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from tests.scenario.actions import Submit
from tests.scenario.model import Category

Key = tuple[str, str]
"""The caller's name of a notification, and the channel."""

Seen = tuple[str, str, datetime | None]
"""State, reason code, and until when it is held, collected or in doubt."""

LEASE = timedelta(seconds=20)
"""After this long what a dead worker claimed is taken from it."""

RESENDS = 1
"""A message is sent so often once more of which it is unknown whether a provider took it."""

OPEN = {"scheduled", "queued", "held", "collected", "sending", "unknown"}
FINAL = {"sent", "suppressed", "expired", "cancelled", "failed"}


@dataclass(frozen=True)
class Window:
    """What is collected for one person, channel and category until a moment."""

    user: int
    channel: str
    category: str
    closes_at: datetime

    @property
    def key(self) -> Key:
        """That of its digest."""
        return f"digest of {self.category} for {self.user} at {self.closes_at.isoformat()}", self.channel


@dataclass
class Item:
    """One delivery."""

    key: Key
    user: int
    category: str
    urgent: bool
    counts_from: datetime
    """When its time to live begins."""
    expires_at: datetime | None = None
    state: str = "queued"
    code: str = ""
    due_at: datetime | None = None
    window: Window | None = None
    digest: "Item | None" = None
    carries: "list[Item]" = field(default_factory=list)
    """The items of a digest."""
    waits: list[str] = field(default_factory=list)
    """Why it was held, each time."""
    doubts: int = 0
    """How often it was unknown whether a provider took it."""

    @property
    def counts(self) -> bool:
        """Whether it has its place under a cap: not when it was not sent after all."""
        return self.state in ("sent", "sending", "unknown", "held", "queued") and self.digest is None

    def is_expired(self, now: datetime) -> bool:
        """Whether its caller's time is over."""
        return self.expires_at is not None and self.expires_at <= now

    def seen(self) -> Seen:
        """What the store is to show of it."""
        if self.state == "sending":
            return self.state, "", None
        if self.window is not None:
            return self.state, self.code, self.window.closes_at
        return self.state, self.code, self.due_at if self.state in ("held", "unknown") else None


@dataclass
class Notification:
    """The submitted notifications that are not planned yet."""

    submit: Submit
    accepted_at: datetime
    due_at: datetime
    """When its time comes; the User service may let it wait for longer."""

    @property
    def wanted_at(self) -> datetime:
        """When its user should have it at the earliest."""
        return max(self.accepted_at, self.due_at)


def turn_of(item: Item, seen: Mapping[Key, Seen]) -> tuple[int, str, bool]:
    """Of several for whom there is not enough room under a cap those come first whom the service took.

    Before them are those that ended without being sent, which leave their places. A digest keeps a place for itself,
    and what is collected does not: if both are to go at the same time, that came after this.
    """
    state, _, due_at = seen.get(item.key, ("", "", None))
    group = 1 if state in ("sent", "sending", "unknown") else 0 if state in FINAL else 2
    return group, "" if due_at is None else due_at.isoformat(), state == "held"


def has_place(cap: Mapping[str, int], counts: Counter[date], day: date) -> bool:
    """Whether one more message fits on a day, and into its week from Monday to Sunday."""
    monday = day - timedelta(days=day.weekday())
    week = sum(counts[monday + timedelta(days=number)] for number in range(7))
    return counts[day] < cap.get("day", 10_000) and week < cap.get("week", 10_000)


def merged(before: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """RFC 7396."""
    after = dict(before)
    for name, value in patch.items():
        if value is None:
            after.pop(name, None)
        elif isinstance(value, Mapping):
            after[name] = merged(after.get(name) or {}, value)
        else:
            after[name] = value
    return after


def category_of(definition: Mapping[str, Any]) -> Category:
    """The definition of a category by API."""
    ttl = timedelta(hours=int(definition["message_ttl"].rstrip("h"))) if "message_ttl" in definition else None
    found = Category(
        definition["kind"], definition.get("required", False), tuple(definition.get("default", {}).items())
    )
    return found if ttl is None else replace(found, message_ttl=ttl)

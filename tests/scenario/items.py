"""What the model keeps of deliveries, and what it reads from the words of the API. Pure."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from tests.scenario.model import Category
from tests.scenario.plan import Submit

Key = tuple[str, str]
"""The caller's name of a notification, and the channel."""

Seen = tuple[str, str, datetime | None]
"""State, reason code, and until when it is held."""

LEASE = timedelta(seconds=20)
"""After this long what a dead worker claimed is taken from it."""

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
    lost: int = 0
    """Workers that died with it."""

    def seen(self) -> Seen:
        """What the store is to show of it."""
        if self.state == "sending":
            return self.state, "", None
        return self.state, self.code, self.due_at if self.state == "held" else None


@dataclass
class Notification:
    """The submitted notifications that are not planned yet."""

    submit: Submit
    due_at: datetime


def turn_of(item: Item, seen: Mapping[Key, Seen]) -> tuple[bool, str]:
    """Of several for whom there is not enough room under a cap those come first whom the service took."""
    state, _, due_at = seen.get(item.key, ("", "", None))
    return state not in ("sent", "sending"), "" if due_at is None else due_at.isoformat()


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

"""The two weeks as section 10 of DESIGN.md says they must go: every delivery, step by step, beside the real ones.

Where section 10 leaves it open which of several messages is meant (three at once, and room for one under a cap), the
service may choose: then what it did is taken, and counted.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from tests.scenario.model import BUILT_IN, Category, Person, Verdict, decide, may
from tests.scenario.plan import Cancel, Define, Merge, Plan, Prefer, Submit

Key = tuple[str, str]
"""The caller's name of a notification, and the channel."""

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

    def seen(self) -> tuple[str, str, datetime | None]:
        """What the store is to show of it."""
        return self.state, self.code, self.due_at if self.state == "held" else None


@dataclass
class Notification:
    """What was submitted, and is not planned yet."""

    submit: Submit
    due_at: datetime


@dataclass
class Expected:
    """What is to be true at the end of each step."""

    plan: Plan
    preferences: dict[int, Mapping[str, Any] | None] = field(default_factory=dict)
    profiles: dict[int, Mapping[str, Any]] = field(default_factory=dict)
    categories: dict[str, Category] = field(default_factory=lambda: dict(BUILT_IN))
    scheduled: dict[str, Notification] = field(default_factory=dict)
    items: dict[Key, Item] = field(default_factory=dict)
    windows: dict[Window, None] = field(default_factory=dict)
    again: dict[Window, None] = field(default_factory=dict)
    """Windows whose items are decided again: something else is known of their user."""
    changed: dict[Key, Item] = field(default_factory=dict)
    """What moved in this step."""
    sent: Counter[Key] = field(default_factory=Counter)
    """What providers are to get in this step."""
    refused: list[str] = field(default_factory=list)
    """What is to be answered 404 in this step."""

    def next_due(self) -> datetime | None:
        """When something happens next by itself."""
        times = [one.due_at for one in self.scheduled.values()]
        times += [one.due_at for one in self.items.values() if one.due_at is not None]
        times += [window.closes_at for window in self.windows]
        return min(times, default=None)

    def act(self, actions: list[Any], now: datetime) -> None:
        """What people and callers do at a moment."""
        self.changed, self.sent, self.refused = {}, Counter(), []
        for action in actions:
            match action:
                case Prefer(user, said):
                    self._prefer(user, said, now)
                case Merge(user, patch):
                    before = self.preferences.get(user)
                    if before is not None:
                        self._prefer(user, merged(before, patch), now)
                case Submit():
                    self._submit(action, now)
                case Cancel(key):
                    self._cancel(key)
                case Define(name, definition):
                    self.categories[name] = category_of(definition)

    def work(self, now: datetime, seen: Mapping[Key, str]) -> None:
        """What the workers do at a moment; `seen` are the states that were seen then."""
        while True:
            windows = [window for window in self.windows if window.closes_at <= now]
            for window in windows:
                self._close(window, now)
            while self.again:
                self._decide_again(self.again.popitem()[0], now)
            due = [one for one in self.scheduled.values() if one.due_at <= now]
            for one in due:
                del self.scheduled[one.submit.key]
                self._plan(one, now)
            items = [one for one in self.items.values() if one.due_at is not None and one.due_at <= now]
            for item in sorted(items, key=lambda item: seen.get(item.key) not in ("sent", "sending")):
                self._claim(item, now)
            if not windows and not due and not items:
                return

    def _prefer(self, user: int, said: Mapping[str, Any] | None, now: datetime) -> None:
        """A change is decided again at once for all that waits for its hour, or for a digest."""
        self.preferences[user] = None if said is None else dict(said)
        for item in self._of(user):
            if item.state == "held":
                item.due_at = now
            elif item.window is not None:
                self.again[item.window] = None

    def _of(self, user: int) -> Iterator[Item]:
        return (item for item in list(self.items.values()) if item.user == user and item.state in OPEN)

    def _decide_again(self, window: Window, now: datetime) -> None:
        """What is not collected for it any more is sent, refused, or collected for another."""
        for item in [one for one in self.items.values() if one.window == window]:
            verdict = self._decide(item, now)
            if verdict.decision == "suppress":
                self._end(item, "suppressed", verdict.code)
            elif self._is_expired(item, now):
                self._end(item, "expired", "expired")
            elif verdict.decision == "collect":
                self._collect(item, verdict)
            else:
                item.counts_from = now
                self._move(item, "queued", verdict.code, now)

    def _submit(self, submit: Submit, now: datetime) -> None:
        if self.preferences.get(submit.user) is None:
            self.refused.append(submit.key)
            return
        if submit.send_at is not None and submit.send_at > now:
            self.scheduled[submit.key] = Notification(submit, submit.send_at)
        else:
            self._plan(Notification(submit, now), now)

    def _plan(self, one: Notification, now: datetime) -> None:
        """It becomes a delivery on each channel, as the user wants it now."""
        submit = one.submit
        for channel in submit.channels or ("email", "sms"):
            key = submit.key, channel
            item = Item(key, submit.user, submit.category, submit.urgent, one.due_at, submit.expires_at)
            self.items[key] = item
            verdict = self._decide(item, now)
            if verdict.decision == "send" and not self._is_expired(item, now):
                self._move(item, "queued", verdict.code, now)
            else:
                self._withhold(item, verdict, now, expiry="expired" if self._is_expired(item, now) else None)

    def _cancel(self, key: str) -> None:
        if self.scheduled.pop(key, None) is not None:
            return
        for channel in ("email", "sms"):
            item = self.items.get((key, channel))
            if item is not None and item.state in OPEN and item.digest is None:
                self._end(item, "cancelled", "cancelled")

    def _claim(self, item: Item, now: datetime) -> None:
        """A worker asks once more, right before sending."""
        verdict, expiry = self._decide(item, now), None
        if self._is_expired(item, now):
            expiry = "expired"
        elif now >= item.counts_from + self._category(item.category).message_ttl:
            expiry = "too_old"
        if verdict.decision == "send" and expiry is None:
            self.sent[item.key] += 1
            self._end(item, "sent", "sent")
        else:
            self._withhold(item, verdict, now, expiry=expiry)

    def _withhold(self, item: Item, verdict: Verdict, now: datetime, *, expiry: str | None) -> None:
        """Consent comes before age, and age before the hour."""
        if verdict.decision == "suppress":
            self._end(item, "suppressed", verdict.code)
        elif expiry is not None:
            self._end(item, "expired", expiry)
        elif verdict.decision == "hold":
            self._move(item, "held", verdict.code, verdict.until)
        else:
            self._collect(item, verdict)

    @staticmethod
    def _is_expired(item: Item, now: datetime) -> bool:
        return item.expires_at is not None and item.expires_at <= now

    def _decide(self, item: Item, now: datetime) -> Verdict:
        return decide(
            self._person(item.user),
            item.key[1],
            item.category,
            self._category(item.category),
            urgent=item.urgent,
            now=now,
            over_cap=False,
        )

    def _person(self, user: int) -> Person:
        place = self.plan.residents[user].place
        return Person(place, self.preferences.get(user), self.profiles.get(user))

    def _category(self, name: str) -> Category:
        return self.categories.get(name, self.categories["general"])

    def _collect(self, item: Item, verdict: Verdict) -> None:
        assert verdict.until is not None
        window = Window(item.user, item.key[1], item.category, verdict.until)
        self.windows[window] = None
        if item.window != window or item.state != "collected":
            self._move(item, "collected", verdict.code, None)
        item.window = window

    def _close(self, window: Window, now: datetime) -> None:
        """Everything that is collected becomes one message; without anything there is none."""
        del self.windows[window]
        self.again.pop(window, None)
        items = [one for one in self.items.values() if one.window == window]
        staying = []
        for item in items:
            frequency, code = may(self._person(item.user), window.channel, item.category, self._category(item.category))
            if frequency == "never":
                self._end(item, "suppressed", code)
            elif item.expires_at is not None and item.expires_at <= now:
                self._end(item, "expired", "expired")
            else:
                staying.append(item)
        if not staying:
            return
        digest = Item(window.key, window.user, "digest", False, now)
        self.items[digest.key] = digest
        for item in staying:
            item.digest, item.window = digest, None
            self._move(item, "collected", "in_digest", None)
        self._move(digest, "queued", "", now)

    def _move(self, item: Item, state: str, code: str, due_at: datetime | None) -> None:
        item.state, item.code, item.due_at = state, code, due_at
        if state != "collected":
            item.window = None
        self.changed[item.key] = item

    def _end(self, item: Item, state: str, code: str) -> None:
        self._move(item, state, code, None)
        for other in self.items.values():
            if other.digest is item:
                self._move(other, state, "in_digest", None)


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
    """What was said of a category."""
    ttl = timedelta(hours=int(definition["message_ttl"].rstrip("h"))) if "message_ttl" in definition else None
    found = Category(
        definition["kind"], definition.get("required", False), tuple(definition.get("default", {}).items())
    )
    return found if ttl is None else replace(found, message_ttl=ttl)

"""The two weeks as section 10 of DESIGN.md says they must go: every delivery, step by step, beside the real ones.

Where section 10 leaves it open which of several messages is meant (three at once, and room for one under a cap), the
service may choose: then what it did is taken, and counted.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import takewhile
from typing import Any

from tests.scenario.items import (
    LEASE,
    OPEN,
    Item,
    Key,
    Notification,
    Seen,
    Window,
    category_of,
    has_place,
    merged,
    turn_of,
)
from tests.scenario.model import BUILT_IN, Category, Person, Verdict, decide, local_day, may, next_digest
from tests.scenario.plan import LENGTH, Cancel, Define, Merge, Plan, Prefer, Repeat, Submit
from tests.scenario.recurring import occurrences


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
    uses: dict[tuple[int, str], dict[Key, date]] = field(default_factory=dict)
    """On which day each message counts that has a cap, by user and channel."""
    lost: set[Key] = field(default_factory=set)
    """What a worker claimed in this step, and died."""
    recurring: dict[str, tuple[Repeat, list[datetime]]] = field(default_factory=dict)
    """Each with the moments that are to come."""
    refused: list[str] = field(default_factory=list)
    """What is to be answered 404 in this step."""

    def next_due(self) -> datetime | None:
        """When something happens next by itself."""
        times = [one.due_at for one in self.scheduled.values()]
        times += [one.due_at for one in self.items.values() if one.due_at is not None]
        times += [window.closes_at for window in self.windows]
        times += [moments[0] for _, moments in self.recurring.values() if moments]
        return min(times, default=None)

    def act(self, actions: list[Any], now: datetime) -> None:
        """What people and callers do at a moment."""
        self.changed, self.sent, self.refused, self.lost = {}, Counter(), [], set()
        for action in actions:
            self._act(action, now)

    def _act(self, action: Any, now: datetime) -> None:
        match action:
            case Prefer(user, chosen):
                self._prefer(user, chosen, now)
            case Merge(user, patch):
                if (before := self.preferences.get(user)) is not None:
                    self._prefer(user, merged(before, patch), now)
            case Submit():
                self._submit(action, now)
            case Repeat():
                self._repeat(action, now)
            case Cancel(key):
                self._cancel(key)
            case Define(name, definition):
                self.categories[name] = category_of(definition)

    def work(self, now: datetime, seen: Mapping[Key, Seen]) -> None:
        """What the workers are expected to do at a moment; `seen` is the observation of that moment."""
        self._occur(now)
        while True:
            windows = [window for window in self.windows if window.closes_at <= now]
            for window in windows:
                self._close(window, now)
            while self.again:
                self._reevaluate(self.again.popitem()[0], now)
            due = [one for one in self.scheduled.values() if one.due_at <= now]
            for one in due:
                del self.scheduled[one.submit.key]
                self._plan(one, now)
            items = [one for one in self.items.values() if one.due_at is not None and one.due_at <= now]
            for item in sorted(items, key=lambda item: turn_of(item, seen)):
                self._claim(item, now)
            if not windows and not due and not items:
                return

    def _repeat(self, repeat: Repeat, now: datetime) -> None:
        if self.preferences.get(repeat.user) is None:
            self.refused.append(repeat.key)
            return
        end = self.plan.start + LENGTH
        moments = takewhile(lambda moment: moment <= end, occurrences(repeat.rrule, repeat.start, repeat.zone))
        self.recurring[repeat.key] = repeat, sorted({moment for moment in moments if moment > now})

    def _occur(self, now: datetime) -> None:
        """Of those that were missed while no worker was there only the last is made up for."""
        for repeat, moments in self.recurring.values():
            if missed := [moment for moment in moments if moment <= now]:
                del moments[: len(missed)]
                submit = Submit(f"{repeat.key} at {now.isoformat()}", repeat.user, repeat.category)
                self._plan(Notification(submit, missed[-1]), now)

    def _prefer(self, user: int, chosen: Mapping[str, Any] | None, now: datetime) -> None:
        """A change is decided again at once for all that waits for its hour, or for a digest."""
        self.preferences[user] = None if chosen is None else dict(chosen)
        for item in self._of(user):
            if item.state == "held":
                item.due_at = now
            elif item.window is not None:
                self.again[item.window] = None

    def _of(self, user: int) -> Iterator[Item]:
        return (item for item in list(self.items.values()) if item.user == user and item.state in OPEN)

    def _reevaluate(self, window: Window, now: datetime) -> None:
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
        """Expect a delivery on each channel, by the current preferences."""
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
        if item.state == "sending":  # its worker died
            self._move(item, "queued", "", now)
            return
        verdict, expiry = self._decide(item, now), None
        if self._is_expired(item, now):
            expiry = "expired"
        elif now >= item.counts_from + self._category(item.category).message_ttl:
            expiry = "too_old"
        if verdict.decision == "send" and expiry is None:
            verdict = self._count(item, now) or verdict
        if verdict.decision == "send" and expiry is None and item.key in self.lost:
            self.lost.remove(item.key)
            self._move(item, "sending", "", now + LEASE)
        elif verdict.decision == "send" and expiry is None:
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
        )

    def _count(self, item: Item, now: datetime) -> Verdict | None:
        """A promotional message counts into its user's caps when it is claimed; what does not fit waits."""
        person, channel = self._person(item.user), item.key[1]
        cap = (person.preference("caps") or {}).get(channel)
        if cap is None or not self._category(item.category).is_promotional:
            return None
        uses = self.uses.setdefault((item.user, channel), {})
        others = Counter(day for key, day in uses.items() if key != item.key)
        today, until = local_day(person, channel, now), now
        if has_place(cap, others, today):
            uses[item.key] = today
            return None
        while True:
            until = next_digest("daily", person, channel, until)
            day = local_day(person, channel, until)
            if day > today and has_place(cap, others, day):
                break
        if item.category != "digest":
            return Verdict("collect", "over_cap", until)
        uses[item.key] = day
        return Verdict("hold", "over_cap", until)

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

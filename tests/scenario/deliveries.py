"""The model of deliveries: how each is planned, held, collected, counted, carried and sent, by section 10 of DESIGN.md.

Where that leaves it open which of several messages is meant (three at once, and room for one under a cap; one leaves
its place while another looks for one), the service may choose: then what it did is taken, and counted.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from tests.scenario.directory import Entry
from tests.scenario.items import LEASE, OPEN, RESENDS, Item, Key, Notification, Seen, Window, has_place, turn_of
from tests.scenario.knowledge import Knowledge
from tests.scenario.model import Verdict, local_day, may, next_digest, refuses_digests

FIELDS = {"email": "email", "sms": "phone_number"}
"""Where a profile has the address of a channel."""


@dataclass
class Deliveries:
    """Every delivery, and what happened to it in the step that is played."""

    knowledge: Knowledge
    items: dict[Key, Item] = field(default_factory=dict)
    windows: dict[Window, dict[Key, Item]] = field(default_factory=dict)
    again: dict[Window, None] = field(default_factory=dict)
    """Windows whose items are decided again: something else is known of their user."""
    due: dict[Key, Item] = field(default_factory=dict)
    """What is due at some time."""
    changed: dict[Key, Item] = field(default_factory=dict)
    """What moved in this step."""
    sent: Counter[Key] = field(default_factory=Counter)
    """What providers are to get in this step."""
    lost: set[Key] = field(default_factory=set)
    """What workers that died had claimed in this step."""
    doubtful: dict[Key, datetime] = field(default_factory=dict)
    """Of which a worker that died in this step left unknown whether a provider took it, and when it is sent again."""
    uses: dict[tuple[int, str], dict[Key, date]] = field(default_factory=dict)
    """On which day each message counts that has a cap, by user and channel."""
    left: set[Key] = field(default_factory=set)
    """What had a place under a cap until this step."""
    disturbing: int = 0
    """How many urgent messages were sent in quiet hours."""
    _of_user: dict[int, list[Item]] = field(default_factory=dict)

    def times(self) -> Iterator[datetime]:
        """When something happens by itself."""
        yield from (item.due_at for item in self.due.values() if item.due_at is not None)
        yield from (window.closes_at for window in self.windows)

    def begin_step(self) -> None:
        """Nothing has happened yet."""
        self.changed, self.sent, self.lost, self.doubtful, self.left = {}, Counter(), set(), {}, set()

    def know_more(self, user: int, now: datetime) -> None:
        """Something else is known of a user: what waits for its hour or a digest is decided again at once."""
        for item in self._of_user.get(user, ()):
            if item.state == "held":
                self._set_due(item, now)
            elif item.window is not None:
                self.again[item.window] = None

    def plan(self, one: Notification, now: datetime, entry: Entry | None = None, *, late: str | None = None) -> None:
        """A notification becomes a delivery on each channel, as the user wants it now.

        Args:
            one: the notification.
            now: this moment.
            entry: what the User service said, if it was asked for an address.
            late: why it is too late for a notification whose user nobody could be asked about.
        """
        submit = one.submit
        for channel in submit.asked_for:
            key = submit.key, channel
            item = Item(key, submit.user, submit.category, submit.urgent, one.wanted_at, submit.expires_at)
            self._add(item)
            verdict = self.knowledge.decide(item, now)
            missing = late if late and channel not in submit.given else _missing(submit.given, channel, entry)
            if verdict.decision != "suppress" and missing is not None:
                self._end(item, {"no_address": "suppressed", "no_such_user": "failed"}.get(missing, "expired"), missing)
            elif verdict.decision == "send" and not item.is_expired(now):
                self._move(item, "queued", verdict.code, now)
            else:
                self._withhold(item, verdict, expiry="expired" if item.is_expired(now) else None)

    def cancel(self, key: str) -> None:
        """What is in a digest already stays in it."""
        for channel in FIELDS:
            item = self.items.get((key, channel))
            if item is not None and item.state in OPEN and item.digest is None:
                self._end(item, "cancelled", "cancelled")

    def close_windows(self, now: datetime) -> bool:
        """Make the digests whose time has come, and decide again about what waits; returns whether any was due."""
        windows = [window for window in self.windows if window.closes_at <= now]
        for window in windows:
            self._close(window, now)
        while self.again:
            self._reevaluate(self.again.popitem()[0], now)
        return bool(windows)

    def claim_due(self, now: datetime, seen: Mapping[Key, Seen], taken: Collection[Key]) -> bool:
        """Workers ask once more, right before sending; returns whether anything was due."""
        items = [one for one in self.due.values() if one.due_at is not None and one.due_at <= now]
        for item in sorted(items, key=lambda item: (self._found_no_place(item, seen), turn_of(item, seen))):
            self._claim(item, now, taken, seen.get(item.key))
        return bool(items)

    def _found_no_place(self, item: Item, seen: Mapping[Key, Seen]) -> bool:
        """Whether it never had a place under a cap, and is refused because it may not wait for a digest."""
        has_ended = seen.get(item.key, ("", "", None))[:2] == ("suppressed", "category_refused")
        return has_ended and item.key not in self.uses.get((item.user, item.key[1]), {})

    def _claim(self, item: Item, now: datetime, taken: Collection[Key], seen: Seen | None) -> None:
        if item.state == "sending":  # its worker died
            item.doubts += 1
            self._move(item, "queued", "", now)
            return
        verdict, expiry = self.knowledge.decide(item, now), None
        if item.is_expired(now):
            expiry = "expired"
        elif self.knowledge.is_too_old(item, now):
            expiry = "too_old"
        if verdict.decision == "send" and expiry is None:
            verdict = self._count(item, now, seen) or verdict
        if verdict.decision != "send" or expiry is not None:
            self._withhold(item, verdict, expiry=expiry)
        elif item.key in self.lost:
            self.lost.remove(item.key)
            self.sent[item.key] += item.key in taken  # the worker died before or after its provider had it
            self._move(item, "sending", "", now + LEASE)
        elif item.key in self.doubtful:
            self.sent[item.key] += item.key in taken
            self._doubt(item, self.doubtful.pop(item.key), now)
        else:
            self.sent[item.key] += 1
            self.disturbing += item.urgent and self.knowledge.is_disturbing(item, now)
            self._end(item, "sent", "sent")

    def _doubt(self, item: Item, again_at: datetime, now: datetime) -> None:
        """It is sent once more, soon; after a second doubt never."""
        item.doubts += 1
        if item.doubts > RESENDS:
            self._end(item, "failed", "unknown_given_up")
        else:
            self._move(item, "unknown", "unknown_resent", min(max(again_at, now), now + LEASE))

    def _withhold(self, item: Item, verdict: Verdict, *, expiry: str | None) -> None:
        """Consent comes before age, and age before the hour."""
        if verdict.decision == "suppress":
            self._end(item, "suppressed", verdict.code)
        elif expiry is not None:
            self._end(item, "expired", expiry)
        elif verdict.decision == "hold":
            self._move(item, "held", verdict.code, verdict.until)
        else:
            self._collect(item, verdict)

    def _count(self, item: Item, now: datetime, seen: Seen | None) -> Verdict | None:
        """A promotional message counts into its user's caps when it is claimed; what does not fit waits.

        What left its place at this moment may have done so before or after that.
        """
        cap = (self.knowledge.person(item.user).preference("caps") or {}).get(item.key[1])
        if cap is None or not self.knowledge.category_of(item).is_promotional:
            return None
        uses = self.uses.setdefault((item.user, item.key[1]), {})
        others = {key: day for key, day in uses.items() if key != item.key}
        after = self._place(item, cap, Counter(day for key, day in others.items() if self.items[key].counts), now)
        left = Counter(day for key, day in others.items() if self.items[key].counts or key in self.left)
        before = self._place(item, cap, left, now)
        found = before if before is not None and (before.code, before.until) == (seen or ("", "", None))[1:] else after
        if found is None or found.decision == "hold":
            person, channel = self.knowledge.person(item.user), item.key[1]
            uses[item.key] = local_day(person, channel, now if found is None or found.until is None else found.until)
        return found

    def _place(self, item: Item, cap: Mapping[str, int], others: Counter[date], now: datetime) -> Verdict | None:
        """Until when a message waits under a cap; None if it may go now."""
        person, channel = self.knowledge.person(item.user), item.key[1]
        today, until = local_day(person, channel, now), now
        if has_place(cap, others, today):
            return None
        if item.category != "digest" and refuses_digests(person, channel, self.knowledge.category_of(item)):
            return Verdict("suppress", "category_refused")
        while True:
            until = next_digest("daily", person, channel, until)
            day = local_day(person, channel, until)
            if day > today and has_place(cap, others, day):
                return Verdict("hold" if item.category == "digest" else "collect", "over_cap", until)

    def _collect(self, item: Item, verdict: Verdict) -> None:
        assert verdict.until is not None
        window = Window(item.user, item.key[1], item.category, verdict.until)
        self._move(item, "collected", verdict.code, None)
        item.window = window
        self.windows.setdefault(window, {})[item.key] = item

    def _reevaluate(self, window: Window, now: datetime) -> None:
        """What is not collected for it any more is sent, refused, or collected for another."""
        for item in list(self.windows.get(window, {}).values()):
            verdict = self.knowledge.decide(item, now)
            if verdict.decision == "suppress":
                self._end(item, "suppressed", verdict.code)
            elif item.is_expired(now):
                self._end(item, "expired", "expired")
            elif verdict.decision != "collect":
                item.counts_from = now
                self._move(item, "queued", verdict.code, now)
            elif verdict.until != window.closes_at:
                del self.windows[window][item.key]
                self._collect(item, verdict)

    def _close(self, window: Window, now: datetime) -> None:
        """Everything that is collected becomes one message; without anything there is none."""
        items, person = self.windows.pop(window), self.knowledge.person(window.user)
        self.again.pop(window, None)
        frequency, code = may(person, window.channel, window.category, self.knowledge.category(window.category))
        staying = []
        for item in items.values():
            item.window = None
            if frequency == "never":
                self._end(item, "suppressed", code)
            elif item.is_expired(now):
                self._end(item, "expired", "expired")
            else:
                staying.append(item)
        if not staying:
            return
        digest = Item(window.key, window.user, "digest", False, now, carries=staying)
        self._add(digest)
        for item in staying:
            item.digest = digest
            self._move(item, "collected", "in_digest", None)
        self._move(digest, "queued", "", now)

    def _add(self, item: Item) -> None:
        self.items[item.key] = item
        self._of_user.setdefault(item.user, []).append(item)

    def _move(self, item: Item, state: str, code: str, due_at: datetime | None) -> None:
        counted = item.counts
        item.state, item.code = state, code
        self.left |= {item.key} if counted and not item.counts else set()
        self._set_due(item, due_at)
        if item.window is not None and state != "collected":
            self.windows[item.window].pop(item.key, None)
            item.window = None
        self.changed[item.key] = item

    def _set_due(self, item: Item, due_at: datetime | None) -> None:
        item.due_at = due_at
        if due_at is None:
            self.due.pop(item.key, None)
        else:
            self.due[item.key] = item

    def _end(self, item: Item, state: str, code: str) -> None:
        self._move(item, state, code, None)
        for other in item.carries:
            self._move(other, state, "in_digest", None)


def _missing(given: Collection[str], channel: str, entry: Entry | None) -> str | None:
    """Why there is no address, if so."""
    if channel in given or entry is None:
        return None
    if entry.profile is None:
        return "no_such_user"
    return None if entry.profile.get(FIELDS[channel]) else "no_address"


def fits(one: Notification, entry: Entry | None, seen: Mapping[Key, Seen]) -> bool:
    """Whether a notification may have been planned by an entry: addresses are missing where it has none."""
    for channel in one.submit.asked_for:
        state, code, _ = seen.get((one.submit.key, channel), ("", "", None))
        missing = _missing(one.submit.given, channel, entry)
        is_refused = missing is not None and state == "suppressed"  # consent comes before the address
        if missing != (code if code in ("no_address", "no_such_user") else None) and not is_refused:
            return False
    return True

"""The two weeks as section 10 of DESIGN.md says they must go: every delivery, step by step, beside the real ones."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.scenario.actions import (
    Cancel,
    Define,
    Learn,
    Merge,
    Prefer,
    Push,
    Repeat,
    Submit,
    Trouble,
)
from tests.scenario.deliveries import Deliveries, fits
from tests.scenario.directory import Answered, Entry
from tests.scenario.items import Key, Notification, Seen, category_of, merged
from tests.scenario.knowledge import Knowledge
from tests.scenario.model import BUILT_IN, moment_of
from tests.scenario.plan import LENGTH, Plan
from tests.scenario.recurring import Recurring

AT_ONCE = 3
"""Users about whom a worker asks at once while it does not know whether the User service is well."""


@dataclass
class Expected:
    """What is to be true at the end of each step."""

    plan: Plan
    knowledge: Knowledge = field(init=False)
    deliveries: Deliveries = field(init=False)
    scheduled: dict[str, Notification] = field(default_factory=dict)
    """What is planned later."""
    recurring: dict[str, Recurring] = field(default_factory=dict)
    waited: set[str] = field(default_factory=set)
    """What had to wait for a User service that was away."""
    _may_choose: bool = False
    _replaced: dict[int, Entry | None] = field(default_factory=dict)
    """By user, what was known until an answer came in this step, if it may be used."""
    refused: list[str] = field(default_factory=list)
    """What is not to be accepted in this step."""

    def __post_init__(self) -> None:
        self.knowledge = Knowledge(self.plan.residents)
        self.knowledge.directory.truth |= self.plan.profiles
        self.deliveries = Deliveries(self.knowledge)

    def next_due(self, now: datetime) -> datetime | None:
        """When something happens next by itself."""
        times = (*self._times(), *self.deliveries.times())
        return min((moment for moment in times if moment > now), default=None)

    def _times(self) -> Iterator[datetime]:
        for one in self.scheduled.values():
            yield one.due_at
            if one.submit.is_looked_up:
                yield self._deadline(one)
        yield from (moments[0] for one in self.recurring.values() if (moments := one.moments()))

    def waits(self, now: datetime) -> bool:
        """Whether a notification whose time has come waits for the User service."""
        return any(one.due_at <= now for one in self.scheduled.values())

    def act(self, actions: Collection[Any], now: datetime) -> None:
        """What people and callers do at a moment."""
        self.refused = []
        self.deliveries.begin_step()
        for action in actions:
            self._act(action, now)

    def _act(self, action: Any, now: datetime) -> None:
        knowledge = self.knowledge
        match action:
            case Prefer(user, said):
                self._prefer(user, said, now)
            case Merge(user, patch):
                if (before := knowledge.preferences.get(user)) is not None:
                    self._prefer(user, merged(before, patch), now)
            case Submit():
                self._submit(action, now)
            case Repeat():
                self._repeat(action, now)
            case Cancel(key):
                if self.scheduled.pop(key, None) is None:
                    self.deliveries.cancel(key)
            case _:
                self._learn(action, now)

    def _learn(self, action: Any, now: datetime) -> None:
        """What operators and the User service do."""
        knowledge = self.knowledge
        match action:
            case Define(name, None):
                knowledge.categories.pop(name, None)
                knowledge.categories |= {name: BUILT_IN[name]} if name in BUILT_IN else {}
            case Define(name, definition):
                knowledge.categories[name] = category_of(definition)
            case Learn(user, profile):
                knowledge.directory.truth[user] = profile
            case Push(user, profile):
                knowledge.directory.truth[user] = profile
                knowledge.directory.put(user, Entry(profile, now, is_pushed=True))
                self._know_more(user, now)
            case Trouble(kind):
                knowledge.directory.set_trouble(kind, now)

    def is_crowded(self, now: datetime) -> bool:
        """Whether so many are to be looked up at once that what the User service once said may be used instead."""
        entries = self.knowledge.directory.entries
        due = {one.submit.user for one in self.scheduled.values() if one.due_at <= now and one.submit.is_looked_up}
        return sum(user not in entries or not entries[user].is_fresh(now) for user in due) > AT_ONCE

    def work(
        self,
        now: datetime,
        seen: Mapping[Key, Seen],
        taken: Collection[Key],
        answered: Answered,
        *,
        lost: set[Key],
        doubtful: dict[Key, datetime],
        may_choose: bool,
    ) -> None:
        """What the workers do at a moment.

        Args:
            now: this moment.
            seen: what moved, as it is in the store.
            taken: what providers got.
            answered: what the User service answered, if that is open.
            lost: what workers that died had claimed.
            doubtful: of which they left unknown whether a provider took it, and when it is to be sent again.
            may_choose: it is open when the User service answers.
        """
        self.deliveries.lost, self.deliveries.doubtful = lost, doubtful
        self._may_choose = may_choose
        self._occur(now)
        self._replaced = {user: self.knowledge.directory.usable(user, now) for user in answered}
        for user, asked_at in answered.items():
            if self.knowledge.directory.answer(user, asked_at):
                self._know_more(user, now)
        is_busy = True
        while is_busy:
            is_busy = self.deliveries.close_windows(now)
            is_busy |= self._plan_due(now, seen)
            is_busy |= self.deliveries.claim_due(now, seen, taken)
        for item in self.deliveries.changed.values():
            item.waits += [item.code] if item.state == "held" else []

    def _prefer(self, user: int, said: Mapping[str, Any] | None, now: datetime) -> None:
        self.knowledge.preferences[user] = None if said is None else dict(said)
        self._know_more(user, now)

    def _know_more(self, user: int, now: datetime) -> None:
        """Whatever waits because of what is known of a user is decided again."""
        self.deliveries.know_more(user, now)
        for one in self.scheduled.values():
            if one.submit.user == user and one.submit.send_at_local is not None:
                one.due_at = moment_of(self.knowledge.person(user), one.submit.send_at_local)
        for key, recurring in self.recurring.items():
            if recurring.repeat.user == user and recurring.repeat.zone is None:
                zone = self.knowledge.person(user).zone() or recurring.zone
                self.recurring[key] = recurring.moved(zone)

    def _repeat(self, repeat: Repeat, now: datetime) -> None:
        person = self.knowledge.person(repeat.user)
        zone = repeat.zone or person.zone()
        if person.preferences is None or zone is None:
            self.refused.append(repeat.key)
        else:
            self.recurring[repeat.key] = Recurring.begin(repeat, zone, now, self.plan.start + LENGTH)

    def _occur(self, now: datetime) -> None:
        """Of those that were missed while no worker was there only the last is made up for."""
        for key, recurring in self.recurring.items():
            repeat = recurring.repeat
            if missed := [moment for moment in recurring.moments() if moment <= now]:
                self.recurring[key] = recurring.passed(missed[-1])
                submit = Submit(f"{repeat.key} at {now.isoformat()}", repeat.user, repeat.category)
                self.deliveries.plan(Notification(submit, now, missed[-1]), now)

    def _submit(self, submit: Submit, now: datetime) -> None:
        person = self.knowledge.person(submit.user)
        if person.preferences is None:
            self.refused.append(submit.key)
            return
        due_at = submit.send_at or now
        if submit.send_at_local is not None:
            due_at = moment_of(person, submit.send_at_local)
        one = Notification(submit, now, due_at)
        if due_at > now or submit.is_looked_up:
            self.scheduled[submit.key] = one
        else:
            self.deliveries.plan(one, now)

    def _plan_due(self, now: datetime, seen: Mapping[Key, Seen]) -> bool:
        due = [one for one in self.scheduled.values() if one.due_at <= now]
        planned = [one for one in due if self._plan(one, now, seen)]
        for one in planned:
            del self.scheduled[one.submit.key]
        return bool(planned)

    def _plan(self, one: Notification, now: datetime, seen: Mapping[Key, Seen]) -> bool:
        """Returns whether it is planned now: it may have to wait for the User service."""
        user, directory = one.submit.user, self.knowledge.directory
        entry, is_usable = self._known(one, now, seen)
        if one.submit.is_looked_up and now >= self._deadline(one):
            has_expired = one.submit.expires_at is not None and one.submit.expires_at <= now
            self.deliveries.plan(one, now, late="expired" if has_expired else "too_old")
            return True
        if not one.submit.is_looked_up or is_usable:
            self.deliveries.plan(one, now, entry)
            return True
        if self._may_choose:
            if not any(key == one.submit.key for key, _ in seen):
                return False
        elif directory.trouble is None:
            if directory.answer(user, now):
                self._know_more(user, now)
            entry = directory.entries[user]
        else:
            entry = directory.usable(user, now)
        if entry is None:
            self.waited |= {one.submit.key} if directory.trouble and not self._may_choose else set()
            return False
        self.deliveries.plan(one, now, entry)
        return True

    def _known(self, one: Notification, now: datetime, seen: Mapping[Key, Seen]) -> tuple[Entry | None, bool]:
        """What is known of its user, and whether nobody need be asked."""
        user = one.submit.user
        entry, replaced = self.knowledge.directory.entries.get(user), self._replaced.get(user)
        is_seen = any(key == one.submit.key for key, _ in seen)
        if is_seen and replaced and not fits(one, entry, seen) and fits(one, replaced, seen):
            return replaced, True  # for one worker, while another one received the answer
        return entry, entry is not None and entry.is_fresh(now)

    def _deadline(self, one: Notification) -> datetime:
        """When it is of no use any more."""
        end = one.wanted_at + self.knowledge.category(one.submit.category).message_ttl
        return end if one.submit.expires_at is None else min(end, one.submit.expires_at)

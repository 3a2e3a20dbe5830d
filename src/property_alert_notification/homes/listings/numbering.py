"""Decides which changes of a home get a number, and so are heard of. Pure.

The history of a home has what its records say in the order of the feeds' clocks. Those who read changes by their
numbers hear them in the order in which the records came. So each number leads from what was heard last to what holds
now: nobody hears an older fact after a newer one, and what a late record says is heard of if it still holds.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from property_alert_notification.homes.listings.history import Change, Periods, Progress, change_between
from property_alert_notification.homes.listings.snapshot import Snapshot


@dataclass(slots=True)
class Numbering:
    """What was heard of a home, while new changes of it are numbered."""

    heard: Snapshot | None
    """The state to which the last number led; None if there is none."""
    heard_at: datetime | None
    """The newest record, by the feed's clock, to which a number led."""
    periods: Periods
    numbered: list[Change] = field(default_factory=list)
    """Changes of the history that get a number."""
    silent: list[Change] = field(default_factory=list)
    """Changes of the history that get none."""
    net: list[Change] = field(default_factory=list)
    """Changes that get a number, and that the history does not have; each is in `numbered` too."""

    def add(self, changes: Iterable[Change]) -> None:
        """Number new changes of the history, in its order."""
        # Changes until then got their numbers while the listing was taken for one of another home.
        heard_until = self.heard_at if self.heard is None else None
        for change in changes:
            at, heard_at = change.after.at, self.heard_at
            if heard_until is not None and at <= heard_until:
                self.silent.append(change)
                self.heard = change.after
            elif (heard_at is None or at >= heard_at) and self._follows(change):
                self.numbered.append(change)
                self._hear(change.after, change.after.at)
            else:
                self.silent.append(change)
                if heard_at is None or at > heard_at:
                    self._hear_net(change.after, change.after.at)

    def complete(self, progress: Progress, since: datetime | None) -> Snapshot | None:
        """Number what holds now, if it is not what was heard last; returns what was heard if that is newer.

        `since` is when the last change of the history led to it: records that came after that said nothing new. None if
        it is not known.
        """
        told = progress.told
        if self.heard is None or told is None or told is self.heard:
            return None
        # What was heard already may wait, because it follows in a quiet time of what came late.
        if progress.waits and self.heard_at is not None and told.at < self.heard_at:
            return self.heard
        self._hear_net(told, since or told.at)
        return None

    def _follows(self, change: Change) -> bool:
        if self.heard is None or change.before is self.heard:
            return True
        return change.before is not None and change_between(self.heard, change.before, self.periods) is None

    def _hear_net(self, now: Snapshot, at: datetime) -> None:
        change = change_between(self.heard, now, self.periods)
        if change is not None:
            said = Change(change.before, _said(change, self.silent), change.facts)
            self.numbered.append(said)
            self.net.append(said)
            self._hear(now, at)
        self.heard = now

    def _hear(self, now: Snapshot, at: datetime) -> None:
        self.heard, self.heard_at = now, at


def _said(net: Change, silent: Sequence[Change]) -> Snapshot:
    """The state whose record says what a net change tells: the newest one that does."""
    told = [(fact.field, fact.after) for fact in net.facts]
    for change in reversed(silent):
        if any((fact.field, fact.after) in told for fact in change.facts):
            return change.after
        if not told and change.after.searched == net.after.searched:
            return change.after
    return net.after

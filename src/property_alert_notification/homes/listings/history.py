"""The history of a listing: which changes its records make, in the order of the feed's own clock. Pure.

The result depends on the records alone, and not on the order in which they came. The first change is told without
delay. Further ones wait until the quiet time is over, and then become one change, the net one, or none. The quiet time
is of the feed's clock too, so that a replay finds the same changes.

The records are those of all listings of one home: `combined.py` says what they mean together.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from property_alert_notification.homes.listings.facts import RELISTING, Fact, differs, facts_between
from property_alert_notification.homes.listings.snapshot import (
    Snapshot,
    decode,
    encode,
    with_offered,
    with_open_houses,
    with_price,
)
from property_alert_notification.homes.reso.words import NOT_TO_BE_HAD, OFF_MARKET, ChangeType, StandardStatus

_encode = json.JSONEncoder(separators=(",", ":")).encode


class Periods(NamedTuple):
    """What the settings say of times between records."""

    quiet: timedelta
    """How long further changes of a home wait after one."""
    relisting: timedelta = RELISTING
    """How long a home that left the market may be offered again as the same offer."""


@dataclass(frozen=True, slots=True)
class Change:
    """A change from one snapshot to a later one."""

    before: Snapshot | None
    after: Snapshot
    facts: tuple[Fact, ...]
    """None of them if only other fields changed that a search may ask for."""


@dataclass(frozen=True, slots=True)
class Progress:
    """What is known after some records, and enough to go on with the next."""

    last: Snapshot | None = None
    """The newest."""
    told: Snapshot | None = None
    """The one to which the last change led; what is between it and `last` waits."""
    quiet_until: datetime | None = None
    """The end of the quiet time, by the feed's clock; None when there is none."""
    ended: datetime | None = None
    """The end of the last quiet time that is over."""
    heard: Snapshot | None = None
    """The one to which the last number led; None if that is `told`."""

    @property
    def waits(self) -> bool:
        """Whether a change waits for the end of the quiet time."""
        if self.quiet_until is None or self.last is None or self.last is self.told:
            return False
        return change_between(self.told, self.last, Periods(timedelta())) is not None

    def is_late(self, at: datetime) -> bool:
        """Whether a record of that time belongs before something that is decided already."""
        return (self.last is not None and at <= self.last.at) or (self.ended is not None and at < self.ended)


def advance(progress: Progress, snapshot: Snapshot, periods: Periods) -> tuple[Progress, list[Change]]:
    """Go on with a record that is newer than all before; returns the changes that it makes, or ends the wait of."""
    changes: list[Change] = []
    while progress.quiet_until is not None and progress.quiet_until <= snapshot.at:
        progress, made = end_quiet(progress, periods)
        changes += made
    snapshot = _carry_over(progress, snapshot)
    if progress.quiet_until is not None:
        return Progress(snapshot, progress.told, progress.quiet_until, progress.ended), changes
    change = change_between(progress.told, snapshot, periods)
    if change is None:
        return Progress(snapshot, snapshot, None, progress.ended), changes
    return Progress(snapshot, snapshot, _until(snapshot.at, periods), progress.ended), [*changes, change]


def _carry_over(progress: Progress, snapshot: Snapshot) -> Snapshot:
    """Complete a snapshot by what still holds of the one before."""
    last, told = progress.last, progress.told
    if (since := _off_since(snapshot, last)) is not None:
        snapshot = replace(snapshot, off_since=since)
    snapshot = snapshot if last is None else with_price(with_open_houses(snapshot, last), last)
    return snapshot if told is None or snapshot.status not in NOT_TO_BE_HAD else with_offered(snapshot, told)


def _off_since(now: Snapshot, last: Snapshot | None) -> datetime | None:
    """Since when a home is off the market; None if it is on the market, or was never there."""
    if now.status in OFF_MARKET:
        if now.status is StandardStatus.INCOMPLETE and (last is None or last.is_draft):
            return None
        return now.at if last is None or last.off_since is None else last.off_since
    # A home that was off the market before it is on hold is not offered again by the hold.
    return last.off_since if last is not None and now.status is StandardStatus.HOLD else None


def end_quiet(progress: Progress, periods: Periods) -> tuple[Progress, list[Change]]:
    """End the quiet time; returns the change that waited, after which the next quiet time begins."""
    if progress.last is None or progress.quiet_until is None:
        return progress, []
    change = None if progress.last is progress.told else change_between(progress.told, progress.last, periods)
    if change is None:
        return Progress(progress.last, progress.last, None, progress.quiet_until), []
    until = _until(progress.quiet_until, periods)
    return Progress(progress.last, progress.last, until, progress.quiet_until), [change]


def changes_of(
    snapshots: Iterable[Snapshot], periods: Periods, *, ended: datetime | None
) -> tuple[Progress, list[Change]]:
    """The changes of all records, which are in the order of the feed's clock.

    Quiet times that end until `ended` are over.
    """
    progress, changes = Progress(), list[Change]()
    for snapshot in snapshots:
        progress, made = advance(progress, snapshot, periods)
        changes += made
    while ended is not None and progress.quiet_until is not None and progress.quiet_until <= ended:
        progress, made = end_quiet(progress, periods)
        changes += made
    return replace(progress, ended=max(filter(None, (progress.ended, ended)), default=None)), changes


def _until(start: datetime, periods: Periods) -> datetime | None:
    return start + periods.quiet if periods.quiet else None


def change_between(before: Snapshot | None, after: Snapshot, periods: Periods) -> Change | None:
    """The change from one state to another; None if there is nothing to tell."""
    facts = facts_between(before, after, periods.relisting)
    if facts or (before is not None and differs(before, after)):
        return Change(before, after, facts)
    return None


def encode_progress(progress: Progress) -> str:
    """As the store keeps it."""
    last, told = progress.last, progress.told
    times = [None if time is None else time.isoformat() for time in (progress.quiet_until, progress.ended)]
    heard = [] if progress.heard is None else [encode(progress.heard)]
    return _encode([encode(last), None if told is last or told == last else encode(told), *times, *heard])


def decode_progress(stored: str) -> Progress:
    """What `encode_progress` wrote."""
    last, told, until, ended, *heard = json.loads(stored)
    newest = decode(last)
    until, ended = (None if time is None else datetime.fromisoformat(time) for time in (until, ended))
    return Progress(newest, newest if told is None else decode(told), until, ended, decode(heard[0]) if heard else None)


def encode_facts(facts: Sequence[Fact]) -> str:
    """The facts of a change, as the store keeps them."""
    return _encode([_as_list(fact) for fact in facts])


def _as_list(fact: Fact) -> list[Any]:
    usual = [fact.change_type, fact.field, fact.before, fact.after, fact.open_house]
    # The stored form tells changes from each other, so it stays as it was for all other facts.
    return usual if fact.before_currency is None else [*usual, fact.before_currency]


def decode_facts(stored: str) -> list[Fact]:
    """What `encode_facts` wrote."""
    return [Fact(ChangeType(kind), *others) for kind, *others in json.loads(stored)]

"""A home while a batch of records is stored: what was known of it, and what becomes of it. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Self
from uuid import UUID

from property_alert_notification.homes.listings.history import (
    Change,
    Periods,
    Progress,
    decode_progress,
    encode_facts,
    encode_progress,
)
from property_alert_notification.homes.listings.numbering import Numbering
from property_alert_notification.homes.listings.queries import KnownChange
from property_alert_notification.homes.listings.snapshot import Snapshot
from property_alert_notification.homes.properties.queries import Home

RecordKey = tuple[UUID, datetime]
"""The listing of a record, and its time."""
ChangeKey = tuple[UUID, datetime, UUID | None, datetime | None, str]
"""What tells a change from others: the listings and the times of its records, and its facts."""


@dataclass(slots=True)
class Work:
    """A home while a batch is stored."""

    home: Home
    progress: Progress
    heard: Snapshot | None
    """The state to which the last number led."""
    is_ahead: bool
    """Whether that is another state than the one to which the last change led."""
    again: bool
    """Whether its changes are to be found again from all records of its listings."""
    changes: list[Change] = field(default_factory=list)
    """New ones, in the order of the feeds' clocks."""
    changed_at: datetime | None = None
    """The time of the last of all changes, also of those that are not new; None if these were not found again."""
    numbered: list[Change] = field(default_factory=list)
    """Those that get a number, and net ones that the history does not have."""
    silent: list[Change] = field(default_factory=list)
    """Those that get none."""
    net: list[Change] = field(default_factory=list)
    """Those of the numbered that the history does not have."""

    @classmethod
    def on(cls, home: Home, *, again: bool) -> Self:
        """Begin with what is stored of a home."""
        progress = decode_progress(home.progress)
        return cls(home, progress, _heard(home, progress), progress.heard is not None, again)

    def inherit(self, merged: Home) -> None:
        """Keep of a home that was merged what is decided already."""
        progress = decode_progress(merged.progress)
        heard = _heard(merged, progress)
        if heard is not None and (self.heard is None or self.heard.at < heard.at):
            self.heard = replace(heard, listing=heard.listing or merged.id.hex)
        self.progress = replace(self.progress, ended=_later(self.progress.ended, progress.ended))
        told_at = _later(self.home.told_at, merged.told_at)
        ends_at = _later(self.home.quiet_ends_at, merged.quiet_ends_at)
        self.home = self.home._replace(told_at=told_at, quiet_ends_at=ends_at)

    def look_at(self, listings: Iterable[UUID]) -> None:
        """Forget what was heard if the listing that said it turned out to be of another home."""
        if self.heard is not None and self._record_of(self.heard)[0] not in listings:
            self.heard = None

    def finish(self, periods: Periods, now: datetime) -> Home:
        """Decide which changes get a number; returns what the home has become."""
        numbering = Numbering(self.heard, self.home.told_at, periods)
        numbering.add(self.changes)
        # Most records are of one listing and in order: then the last change leads to what holds now.
        ahead = numbering.complete(self.progress, self.changed_at) if self.again or self.is_ahead else None
        self.numbered, self.silent, self.net = numbering.numbered, numbering.silent, numbering.net
        ends_at = now + periods.quiet if self.numbered else self.home.quiet_ends_at
        due_at = (ends_at or now) if self.progress.waits else None
        stored = encode_progress(replace(self.progress, heard=ahead))
        return Home(self.home.id, self.home.listings, stored, numbering.heard_at, ends_at, due_at)

    def key_of(self, change: Change) -> ChangeKey:
        """What tells a change from others."""
        listing, at = self._record_of(change.after)
        before = (None, None) if change.before is None else self._record_of(change.before)
        return listing, at, *before, encode_facts(change.facts)

    def _record_of(self, snapshot: Snapshot) -> RecordKey:
        listing = UUID(hex=snapshot.listing) if snapshot.listing else self.home.id
        return listing, snapshot.record_at or snapshot.at


def key_of_row(row: KnownChange) -> ChangeKey:
    """What tells a stored change from others."""
    before_listing = None if row.before_at is None else row.before_listing_id or row.listing_id
    return row.listing_id, row.modified_at, before_listing, row.before_at, row.facts


def _heard(home: Home, progress: Progress) -> Snapshot | None:
    return None if home.told_at is None else progress.heard or progress.told


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return max(filter(None, (one, other)), default=None)

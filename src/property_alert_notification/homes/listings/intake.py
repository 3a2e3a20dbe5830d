"""Stores records of feeds: each batch is one transaction, with a fixed number of statements however many it has."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import blake2b
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.base.clock import Clock
from property_alert_notification.homes.listings import queries
from property_alert_notification.homes.listings.history import (
    Change,
    Progress,
    advance,
    changes_of,
    decode_progress,
    encode_facts,
    encode_progress,
    end_quiet,
)
from property_alert_notification.homes.listings.models import Listing
from property_alert_notification.homes.listings.queries import Known, NewChange, State, Version
from property_alert_notification.homes.listings.snapshot import Snapshot, decode_text, encode_text, snapshot_of
from property_alert_notification.homes.reso.record import ListingRecord

_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode
_UNKNOWN = encode_progress(Progress())


@dataclass(frozen=True, slots=True)
class Received:
    """A record with what is derived from it, without the store."""

    record: ListingRecord
    snapshot: Snapshot
    text: str
    digest: str

    @property
    def listing(self) -> tuple[str, str]:
        """Its source and its key."""
        return self.record.source, self.record.listing_key


def received(record: ListingRecord) -> Received:
    """Derive what the store needs."""
    text = _encode(record.fields)
    digest = blake2b(text.encode(), digest_size=16).hexdigest()
    return Received(record, snapshot_of(record.fields, record.modified_at), text, digest)


@dataclass(slots=True)
class _Work:
    """A listing while a batch is stored."""

    listing: Listing | Known
    progress: Progress
    changes: list[Change] = field(default_factory=list)
    """New ones, to be numbered."""
    late: list[Change] = field(default_factory=list)
    """New ones that are older than what was numbered before."""


@dataclass(frozen=True, slots=True)
class ListingIntake:
    """Takes records, and finds the changes that they make."""

    connection: AsyncConnection
    """The connection of the transaction that stores them."""
    clock: Clock
    quiet: timedelta
    """How long further changes of a listing wait after one."""

    async def take(self, batch: Sequence[Received]) -> list[bool]:
        """Store records; returns for each whether it is new, in their order."""
        newest: dict[tuple[str, str, datetime], Received] = {}
        for one in batch:
            known = newest.setdefault((*one.listing, one.record.modified_at), one)
            if known.digest < one.digest:
                newest[(*one.listing, one.record.modified_at)] = one
        listings = await self._lock({one.listing for one in newest.values()})
        stored = await self._store(listings, newest.values())
        await self._follow(listings, stored)
        accepted = {id(one) for one in stored}
        return [id(one) in accepted for one in batch]

    async def end_quiet_times(self, due: Iterable[Listing]) -> int:
        """Number the changes whose quiet time is over; returns how many."""
        works = [_Work(listing, decode_progress(listing.progress)) for listing in due]
        for work in works:
            work.progress, work.changes = end_quiet(work.progress, self.quiet)
        return await self._finish(works)

    async def _lock(self, keys: Iterable[tuple[str, str]]) -> Mapping[tuple[str, str], Known]:
        new = [(self.clock.new_id(), source, key, "", _UNKNOWN) for source, key in keys]
        found = await queries.lock_or_add(self.connection, new)
        return {(listing.source, listing.listing_key): listing for listing in found}

    async def _store(self, listings: Mapping[tuple[str, str], Known], batch: Iterable[Received]) -> list[Received]:
        """Store the records that are not known yet; returns those, in the order of their feeds' clocks."""
        now = self.clock.now()
        by_version = {(listings[one.listing].id, one.record.modified_at): one for one in batch}
        versions = [
            Version(listing_id, at, one.digest, encode_text(one.snapshot), one.text, now)
            for (listing_id, at), one in sorted(by_version.items())
        ]
        added = await queries.add_versions(self.connection, versions)
        return [by_version[version] for version in sorted(added)]

    async def _follow(self, listings: Mapping[tuple[str, str], Known], stored: Sequence[Received]) -> None:
        """Find the changes that the records make."""
        by_listing: dict[tuple[str, str], list[Snapshot]] = {}
        for one in stored:
            by_listing.setdefault(one.listing, []).append(one.snapshot)
        works = [_Work(listings[key], decode_progress(listings[key].progress)) for key in by_listing]
        late = [work for work, added in zip(works, by_listing.values(), strict=True) if not self._go_on(work, added)]
        if late:
            await self._begin_again({work.listing.id: work for work in late})
        await self._finish(works)

    def _go_on(self, work: _Work, added: Sequence[Snapshot]) -> bool:
        """Add newer snapshots to what is known; returns False if one of them is late."""
        if work.progress.is_late(added[0].at):
            return False
        for snapshot in added:
            work.progress, made = advance(work.progress, snapshot, self.quiet)
            work.changes += made
        return True

    async def _begin_again(self, works: Mapping[UUID, _Work]) -> None:
        """Find all changes of these listings again, because a record came late."""
        known: dict[UUID, dict[object, UUID]] = {id_: {} for id_ in works}
        for one in await queries.changes_of(self.connection, works.keys()):
            known[one.listing_id][one.modified_at, one.before_at, one.facts] = one.id
        for id_, snapshots in (await queries.snapshots_of(self.connection, works.keys())).items():
            work = works[id_]
            read = (decode_text(snapshot) for snapshot in snapshots)
            work.progress, changes = changes_of(read, self.quiet, ended=work.progress.ended)
            told_at = work.listing.told_at
            for change in changes:
                if known[id_].pop(_key_of(change), None) is None:
                    is_late = told_at is not None and change.after.at <= told_at
                    (work.late if is_late else work.changes).append(change)
        wrong = [id_ for others in known.values() for id_ in others.values()]
        await queries.supersede(self.connection, wrong, now=self.clock.now())

    async def _finish(self, works: Sequence[_Work]) -> int:
        now, numbered = self.clock.now(), sum(len(work.changes) for work in works)
        await queries.update_states(self.connection, [self._state_of(work, now) for work in works])
        number = await queries.take_numbers(self.connection, numbered) if numbered else 0
        rows = [self._row(work, change, None, now) for work in works for change in work.late]
        for work in works:
            for change in work.changes:
                rows.append(self._row(work, change, number, now))
                number += 1
        await queries.add_changes(self.connection, rows)
        return numbered

    def _state_of(self, work: _Work, now: datetime) -> State:
        last = work.progress.last
        assert last is not None  # noqa: S101 - a listing has a record
        told_at, ends_at = work.listing.told_at, work.listing.quiet_ends_at
        if work.changes:
            told_at, ends_at = work.changes[-1].after.at, now + self.quiet
        due_at = (ends_at or now) if work.progress.waits else None
        return State(work.listing.id, last.at, last.status, encode_progress(work.progress), told_at, ends_at, due_at)

    def _row(self, work: _Work, change: Change, number: int | None, now: datetime) -> NewChange:
        before_at = None if change.before is None else change.before.at
        facts = encode_facts(change.facts)
        return NewChange(self.clock.new_id(), work.listing.id, change.after.at, before_at, facts, number, now)


def _key_of(change: Change) -> tuple[datetime, datetime | None, str]:
    return change.after.at, None if change.before is None else change.before.at, encode_facts(change.facts)

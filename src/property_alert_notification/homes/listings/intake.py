"""Stores records of feeds: each batch is one transaction, with a fixed number of statements however many it has."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import blake2b
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.base.clock import Clock
from property_alert_notification.homes.listings import queries
from property_alert_notification.homes.listings.combined import combined
from property_alert_notification.homes.listings.history import (
    Change,
    Periods,
    Progress,
    advance,
    changes_of,
    decode_progress,
    encode_facts,
    encode_progress,
    end_quiet,
)
from property_alert_notification.homes.listings.queries import Known, KnownChange, NewChange, State, Version
from property_alert_notification.homes.listings.snapshot import Snapshot, decode_text, encode_text, snapshot_of
from property_alert_notification.homes.properties import queries as properties
from property_alert_notification.homes.properties.grouping import Grouping
from property_alert_notification.homes.properties.identity import identifying
from property_alert_notification.homes.properties.models import Property
from property_alert_notification.homes.properties.queries import Home, Member
from property_alert_notification.homes.properties.regroup import Moved, regroup
from property_alert_notification.homes.reso.record import ListingRecord

_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode
_UNKNOWN = encode_progress(Progress())

HOMES = "properties"
"""The name of the lock of all homes, which is held while listings find theirs."""


@dataclass(frozen=True, slots=True)
class Received:
    """A record with what is derived from it, without the store."""

    record: ListingRecord
    snapshot: Snapshot
    text: str
    digest: str
    identity: str

    @property
    def listing(self) -> tuple[str, str]:
        """Its source and its key."""
        return self.record.source, self.record.listing_key


def received(record: ListingRecord) -> Received:
    """Derive what the store needs."""
    text = _encode(record.fields)
    digest = blake2b(text.encode(), digest_size=16).hexdigest()
    return Received(record, snapshot_of(record.fields, record.modified_at), text, digest, identifying(record.fields))


@dataclass(slots=True)
class _Work:
    """A home while a batch is stored."""

    home: Home
    progress: Progress
    again: bool
    """Whether its changes are to be found again from all records of its listings."""
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
    periods: Periods

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

    async def end_quiet_times(self, due: Iterable[Property]) -> int:
        """Number the changes whose quiet time is over; returns how many."""
        works: list[_Work] = []
        for one in due:
            home = Home(*(getattr(one, name) for name in Home._fields))
            progress, changes = end_quiet(decode_progress(home.progress), self.periods)
            works.append(_Work(home, progress, again=False, changes=changes))
        return await self._finish(works)

    async def find_again(self, grouping: Grouping) -> None:
        """Find the changes of homes again whose listings are others than before."""
        works, _ = await self._works(set(), grouping)
        await self._begin_again(works)
        await self._finish(works.values())

    async def _lock(self, keys: Iterable[tuple[str, str]]) -> Mapping[tuple[str, str], Known]:
        found = await queries.lock_or_add(self.connection, [(self.clock.new_id(), source, key) for source, key in keys])
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
        by_listing: dict[UUID, list[Received]] = {}
        for one in stored:
            by_listing.setdefault(listings[one.listing].id, []).append(one)
        states = [_state_of(listings[records[0].listing], records) for records in by_listing.values()]
        grouping = await self._regroup(listings.values(), states)
        states = [state._replace(property_id=grouping.home_of.get(state.id, state.property_id)) for state in states]
        works, homes = await self._works({state.property_id for state in states}, grouping)
        states = [state._replace(property_id=homes[state.property_id]) for state in states]
        await queries.update_states(self.connection, states)
        for state in states:
            work = works[state.property_id]
            work.again = work.again or not self._go_on(work, state.id, [one.snapshot for one in by_listing[state.id]])
        await self._begin_again({id_: work for id_, work in works.items() if work.again})
        await self._finish(works.values())

    async def _regroup(self, listings: Iterable[Known], states: Iterable[State]) -> Grouping:
        """Find the homes of listings that are identified for the first time, or differently."""
        now = {state.id: state.identity for state in states}
        moved = [
            Moved(one.id, one.property_id, one.listing_key, one.source, now[one.id], is_new=one.modified_at is None)
            for one in listings
            if now.get(one.id, one.identity) != one.identity
        ]
        if not moved:
            return Grouping({}, {}, {})
        await queries.take_numbers(self.connection, 0, name=HOMES)
        return await regroup(self.connection, moved, self.clock.new_id)

    async def _works(self, wanted: set[UUID], grouping: Grouping) -> tuple[dict[UUID, _Work], dict[UUID, UUID]]:
        """Lock homes, and those that are others than before; returns also the id of the home that each id means."""
        ids = wanted | grouping.regrouped
        # A listing that is new has none yet.
        known = await properties.lock(self.connection, (ids | grouping.merged.keys()) - grouping.new)
        found = {id_: known.get(id_) or Home(id_, 1, _UNKNOWN, None, None, None) for id_ in ids}
        works: dict[UUID, _Work] = {}
        for home in found.values():
            again = home.listings > 1 or home.id in grouping.regrouped
            works[home.id] = _Work(home, decode_progress(home.progress), again)
        for id_, into in grouping.merged.items():
            if id_ in known:
                _inherit(works[into], known[id_])
        for id_ in grouping.regrouped:
            listings = sum(its == id_ for its in grouping.home_of.values())
            works[id_].home = works[id_].home._replace(listings=listings)
        await properties.merge(self.connection, grouping.merged.items())
        return works, {id_: home.id for id_, home in found.items()}

    def _go_on(self, work: _Work, listing: UUID, added: Sequence[Snapshot]) -> bool:
        """Add newer snapshots to what is known; returns False if one of them is late."""
        if work.progress.is_late(added[0].at):
            return False
        for snapshot in added:
            named = snapshot if listing == work.home.id else replace(snapshot, listing=listing.hex)
            work.progress, made = advance(work.progress, named, self.periods)
            work.changes += made
        return True

    async def _begin_again(self, works: Mapping[UUID, _Work]) -> None:
        """Find all changes of these homes again: a record came late, or they have several listings."""
        if not works:
            return
        members = await properties.members(self.connection, works.keys())
        ids = [one.id for one in members]
        snapshots = await queries.snapshots_of(self.connection, ids)
        home_of = {one.id: one.property_id for one in members}
        of_home: dict[UUID, list[Member]] = {}
        for member in members:
            of_home.setdefault(member.property_id, []).append(member)
        known: dict[UUID, dict[object, UUID]] = {id_: {} for id_ in works}
        for one in await queries.changes_of(self.connection, ids):
            known[home_of[one.listing_id]][_key_of_row(one)] = one.id
        for id_, work in works.items():
            read = _together(id_, of_home[id_], snapshots)
            work.progress, changes = changes_of(read, self.periods, ended=work.progress.ended)
            for change in changes:
                if known[id_].pop(_key_of(work, change), None) is None:
                    is_late = work.home.told_at is not None and change.after.at <= work.home.told_at
                    (work.late if is_late else work.changes).append(change)
        wrong = [id_ for others in known.values() for id_ in others.values()]
        await queries.supersede(self.connection, wrong, now=self.clock.now())

    async def _finish(self, works: Collection[_Work]) -> int:
        now, numbered = self.clock.now(), sum(len(work.changes) for work in works)
        await properties.save(self.connection, [self._home_of(work, now) for work in works])
        number = await queries.take_numbers(self.connection, numbered) if numbered else 0
        rows = [self._row(work, change, None, now) for work in works for change in work.late]
        for work in works:
            for change in work.changes:
                rows.append(self._row(work, change, number, now))
                number += 1
        await queries.add_changes(self.connection, rows)
        return numbered

    def _home_of(self, work: _Work, now: datetime) -> Home:
        home = work.home
        told_at, ends_at = home.told_at, home.quiet_ends_at
        if work.changes:
            told_at, ends_at = work.changes[-1].after.at, now + self.periods.quiet
        due_at = (ends_at or now) if work.progress.waits else None
        return Home(home.id, home.listings, encode_progress(work.progress), told_at, ends_at, due_at)

    def _row(self, work: _Work, change: Change, number: int | None, now: datetime) -> NewChange:
        listing, at, before_listing, before_at, facts = _key_of(work, change)
        other = None if before_listing == listing else before_listing
        return NewChange(self.clock.new_id(), listing, at, before_at, other, facts, number, now)


def _state_of(known: Known, records: Sequence[Received]) -> State:
    """What a listing has become by these new records, which are in the order of the feed's clock."""
    last, at = records[-1].record, known.modified_at
    newer = [one for one in records if at is None or one.record.modified_at >= at or not known.identity]
    identity = next((one.identity for one in reversed(newer) if one.identity), known.identity)
    if at is not None and last.modified_at < at:
        return State(known.id, known.property_id, at, known.status, identity)
    return State(known.id, known.property_id, last.modified_at, last.fields["StandardStatus"], identity)


def _inherit(work: _Work, merged: Home) -> None:
    """Keep of a home that was merged what is decided already."""
    ended = decode_progress(merged.progress).ended
    work.progress = replace(work.progress, ended=_later(work.progress.ended, ended))
    told_at = _later(work.home.told_at, merged.told_at)
    ends_at = _later(work.home.quiet_ends_at, merged.quiet_ends_at)
    work.home = work.home._replace(told_at=told_at, quiet_ends_at=ends_at)


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return max(filter(None, (one, other)), default=None)


def _together(home: UUID, members: Sequence[Member], stored: Mapping[UUID, Sequence[str]]) -> Iterator[Snapshot]:
    """What is known of a home after each record of its listings."""
    if len(members) == 1:  # as most homes have
        id_ = members[0].id
        snapshots = map(decode_text, stored.get(id_, ()))
        yield from snapshots if id_ == home else (replace(one, listing=id_.hex) for one in snapshots)
        return
    names = {f"{one.listing_key} {one.source}": one.id for one in members}
    records = [
        (snapshot.at, name, snapshot)
        for name, id_ in names.items()
        for snapshot in map(decode_text, stored.get(id_, ()))
    ]
    records.sort(key=lambda record: record[:2])
    for snapshot in combined((name, snapshot) for _, name, snapshot in records):
        id_ = names[snapshot.listing]
        yield replace(snapshot, listing="" if id_ == home else id_.hex)


def _key_of(work: _Work, change: Change) -> tuple[UUID, datetime, UUID | None, datetime | None, str]:
    """What tells a change from others: the listings and the times of its records, and its facts."""
    listing, at = _record_of(work, change.after)
    before = (None, None) if change.before is None else _record_of(work, change.before)
    return listing, at, *before, encode_facts(change.facts)


def _key_of_row(row: KnownChange) -> tuple[UUID, datetime, UUID | None, datetime | None, str]:
    before_listing = None if row.before_at is None else row.before_listing_id or row.listing_id
    return row.listing_id, row.modified_at, before_listing, row.before_at, row.facts


def _record_of(work: _Work, snapshot: Snapshot) -> tuple[UUID, datetime]:
    listing = UUID(hex=snapshot.listing) if snapshot.listing else work.home.id
    return listing, snapshot.record_at or snapshot.at

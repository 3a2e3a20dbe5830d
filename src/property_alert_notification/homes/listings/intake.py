"""Stores records of feeds: each batch is one transaction, with a fixed number of statements however many it has."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.base.clock import Clock
from property_alert_notification.homes.listings import queries
from property_alert_notification.homes.listings.deletions import as_shown, deletions_timed, leaves_open
from property_alert_notification.homes.listings.history import (
    Change,
    Periods,
    Progress,
    advance,
    changes_of,
    encode_progress,
    end_quiet,
)
from property_alert_notification.homes.listings.queries import Known, NewChange, State
from property_alert_notification.homes.listings.received import Received
from property_alert_notification.homes.listings.snapshot import Snapshot, encode_text
from property_alert_notification.homes.listings.together import together
from property_alert_notification.homes.listings.versions import queries as versions
from property_alert_notification.homes.listings.versions.queries import Version
from property_alert_notification.homes.listings.work import Work, key_of_row
from property_alert_notification.homes.properties import queries as properties
from property_alert_notification.homes.properties.grouping import Grouping
from property_alert_notification.homes.properties.identity import identifying
from property_alert_notification.homes.properties.models import Property
from property_alert_notification.homes.properties.queries import Home, Member
from property_alert_notification.homes.properties.regroup import IdentifiedListing, regroup

_UNKNOWN = encode_progress(Progress())

_AT_ONCE = 100
"""Listings of which all records are read at once."""

HOMES = "properties"
"""The name of the lock of all homes, which is held while listings find theirs."""


@dataclass(frozen=True, slots=True)
class ListingIntake:
    """Takes records, and finds the changes that they make."""

    connection: AsyncConnection
    """The connection of the transaction that stores them."""
    clock: Clock
    periods: Periods
    feed: str | None = None
    """The feed whose server shows the records now; None if another system sent them."""

    async def take(self, batch: Sequence[Received]) -> list[bool]:
        """Store records; returns for each whether it is new, in their order."""
        timed = await self._timed(batch)
        batch = [one for some in timed for one in some]
        if not batch:  # deletions of listings that are not known
            return [False] * len(timed)
        listings = await self._lock({one.listing for one in batch})
        if self.feed is not None:
            shown = {id(one): as_shown(one, listings[one.listing]) for one in batch}
            timed = [[shown[id(one)] for one in some] for some in timed]
            batch = [one for some in timed for one in some]
        newest: dict[tuple[str, str, datetime], Received] = {}
        for one in batch:
            known = newest.setdefault((*one.listing, one.record.modified_at), one)
            if known.digest < one.digest:
                newest[(*one.listing, one.record.modified_at)] = one
        stored = await self._store(listings, newest.values())
        await self._follow(listings, stored)
        accepted = {id(one) for one in stored}
        return [any(id(one) in accepted for one in some) for some in timed]

    async def end_quiet_times(self, due: Iterable[Property]) -> int:
        """Number the changes whose quiet time is over; returns how many."""
        works: list[Work] = []
        for one in due:
            work = Work.on(Home(*(getattr(one, name) for name in Home._fields)), again=False)
            work.progress, work.changes = end_quiet(work.progress, self.periods)
            works.append(work)
        return await self._finish(works)

    async def find_again(self, grouping: Grouping) -> None:
        """Find the changes of homes again whose listings are others than before."""
        works, _ = await self._works(set(), grouping)
        await self._begin_again(works)
        await self._finish(works.values())

    async def _timed(self, batch: Sequence[Received]) -> Sequence[Sequence[Received]]:
        """What to store for each record: a deletion without a time or a source is replaced by those of its listings."""
        keys = {one.record.listing_key for one in batch if leaves_open(one)}
        if not keys:
            return [[one] for one in batch]
        return deletions_timed(batch, await queries.last_known(self.connection, keys), self.feed)

    async def _lock(self, keys: Iterable[tuple[str, str]]) -> Mapping[tuple[str, str], Known]:
        new = [(self.clock.new_id(), source, key) for source, key in keys]
        found = await queries.lock_or_add(self.connection, new, feed=self.feed)
        return {(listing.source, listing.listing_key): listing for listing in found}

    async def _store(self, listings: Mapping[tuple[str, str], Known], batch: Iterable[Received]) -> list[Received]:
        """Store the records that are not known yet; returns those, in the order of their feeds' clocks."""
        now = self.clock.now()
        by_version = {(listings[one.listing].id, one.record.modified_at): one for one in batch}
        new = [
            Version(listing_id, at, one.digest, encode_text(one.snapshot), one.text, now)
            for (listing_id, at), one in sorted(by_version.items())
        ]
        added = await versions.add_versions(self.connection, new)
        return [by_version[version] for version in sorted(added)]

    async def _follow(self, listings: Mapping[tuple[str, str], Known], stored: Sequence[Received]) -> None:
        """Find the changes that the records make."""
        by_listing: dict[UUID, list[Received]] = {}
        for one in stored:
            by_listing.setdefault(listings[one.listing].id, []).append(one)
        states = [_state_of(listings[records[0].listing], records) for records in by_listing.values()]
        doubtful = [id_ for id_, records in by_listing.items() if _is_doubtful(listings[records[0].listing], records)]
        if doubtful:
            identities = await self._identities(doubtful)
            states = [state._replace(identity=identities.get(state.id, state.identity)) for state in states]
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

    async def _identities(self, listings: Sequence[UUID]) -> Mapping[UUID, str]:
        """The identity in the newest record of each listing that has one, of all that are stored."""
        found = dict.fromkeys(listings, "")
        for start in range(0, len(listings), _AT_ONCE):  # all their records are read
            for listing, record in await versions.records_of(self.connection, listings[start : start + _AT_ONCE]):
                found[listing] = identifying(json.loads(record)) or found[listing]
        return found

    async def _regroup(self, listings: Iterable[Known], states: Iterable[State]) -> Grouping:
        """Find the homes of listings that are identified for the first time, or differently."""
        now = {state.id: state.identity for state in states}
        identified = [
            IdentifiedListing(
                one.id, one.property_id, one.listing_key, one.source, now[one.id], is_new=one.modified_at is None
            )
            for one in listings
            if now.get(one.id, one.identity) != one.identity
        ]
        if not identified:
            return Grouping({}, {}, {})
        await queries.take_numbers(self.connection, 0, name=HOMES)
        return await regroup(self.connection, identified, self.clock.new_id)

    async def _works(self, wanted: set[UUID], grouping: Grouping) -> tuple[dict[UUID, Work], dict[UUID, UUID]]:
        """Lock homes, and those that are others than before; returns also the id of the home that each id means."""
        ids = wanted | grouping.regrouped
        # A listing that is new has none yet.
        known = await properties.lock(self.connection, (ids | grouping.merged.keys()) - grouping.new)
        heard = await self._heard(grouping, (ids & grouping.regrouped) - known.keys() - grouping.new)
        found = {id_: known.get(id_) or Home(id_, 1, _UNKNOWN, heard.get(id_), None, None) for id_ in ids}
        works: dict[UUID, Work] = {}
        for home in found.values():
            again = home.listings > 1 or home.id in grouping.regrouped
            works[home.id] = Work.on(home, again=again)
        for id_, into in grouping.merged.items():
            if id_ in known:
                works[into].inherit(known[id_])
        for id_ in grouping.regrouped:
            listings = sum(its == id_ for its in grouping.home_of.values())
            works[id_].home = works[id_].home._replace(listings=listings)
        await properties.merge(self.connection, grouping.merged.items())
        return works, {id_: home.id for id_, home in found.items()}

    async def _heard(self, grouping: Grouping, split_off: Collection[UUID]) -> Mapping[UUID, datetime]:
        """Until when homes were heard of that were split off: as homes of their own, before they were merged."""
        if not split_off:
            return {}
        its = {listing: home for listing, home in grouping.home_of.items() if home in split_off}
        heard: dict[UUID, datetime] = {}
        for listing, at in (await queries.heard_until(self.connection, its.keys())).items():
            heard[its[listing]] = max(at, heard.get(its[listing], at))
        return heard

    def _go_on(self, work: Work, listing: UUID, added: Sequence[Snapshot]) -> bool:
        """Add newer snapshots to what is known; returns False if one of them is late."""
        if work.progress.is_late(added[0].at):
            return False
        for snapshot in added:
            named = snapshot if listing == work.home.id else replace(snapshot, listing=listing.hex)
            work.progress, made = advance(work.progress, named, self.periods)
            work.changes += made
        return True

    async def _begin_again(self, works: Mapping[UUID, Work]) -> None:
        """Find all changes of these homes again: a record came late, or they have several listings."""
        if not works:
            return
        members = await properties.members(self.connection, works.keys())
        ids = [one.id for one in members]
        snapshots = await versions.snapshots_of(self.connection, ids)
        home_of = {one.id: one.property_id for one in members}
        of_home: dict[UUID, list[Member]] = {}
        for member in members:
            of_home.setdefault(member.property_id, []).append(member)
        known: dict[UUID, dict[object, UUID]] = {id_: {} for id_ in works}
        for one in await queries.changes_of(self.connection, ids):
            known[home_of[one.listing_id]][key_of_row(one)] = one.id
        for id_, work in works.items():
            work.look_at(one.id for one in of_home[id_])
            read = together(id_, of_home[id_], snapshots)
            work.progress, changes = changes_of(read, self.periods, ended=work.progress.ended)
            work.changed_at = changes[-1].after.at if changes else None
            work.changes = [change for change in changes if known[id_].pop(work.key_of(change), None) is None]
        wrong = [id_ for others in known.values() for id_ in others.values()]
        await queries.supersede(self.connection, wrong, now=self.clock.now())

    async def _finish(self, works: Collection[Work]) -> int:
        now = self.clock.now()
        await properties.save(self.connection, [work.finish(self.periods, now) for work in works])
        numbered = sum(len(work.numbered) for work in works)
        number = await queries.take_numbers(self.connection, numbered) if numbered else 0
        rows = [self._row(work, change, None, now) for work in works for change in work.silent]
        for work in works:
            for change in work.numbered:
                rows.append(self._row(work, change, number, now))
                number += 1
        await queries.add_changes(self.connection, rows)
        return numbered

    def _row(self, work: Work, change: Change, number: int | None, now: datetime) -> NewChange:
        listing, at, before_listing, before_at, facts = work.key_of(change)
        other = None if before_listing == listing else before_listing
        # The history does not have a net change. It has the changes that it is made of.
        superseded_at = now if any(change is one for one in work.net) else None
        return NewChange(self.clock.new_id(), listing, at, before_at, other, facts, number, now, superseded_at)


def _is_doubtful(known: Known, records: Sequence[Received]) -> bool:
    """Whether the home of a listing depends on all of its records: some are late, and may not name the home of now."""
    at = known.modified_at
    if at is None or records[0].record.modified_at > at:
        return False
    if records[-1].record.modified_at >= at and records[-1].identity:
        return False
    # A record without an identity may have replaced one of the same time that had it.
    return any(one.identity != known.identity for one in records if one.record.modified_at <= at)


def _state_of(known: Known, records: Sequence[Received]) -> State:
    """What a listing has become by these new records, which are in the order of the feed's clock."""
    last, at = records[-1].record, known.modified_at
    newer = [one for one in records if at is None or one.record.modified_at >= at]
    identity = next((one.identity for one in reversed(newer) if one.identity), known.identity)
    if at is not None and last.modified_at < at:
        return State(known.id, known.property_id, at, known.status, identity)
    return State(known.id, known.property_id, last.modified_at, last.fields["StandardStatus"], identity)

"""Reads the facts of the changes of a home that came before a change: the last ones, however many there were."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple, Protocol
from uuid import UUID

from sqlalchemy import FromClause, Select, func, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.base.damaged import readable
from property_alert_notification.database import BatchStatement, columns_of, table_of, time_type, true_of_many
from property_alert_notification.homes.alerts.news import Earlier
from property_alert_notification.homes.listings.facts import Fact
from property_alert_notification.homes.listings.history import decode_facts
from property_alert_notification.homes.listings.models import ListingChange
from property_alert_notification.homes.properties.queries import members

_changes = table_of(ListingChange)

EARLIER = 50
"""Changes of a home that are looked at for a fact which is told again: the cost does not grow with its history."""

_EVER = literal(datetime(1, 1, 2, tzinfo=UTC), type_=time_type())


class _Change(Protocol):
    @property
    def sequence(self) -> int: ...

    @property
    def property_id(self) -> UUID: ...


class _Stored(NamedTuple):
    asked: int
    """The number of the change that it came before."""
    sequence: int
    facts: str


def _last_before(wanted: FromClause) -> Select[*tuple[Any, ...]]:
    """For each number and listing the last changes before it. Newer ones are read over: there are few."""
    one = _changes.alias("one")
    begins = (
        select(one.c.modified_at)
        .where(
            one.c.listing_id == wanted.c.listing_id,
            true_of_many(func.coalesce(one.c.sequence, wanted.c.sequence) < wanted.c.sequence),
        )
        .order_by(one.c.modified_at.desc())
        .offset(EARLIER - 1)
        .limit(1)
        .correlate(wanted)
        .scalar_subquery()
    )
    return (
        select(wanted.c.sequence.label("asked"), _changes.c.sequence, _changes.c.facts)
        .select_from(wanted)
        .join(
            _changes,
            (_changes.c.listing_id == wanted.c.listing_id) & (_changes.c.modified_at >= func.coalesce(begins, _EVER)),
        )
        .where(true_of_many(func.coalesce(_changes.c.sequence, wanted.c.sequence) < wanted.c.sequence))
    )


_LAST_BEFORE = BatchStatement(columns_of(_changes, "sequence", "listing_id"), _last_before)


async def last_changes(connection: AsyncConnection, listings: Collection[UUID], *, until: int) -> set[int]:
    """The numbers of the last changes of these listings, up to a number."""
    rows = await _LAST_BEFORE.run(connection, [(until + 1, id_) for id_ in sorted(listings)])
    return {_Stored(*row).sequence for row in rows}


async def facts_before(connection: AsyncConnection, changes: Collection[_Change]) -> dict[int, Earlier]:
    """What the home of each of these changes told before it, by the numbers of the changes."""
    if not changes:
        return {}
    listings: dict[UUID, list[UUID]] = {}
    for one in await members(connection, {change.property_id for change in changes}):
        listings.setdefault(one.property_id, []).append(one.id)
    wanted = [(one.sequence, id_) for one in changes for id_ in listings.get(one.property_id, ())]
    rows = [_Stored(*row) for row in await _LAST_BEFORE.run(connection, sorted(wanted))]
    stored = {one.sequence: one.facts for one in rows}
    # Several changes of one home have nearly the same ones before them, so each is read once.
    facts = dict(readable(stored.items(), _read, "change.unreadable", lambda one: one[0]))
    before: dict[int, list[int]] = {}
    for row in rows:
        before.setdefault(row.asked, []).append(row.sequence)
    return {one.sequence: _earlier(before.get(one.sequence, []), facts) for one in changes}


def _read(stored: tuple[int, str]) -> tuple[int, Sequence[Fact]]:
    return stored[0], decode_facts(stored[1])


def _earlier(sequences: Collection[int], facts: Mapping[int, Sequence[Fact]]) -> Earlier:
    last = sorted(sequences)[-EARLIER:]
    begins = last[0] if len(last) == EARLIER else None
    return Earlier([(sequence, facts[sequence]) for sequence in last if sequence in facts], begins)

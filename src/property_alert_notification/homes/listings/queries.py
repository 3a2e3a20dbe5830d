"""Every statement about listings, each on a batch."""

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Integer,
    Table,
    bindparam,
    delete,
    func,
    literal,
    select,
    true,
    tuple_,
    update,
)

# Its words for conflicts are SQLite's too.
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.dml import ReturningInsert

from property_alert_notification.database import (
    BatchStatement,
    as_rows,
    columns_of,
    run_within,
    table_of,
    time_type,
    true_of_many,
)
from property_alert_notification.homes.listings import scripts
from property_alert_notification.homes.listings.models import (
    Listing,
    ListingChange,
    ListingVersion,
    is_off_market,
)
from property_alert_notification.homes.listings.scripts import CHANGES
from property_alert_notification.homes.properties import queries as properties

_listings, _versions = table_of(Listing), table_of(ListingVersion)
_changes = table_of(ListingChange)
_now = bindparam("now", type_=time_type())


class Known(NamedTuple):
    """What is known of a listing before a record of it. A batch reads many, and a model of each would take longer."""

    id: UUID
    source: str
    listing_key: str
    property_id: UUID
    modified_at: datetime | None
    status: str
    identity: str


class NewChange(NamedTuple):
    """A change to be stored."""

    id: UUID
    listing_id: UUID
    modified_at: datetime
    before_at: datetime | None
    before_listing_id: UUID | None
    facts: str
    sequence: int | None
    made_at: datetime
    superseded_at: datetime | None


class KnownChange(NamedTuple):
    """A change that was found before."""

    id: UUID
    listing_id: UUID
    modified_at: datetime
    before_at: datetime | None
    before_listing_id: UUID | None
    facts: str


class LastKnown(NamedTuple):
    """What is stored of a listing that may be deleted."""

    source: str
    listing_key: str
    modified_at: datetime
    status: str
    feed: str | None
    identity: str


class State(NamedTuple):
    """What a listing has become."""

    id: UUID
    property_id: UUID
    modified_at: datetime
    status: str
    identity: str


_NEW = ("id", "source", "listing_key", "status", "property_id", "identity", "feed")
_STATE = tuple(name for name in State._fields if name != "id")


def _lock_or_add(new: FromClause) -> ReturningInsert[*tuple[Any, ...]]:
    wanted = insert(_listings).from_select(_NEW, select(*new.c).where(true()), include_defaults=False)
    # It changes nothing, but it locks: a record of the same listing in another transaction waits for this one.
    kept = {"listing_key": wanted.excluded.listing_key, "feed": func.coalesce(wanted.excluded.feed, _listings.c.feed)}
    return wanted.on_conflict_do_update(index_elements=["listing_key", "source"], set_=kept).returning(
        *[_listings.c[name] for name in Known._fields]
    )


_LOCK_OR_ADD = BatchStatement(columns_of(_listings, *_NEW), _lock_or_add)


async def lock_or_add(
    connection: AsyncConnection, new: Iterable[tuple[UUID, str, str]], *, feed: str | None = None
) -> list[Known]:
    """Lock the listings with these sources and keys until the transaction ends, and add those that are missing.

    `feed` shows them now, if it is not None.
    """
    # In one order everywhere, or two transactions deadlock.
    rows = sorted(((id_, source, key, "", id_, "", feed) for id_, source, key in new), key=lambda row: (row[2], row[1]))
    return [Known(*row) for row in await _LOCK_OR_ADD.run(connection, rows)]


_LAST_KNOWN = BatchStatement(
    columns_of(_listings, "listing_key"),
    lambda wanted: select(*[_listings.c[name] for name in LastKnown._fields]).join(
        wanted, wanted.c.listing_key == _listings.c.listing_key
    ),
)


async def last_known(connection: AsyncConnection, keys: Collection[str]) -> list[LastKnown]:
    """What is stored of the listings with these keys, of all sources."""
    return [LastKnown(*row) for row in await _LAST_KNOWN.run(connection, as_rows(sorted(keys))) if row.modified_at]


_VALID_CHANGES = BatchStatement(
    columns_of(_listings, "id"),
    lambda wanted: (
        select(*[_changes.c[name] for name in KnownChange._fields])
        .join(wanted, wanted.c.id == _changes.c.listing_id)
        .where(_changes.c.superseded_at.is_(None))
    ),
)


async def changes_of(connection: AsyncConnection, listings: Collection[UUID]) -> list[KnownChange]:
    """The changes of these listings that are not superseded."""
    return [KnownChange(*row) for row in await _VALID_CHANGES.run(connection, as_rows(listings))]


_HEARD = BatchStatement(
    columns_of(_listings, "id"),
    lambda wanted: (
        select(_changes.c.listing_id, func.max(_changes.c.modified_at))
        .join(wanted, wanted.c.id == _changes.c.listing_id)
        .where(true_of_many(_changes.c.sequence.is_not(None)))
        .group_by(_changes.c.listing_id)
        .having(func.count() > func.count(_changes.c.before_at))
    ),
)


async def heard_until(connection: AsyncConnection, listings: Collection[UUID]) -> dict[UUID, datetime]:
    """The newest numbered record of those of these listings that were heard of as new."""
    return {row[0]: row[1] for row in await _HEARD.run(connection, as_rows(sorted(listings)))}


_SUPERSEDE = BatchStatement(
    columns_of(_changes, "id"),
    lambda wrong: update(_changes).where(_changes.c.id.in_(select(wrong.c.id))).values(superseded_at=_now),
)


async def supersede(connection: AsyncConnection, changes: Collection[UUID], *, now: datetime) -> None:
    """Mark changes as superseded."""
    if changes:
        await _SUPERSEDE.run(connection, as_rows(sorted(changes)), now=now)


_ADD_CHANGES = BatchStatement(
    columns_of(_changes, *NewChange._fields),
    lambda new: insert(_changes).from_select(NewChange._fields, select(*new.c).where(true()), include_defaults=False),
)


async def add_changes(connection: AsyncConnection, new: Collection[NewChange]) -> None:
    """Store changes."""
    if new:
        await _ADD_CHANGES.run(connection, new)


async def take_numbers(connection: AsyncConnection, count: int, *, name: str = CHANGES) -> int:
    """Take numbers as `scripts.take_numbers` does."""
    return await run_within(connection, scripts.take_numbers(count, name=name))


_UPDATE = BatchStatement(
    columns_of(_listings, *State._fields),
    lambda new: update(_listings).where(_listings.c.id == new.c.id).values({name: new.c[name] for name in _STATE}),
)


async def update_states(connection: AsyncConnection, states: Collection[State]) -> None:
    """Store what these listings have become."""
    if states:
        await _UPDATE.run(connection, states)


_MOVE = BatchStatement(
    columns_of(_listings, "id", "property_id"),
    lambda new: update(_listings).where(_listings.c.id == new.c.id).values(property_id=new.c.property_id),
)


async def move(connection: AsyncConnection, moved: Collection[tuple[UUID, UUID]]) -> None:
    """Store of listings that they are of other properties."""
    await _MOVE.run(connection, moved)


async def find(connection: AsyncConnection, listing_key: str) -> list[Listing]:
    """The listings with this key, of all sources."""
    asked = select(_listings).where(_listings.c.listing_key == listing_key).order_by(_listings.c.source)
    return [Listing(**row) for row in (await connection.execute(asked)).mappings()]


async def record_of(connection: AsyncConnection, listing: Listing) -> str:
    """The newest record of a listing."""
    its = (_versions.c.listing_id == listing.id) & (_versions.c.modified_at == listing.modified_at)
    return str((await connection.execute(select(_versions.c.record).where(its))).scalar_one())


_BEFORE = func.coalesce(_changes.c.before_at, literal(datetime(1900, 1, 1, tzinfo=UTC), time_type()))
"""A change from no record is the first one."""


async def history_page(
    connection: AsyncConnection, listing_id: UUID, *, below: UUID | None, limit: int
) -> Sequence[ListingChange]:
    """At most `limit` changes that are not superseded, the newest first by the feed's clock.

    Several changes may lead to one record, as when another listing of the home left the market and what this one said
    before holds again. Which of them is the newer one does not depend on the order in which records came.
    """
    order = (_changes.c.modified_at, _BEFORE, _changes.c.facts, _changes.c.id)
    valid = select(_changes).where(_changes.c.listing_id == listing_id, _changes.c.superseded_at.is_(None))
    if below is not None:
        start = (await connection.execute(select(*order).where(_changes.c.id == below))).one_or_none()
        if start is None:
            return []
        valid = valid.where(tuple_(*order) < tuple_(*map(literal, start, (each.type for each in order))))
    found = await connection.execute(valid.order_by(*(each.desc() for each in order)).limit(limit))
    return [ListingChange(**row) for row in found.mappings()]


_OLD = (
    select(_listings.c.id, _listings.c.property_id)
    .where(is_off_market, _listings.c.modified_at < bindparam("until", type_=time_type()))
    .order_by(_listings.c.modified_at)
    .limit(bindparam("limit", type_=Integer))
    .with_for_update(skip_locked=True)
)


def _remove(column: ColumnElement[Any], table: Table) -> BatchStatement:
    return BatchStatement(columns_of(_listings, "id"), lambda old: delete(table).where(column.in_(select(old.c.id))))


_REMOVE = [
    _remove(_changes.c.listing_id, _changes),
    _remove(_versions.c.listing_id, _versions),
    _remove(_listings.c.id, _listings),
]


async def remove_old(connection: AsyncConnection, *, until: datetime, limit: int) -> int:
    """Delete up to `limit` listings that left the market and did not change since; returns how many."""
    old = (await connection.execute(_OLD, {"until": until, "limit": limit})).all()
    ids = [id_ for id_, _ in old]
    for statement in _REMOVE:
        await statement.run(connection, as_rows(ids))
    await properties.remove(connection, ids, of={property_id for _, property_id in old if property_id is not None})
    return len(old)

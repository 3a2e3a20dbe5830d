"""Every statement about homes, each on a batch."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Delete,
    FromClause,
    Select,
    delete,
    func,
    or_,
    select,
    text,
    true,
    union_all,
    update,
)

# Its words for conflicts are SQLite's too.
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.dml import Insert

from property_alert_notification.database import BatchStatement, DueRows, as_rows, columns_of, table_of, true_of_many
from property_alert_notification.homes.listings.models import Listing
from property_alert_notification.homes.properties.ids.queries import with_ids
from property_alert_notification.homes.properties.models import WAITS, Property, PropertyKey, PropertyRuling

_listings, _properties = table_of(Listing), table_of(Property)
_keys, _rulings = table_of(PropertyKey), table_of(PropertyRuling)

due = DueRows(Property, "due_at", text(WAITS))
"""Homes with a change whose quiet time is over."""


class Home(NamedTuple):
    """What is known of a home. A batch reads many, and a model of each would take longer."""

    id: UUID
    listings: int
    progress: str
    told_at: datetime | None
    quiet_ends_at: datetime | None
    due_at: datetime | None


class Member(NamedTuple):
    """A listing of a home."""

    id: UUID
    property_id: UUID
    """The home, also if that of the listing was merged into it."""
    source: str
    listing_key: str
    status: str
    modified_at: datetime | None
    identity: str


_ids = columns_of(_properties, "id")


def _lock(wanted: FromClause) -> Select[*tuple[Any, ...]]:
    # In one order everywhere, or two transactions deadlock.
    columns = [_properties.c[name] for name in Home._fields]
    its = _properties.c.id.in_(select(wanted.c.id))
    return select(*columns, _properties.c.merged_into).where(its).order_by(_properties.c.id).with_for_update()


_LOCK = BatchStatement(_ids, _lock)


async def lock(connection: AsyncConnection, ids: Collection[UUID]) -> dict[UUID, Home]:
    """Lock these homes until the transaction ends; returns those that are there by the ids that were asked for.

    One that was merged is found as the home into which it was.
    """
    found = {row[0]: row for row in await _LOCK.run(connection, as_rows(sorted(ids)))} if ids else {}
    # Rare, and only until the next record of each of its listings: these then have the id of the home.
    merged = {id_: row[-1] for id_, row in found.items() if row[-1] is not None}
    into = await lock(connection, set(merged.values()) - found.keys()) if merged else {}
    homes = {id_: Home(*row[:-1]) for id_, row in found.items() if id_ not in merged} | into
    return homes | {id_: homes[its] for id_, its in merged.items() if its in homes}


def _save(new: FromClause) -> Insert:
    wanted = insert(_properties).from_select(Home._fields, select(*new.c).where(true()), include_defaults=False)
    changed = {name: wanted.excluded[name] for name in Home._fields[1:]}
    return wanted.on_conflict_do_update(index_elements=["id"], set_=changed)


_SAVE = BatchStatement(columns_of(_properties, *Home._fields), _save)


async def save(connection: AsyncConnection, homes: Collection[Home]) -> None:
    """Store what these homes have become."""
    if homes:
        await _SAVE.run(connection, homes)


async def wait_no_more(connection: AsyncConnection, property_id: UUID) -> None:
    """Let a home not wait for the end of a quiet time."""
    await connection.execute(update(_properties).where(_properties.c.id == property_id).values(due_at=None))


_ADD_KEYS = BatchStatement(
    columns_of(_keys, "key", "listing_id"),
    lambda new: insert(_keys).from_select(("key", "listing_id"), select(*new.c).where(true())).on_conflict_do_nothing(),
)
_REMOVE_KEYS = BatchStatement(
    columns_of(_listings, "id"), lambda old: delete(_keys).where(_keys.c.listing_id.in_(select(old.c.id)))
)
_OTHERS = BatchStatement(
    columns_of(_keys, "key", "listing_id"),
    lambda wanted: (
        select(wanted.c.listing_id, _keys.c.listing_id)
        .join(wanted, wanted.c.key == _keys.c.key)
        .where(_keys.c.listing_id != wanted.c.listing_id)
        .distinct()
    ),
)


async def replace_keys(
    connection: AsyncConnection, keys: Collection[tuple[int, UUID]], *, of: Collection[UUID]
) -> list[tuple[UUID, UUID]]:
    """Store the keys of listings, and delete former ones of those in `of`.

    Returns each listing with others that have a key of it.
    """
    if of:
        await _REMOVE_KEYS.run(connection, as_rows(of))
    if not keys:
        return []
    await _ADD_KEYS.run(connection, sorted(keys))
    return [(listing, other) for listing, other in await _OTHERS.run(connection, keys)]


HOME: ColumnElement[Any] = func.coalesce(_properties.c.merged_into, _listings.c.property_id)
"""The home of a row of `WITH_HOME`."""

WITH_HOME = _listings.outerjoin(_properties, _properties.c.id == _listings.c.property_id)
"""Listings with their properties."""


def _members(condition: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    columns = [HOME if name == "property_id" else _listings.c[name] for name in Member._fields]
    found = select(*columns).select_from(WITH_HOME).where(condition)
    return found.order_by(_listings.c.listing_key, _listings.c.source)


def is_of(wanted: FromClause) -> ColumnElement[bool]:
    """Whether a listing is of one of these homes."""
    ids = select(wanted.c.id)
    merged = select(_properties.c.id).where(_properties.c.merged_into.in_(ids))
    # One list: for two, PostgreSQL would read all listings and look each up in both.
    return _listings.c.property_id.in_(union_all(ids, merged))


_LISTINGS = BatchStatement(
    columns_of(_listings, "id"), lambda wanted: _members(_listings.c.id.in_(select(wanted.c.id)))
)
_MEMBERS = BatchStatement(_ids, lambda wanted: _members(is_of(wanted)))


async def listings(connection: AsyncConnection, ids: Collection[UUID]) -> list[Member]:
    """These listings, each with its home."""
    return [Member(*row) for row in await _LISTINGS.run(connection, as_rows(ids))]


async def members(connection: AsyncConnection, ids: Collection[UUID]) -> list[Member]:
    """All listings of these homes, by their keys and sources."""
    return [Member(*row) for row in await _MEMBERS.run(connection, as_rows(ids))]


_RULINGS = BatchStatement(
    columns_of(_listings, "id"),
    lambda wanted: select(_rulings).where(
        or_(
            _rulings.c.listing_id.in_(select(wanted.c.id)),
            _rulings.c.other_listing_id.in_(select(wanted.c.id)),
        )
    ),
)


async def rulings(connection: AsyncConnection, listings: Collection[UUID]) -> list[PropertyRuling]:
    """What operators said of these listings."""
    found = await _RULINGS.run(connection, as_rows(listings))
    return [PropertyRuling(**row) for row in found.mappings()]


_COLUMNS = ("listing_id", "other_listing_id", "same", "made_at", "made_by")


def _rule(new: FromClause) -> Insert:
    wanted = insert(_rulings).from_select(_COLUMNS, select(*new.c).where(true()))
    changed = {name: wanted.excluded[name] for name in _COLUMNS[2:]}
    return wanted.on_conflict_do_update(index_elements=["listing_id", "other_listing_id"], set_=changed)


_RULE = BatchStatement(columns_of(_rulings, *_COLUMNS), _rule)


async def rule(
    connection: AsyncConnection, pairs: Iterable[Sequence[UUID]], *, same: bool, at: datetime, by: str
) -> None:
    """Store what an operator says of pairs of listings, in place of what was said before."""
    rows = sorted((*sorted(pair), same, at, by) for pair in pairs)
    if rows:
        await _RULE.run(connection, rows)


_MERGE = BatchStatement(
    columns_of(_properties, "id", "merged_into"),
    lambda new: (
        update(_properties)
        .where(or_(_properties.c.id == new.c.id, _properties.c.merged_into == new.c.id))
        .values(merged_into=new.c.merged_into, due_at=None)
    ),
)


async def merge(connection: AsyncConnection, merged: Iterable[tuple[UUID, UUID]]) -> None:
    """Store of properties that they turned out to be others, and so what was merged into them before."""
    if rows := sorted(merged):
        await _MERGE.run(connection, rows)


_other = _properties.alias("other")
_into: ColumnElement[Any] = func.coalesce(_properties.c.merged_into, _properties.c.id)


def _same(wanted: FromClause) -> Select[*tuple[Any, ...]]:
    homes, its_id = with_ids(wanted, wanted.c.id)
    return select(wanted.c.id, its_id).select_from(homes)


_SAME = BatchStatement(_ids, _same)


async def same_property(connection: AsyncConnection, ids: Collection[UUID]) -> dict[UUID, set[UUID]]:
    """For each of these ids all ids of the same home: its own, and those that were merged, whatever their order."""
    found = {id_: {id_} for id_ in ids}
    for id_, other in await _SAME.run(connection, as_rows(ids)):
        found[id_].add(other)
    return found


_REMOVE_RULINGS = BatchStatement(
    columns_of(_listings, "id"),
    lambda old: delete(_rulings).where(
        or_(_rulings.c.listing_id.in_(select(old.c.id)), _rulings.c.other_listing_id.in_(select(old.c.id)))
    ),
)
_left = _properties.alias("left")
_root = _properties.alias("root")


def _remove_empty(old: FromClause) -> Delete:
    roots = select(func.coalesce(_root.c.merged_into, _root.c.id)).where(_root.c.id.in_(select(old.c.id)))
    merged = select(_other.c.id).where(_other.c.merged_into.in_(roots))
    has_listing = (
        select(_listings.c.id)
        .join(_left, _left.c.id == _listings.c.property_id)
        .where(or_(_left.c.id == _into, _left.c.merged_into == _into))
        .correlate(_properties)
        .exists()
    )
    return delete(_properties).where(_properties.c.id.in_(union_all(roots, merged)), true_of_many(~has_listing))


_REMOVE_EMPTY = BatchStatement(_ids, _remove_empty)


async def remove(connection: AsyncConnection, listings: Collection[UUID], *, of: Collection[UUID]) -> None:
    """Delete what belongs to listings that are deleted, and those of their homes that have none left."""
    for statement in (_REMOVE_KEYS, _REMOVE_RULINGS):
        await statement.run(connection, as_rows(listings))
    await _REMOVE_EMPTY.run(connection, as_rows(of))

"""Every statement about records of listings."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause, func, select, true

# Its words for conflicts are SQLite's too.
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.dml import ReturningInsert

from property_alert_notification.database import BatchStatement, as_rows, columns_of, table_of
from property_alert_notification.homes.listings.models import Listing, ListingVersion

_listings, _versions = table_of(Listing), table_of(ListingVersion)


def is_newest(version: FromClause, listing: FromClause) -> ColumnElement[bool]:
    """Whether a record is the newest one of a listing, in a statement about both."""
    return (version.c.listing_id == listing.c.id) & (version.c.modified_at == listing.c.modified_at)


def is_after(version: FromClause, change: FromClause) -> ColumnElement[bool]:
    """Whether a change led to a record."""
    return (version.c.listing_id == change.c.listing_id) & (version.c.modified_at == change.c.modified_at)


def is_before(version: FromClause, change: FromClause) -> ColumnElement[bool]:
    """Whether a change led from a record: one of the same listing, or of another one of the home."""
    its = func.coalesce(change.c.before_listing_id, change.c.listing_id)
    return (version.c.listing_id == its) & (version.c.modified_at == change.c.before_at)


class Version(NamedTuple):
    """A record to be stored."""

    listing_id: UUID
    modified_at: datetime
    digest: str
    snapshot: str
    record: str
    received_at: datetime


def _add_versions(new: FromClause) -> ReturningInsert[*tuple[Any, ...]]:
    wanted = insert(_versions).from_select(Version._fields, select(*new.c).where(true()))
    replaced = {name: wanted.excluded[name] for name in Version._fields[2:]}
    return wanted.on_conflict_do_update(
        index_elements=["listing_id", "modified_at"], set_=replaced, where=_versions.c.digest < wanted.excluded.digest
    ).returning(_versions.c.listing_id, _versions.c.modified_at)


_ADD_VERSIONS = BatchStatement(columns_of(_versions, *Version._fields), _add_versions)


async def add_versions(connection: AsyncConnection, new: Sequence[Version]) -> set[tuple[UUID, datetime]]:
    """Store records; returns listing and time of those that are new, or count in place of another of their time."""
    return {tuple(row) for row in await _ADD_VERSIONS.run(connection, new)}


_SNAPSHOTS = BatchStatement(
    columns_of(_listings, "id"),
    lambda wanted: (
        select(_versions.c.listing_id, _versions.c.snapshot)
        .join(wanted, wanted.c.id == _versions.c.listing_id)
        .order_by(_versions.c.listing_id, _versions.c.modified_at)
    ),
)


async def snapshots_of(connection: AsyncConnection, listings: Collection[UUID]) -> dict[UUID, list[str]]:
    """The snapshots of all records of these listings, in the order of their feeds' clocks."""
    found: dict[UUID, list[str]] = {}
    for listing_id, snapshot in await _SNAPSHOTS.run(connection, as_rows(listings)):
        found.setdefault(listing_id, []).append(snapshot)
    return found


_RECORDS = BatchStatement(
    columns_of(_listings, "id"),
    lambda wanted: (
        select(_versions.c.listing_id, _versions.c.record)
        .join(wanted, wanted.c.id == _versions.c.listing_id)
        .order_by(_versions.c.listing_id, _versions.c.modified_at)
    ),
)


async def records_of(connection: AsyncConnection, listings: Collection[UUID]) -> Sequence[tuple[UUID, str]]:
    """All records of these listings, those of each in the order of its feed's clock."""
    return [(listing_id, record) for listing_id, record in await _RECORDS.run(connection, as_rows(listings))]


_NEWEST = BatchStatement(
    columns_of(_listings, "id"),
    lambda wanted: (
        select(wanted.c.id, _versions.c.record)
        .join(_listings, _listings.c.id == wanted.c.id)
        .join(_versions, is_newest(_versions, _listings))
    ),
)


async def newest_records(connection: AsyncConnection, ids: Collection[UUID]) -> dict[UUID, str]:
    """The newest record of each of these listings."""
    return {row[0]: row[1] for row in await _NEWEST.run(connection, as_rows(ids))} if ids else {}

"""Every statement that reads numbered changes of listings."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import BigInteger, Integer, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.database import BatchStatement, as_rows, columns_of, table_of, true_of_many
from property_alert_notification.homes.listings.models import Listing, ListingChange, ListingPosition, ListingVersion
from property_alert_notification.homes.listings.scripts import CHANGES
from property_alert_notification.homes.listings.versions.queries import is_after, is_before
from property_alert_notification.homes.properties.queries import HOME, WITH_HOME

_listings, _changes = table_of(Listing), table_of(ListingChange)
_versions, _positions = table_of(ListingVersion), table_of(ListingPosition)


async def last_number(connection: AsyncConnection) -> int:
    """The last number that was given to a change or to an edit: all up to it are committed."""
    found = await connection.execute(select(_positions.c.last).where(_positions.c.name == CHANGES))
    return int(found.scalar_one_or_none() or 0)


class ChangeToMatch(NamedTuple):
    """A numbered change of a listing, with its states before and after as the store has them."""

    sequence: int
    listing_id: UUID
    property_id: UUID
    """Of its home."""
    facts: str
    before_at: datetime | None
    snapshot: str
    record: str
    before: str | None
    """None if the listing was not known, or if the record is not kept any more."""


_before = _versions.alias("before")
SELECT_CHANGES = (
    select(
        _changes.c.sequence,
        _changes.c.listing_id,
        HOME,
        _changes.c.facts,
        _changes.c.before_at,
        _versions.c.snapshot,
        _versions.c.record,
        _before.c.record,
    )
    .select_from(_changes)
    .join(WITH_HOME, _listings.c.id == _changes.c.listing_id)
    .join(_versions, is_after(_versions, _changes))
    .outerjoin(_before, is_before(_before, _changes))
)
"""The columns of a ChangeToMatch."""
_CHANGES = SELECT_CHANGES.where(
    _changes.c.sequence > bindparam("after", type_=BigInteger),
    _changes.c.sequence <= bindparam("until", type_=BigInteger),
).order_by(_changes.c.sequence)


async def changes_in(connection: AsyncConnection, *, after: int, until: int) -> list[ChangeToMatch]:
    """The changes with these numbers, in their order."""
    found = await connection.execute(_CHANGES, {"after": after, "until": until})
    return [ChangeToMatch(*row) for row in found]


_CHANGES_OF = BatchStatement(
    columns_of(_changes, "sequence"),
    lambda wanted: SELECT_CHANGES.where(_changes.c.sequence.in_(select(wanted.c.sequence))),
)


async def changes_of(connection: AsyncConnection, sequences: Collection[int]) -> list[ChangeToMatch]:
    """The changes with these numbers; those of deleted listings are left out."""
    if not sequences:
        return []
    return [ChangeToMatch(*row) for row in await _CHANGES_OF.run(connection, as_rows(sorted(sequences)))]


_LAST = BatchStatement(
    columns_of(_changes, "listing_id"),
    lambda wanted: (
        SELECT_CHANGES.add_columns(_changes.c.made_at)
        .where(_changes.c.listing_id.in_(select(wanted.c.listing_id)), true_of_many(_changes.c.sequence.is_not(None)))
        # In a form that no index matches, so that the store uses the index of the listings.
        .order_by(func.coalesce(_changes.c.sequence, 0).desc())
        .limit(bindparam("limit", type_=Integer))
    ),
)


async def last_changes(
    connection: AsyncConnection, listings: Collection[UUID], *, limit: int
) -> list[tuple[ChangeToMatch, datetime]]:
    """The last numbered changes of these listings, the newest first, and when each was stored."""
    rows = await _LAST.run(connection, as_rows(sorted(listings)), limit=limit)
    return [(ChangeToMatch(*row[:-1]), row[-1]) for row in rows]

"""Every statement about what users think of listings."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause, Select, delete, or_, select, text, true

# Its words for conflicts are SQLite's too.
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.api.paging import LAST_ID
from property_alert_notification.database import BatchStatement, as_rows, columns_of, table_of, true_of_many
from property_alert_notification.homes.listing_preferences.models import DISCARD, IS_DISCARDED, ListingPreference
from property_alert_notification.homes.listings.models import Listing
from property_alert_notification.homes.properties.ids.queries import ids_of_home, with_ids

_preferences, _listings = table_of(ListingPreference), table_of(Listing)


class Entry(NamedTuple):
    """What a user thinks of a listing, with the names of the listing."""

    id: UUID
    listing_key: str
    source: str
    preference: str
    changed_at: datetime


_ENTRIES = select(
    _preferences.c.id,
    _listings.c.listing_key,
    _listings.c.source,
    _preferences.c.preference,
    _preferences.c.changed_at,
).join(_listings, _listings.c.id == _preferences.c.listing_id)


async def put(connection: AsyncConnection, preference: ListingPreference, listing: Listing) -> None:
    """Store what a user thinks of a listing. It replaces what was stored of all listings of the same home."""
    others = _of(preference.user_id, listing) & (_preferences.c.listing_id != listing.id)
    await connection.execute(delete(_preferences).where(others))
    wanted = insert(_preferences).values(preference.model_dump())
    kept = {name: wanted.excluded[name] for name in ("preference", "changed_at")}
    await connection.execute(wanted.on_conflict_do_update(index_elements=["person", "listing_id"], set_=kept))


def _of(user_id: int, listing: Listing) -> ColumnElement[bool]:
    """What a user thinks of a listing, or of another one of the same home."""
    is_of_home = _preferences.c.listing_id == listing.id
    if listing.property_id is not None:
        mates = select(_listings.c.id).where(_listings.c.property_id.in_(ids_of_home(listing.property_id)))
        is_of_home = or_(is_of_home, _preferences.c.listing_id.in_(mates))
    return (_preferences.c.user_id == user_id) & is_of_home


async def find(connection: AsyncConnection, user_id: int, listing: Listing) -> Entry | None:
    """The newest preference of a user for the home of a listing; None if none is stored."""
    newest = _ENTRIES.where(_of(user_id, listing)).order_by(_preferences.c.changed_at.desc(), _preferences.c.id.desc())
    row = (await connection.execute(newest.limit(1))).one_or_none()
    return None if row is None else Entry(*row)


async def remove(connection: AsyncConnection, user_id: int, listing: Listing) -> bool:
    """Forget what a user thinks of the home of a listing; returns whether anything was stored."""
    removed = delete(_preferences).where(_of(user_id, listing)).returning(_preferences.c.id)
    return (await connection.execute(removed)).first() is not None


async def page(
    connection: AsyncConnection, user_id: int, *, preference: str | None, before: UUID | None, limit: int
) -> list[Entry]:
    """Up to `limit` listings of which a user thinks something, the newest first."""
    wanted = true() if preference is None else _preferences.c.preference == preference
    asked = _ENTRIES.where(_preferences.c.user_id == user_id, _preferences.c.id < (before or LAST_ID), wanted)
    return [Entry(*row) for row in await connection.execute(asked.order_by(_preferences.c.id.desc()).limit(limit))]


def _who_discarded(wanted: FromClause) -> Select[*tuple[Any, ...]]:
    homes, its_id = with_ids(wanted, wanted.c.property_id)
    return (
        select(wanted.c.property_id, _preferences.c.person)
        .select_from(homes)
        .join(_listings, _listings.c.property_id == its_id)
        .join(_preferences, _preferences.c.listing_id == _listings.c.id)
        .where(true_of_many(text(IS_DISCARDED)))
    )


def _what_they_said(wanted: FromClause) -> Select[*tuple[Any, ...]]:
    homes, its_id = with_ids(wanted, wanted.c.property_id)
    return (
        select(wanted.c.property_id, _preferences.c.person, _preferences.c.preference)
        .select_from(homes)
        .join(_listings, _listings.c.property_id == its_id)
        .join(
            _preferences,
            (_preferences.c.person == wanted.c.person) & (_preferences.c.listing_id == _listings.c.id),
        )
        .order_by(_preferences.c.changed_at, _preferences.c.id)
    )


_DISCARDED = BatchStatement(columns_of(_listings, "property_id"), _who_discarded)
_SAID = BatchStatement(columns_of(_listings, "property_id") | columns_of(_preferences, "person"), _what_they_said)


async def discarded(connection: AsyncConnection, properties: Collection[UUID]) -> dict[UUID, list[int]]:
    """The numbers of the people who discarded these properties, by property: by the newest preference for any listing.

    A person has one preference for a property, unless listings were merged into it later: then the newest one counts.
    The call is one statement if nobody discarded any of these properties.
    """
    if not (some := {(row[0], row[1]) for row in await _DISCARDED.run(connection, as_rows(sorted(properties)))}):
        return {}
    newest = {(row[0], row[1]): row[2] for row in await _SAID.run(connection, sorted(some))}
    found: dict[UUID, list[int]] = {}
    for (property_id, person), preference in newest.items():
        if preference == DISCARD:
            found.setdefault(property_id, []).append(person)
    return found

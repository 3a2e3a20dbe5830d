"""Reads listings on the market, and recent changes, for previews of searches."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Integer, Select, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.database import table_of, time_type
from property_alert_notification.homes.listings.models import Listing, ListingChange, ListingVersion
from property_alert_notification.homes.properties.models import Property
from property_alert_notification.homes.reso.words import StandardStatus

_listings, _versions, _changes = table_of(Listing), table_of(ListingVersion), table_of(ListingChange)
_properties = table_of(Property)
_limit = bindparam("limit", type_=Integer)

ON_MARKET = (
    StandardStatus.ACTIVE,
    StandardStatus.ACTIVE_UNDER_CONTRACT,
    StandardStatus.COMING_SOON,
    StandardStatus.HOLD,
    StandardStatus.PENDING,
)
"""In these a listing may still be had."""
is_on_market = _listings.c.status.in_([status.value for status in ON_MARKET])
"""The condition that a listing may still be had."""
_COUNT = select(func.count()).select_from(_listings).where(is_on_market)
_newest = (
    select(_listings.c.id, _listings.c.modified_at, _listings.c.property_id)
    .where(is_on_market)
    .order_by(_listings.c.modified_at.desc())
    .limit(_limit)
)
_numbered = (
    select(
        _listings.c.id,
        _listings.c.modified_at,
        _listings.c.property_id,
        func.row_number().over().label("number"),
    )
    .where(is_on_market)
    .subquery("numbered")
)
_every = (
    select(_numbered.c.id, _numbered.c.modified_at, _numbered.c.property_id)
    .where(_numbered.c.number % bindparam("step", type_=Integer) == 0)
    .limit(_limit)
)


def _records(chosen: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    # Listings are chosen before their records are looked up: PostgreSQL would look up all, and sort them.
    wanted = chosen.subquery("wanted")
    home = func.coalesce(_properties.c.merged_into, wanted.c.property_id, wanted.c.id, type_=_listings.c.id.type)
    return (
        select(home, _versions.c.record)
        .select_from(wanted)
        .join(
            _versions,
            (_versions.c.listing_id == wanted.c.id) & (_versions.c.modified_at == wanted.c.modified_at),
        )
        .outerjoin(_properties, _properties.c.id == wanted.c.property_id)
        .order_by(wanted.c.modified_at.desc())
    )


_NEWEST, _EVERY = _records(_newest), _records(_every)


class MarketRecord(NamedTuple):
    """The newest record of a listing on the market."""

    home: UUID
    """Of all listings of one home the same."""
    record: str


async def on_market(connection: AsyncConnection, *, limit: int) -> tuple[int, Sequence[MarketRecord]]:
    """How many listings are on the market, and the newest records of up to `limit` of them, the newest first."""
    total = int((await connection.execute(_COUNT)).scalar_one())
    return total, [MarketRecord(*row) for row in await connection.execute(_NEWEST, {"limit": limit})]


async def sample_of_market(connection: AsyncConnection, *, limit: int) -> tuple[int, Sequence[MarketRecord]]:
    """How many listings are on the market, and the newest records of up to `limit` of them.

    Of more listings it is every second, third or further one, in the order in which they became known. The newest
    alone may differ from all others: a feed that was just added may bring one town.
    """
    total = int((await connection.execute(_COUNT)).scalar_one())
    values = {"limit": limit, "step": max(-(-total // limit), 1)}
    return total, [MarketRecord(*row) for row in await connection.execute(_EVERY, values)]


class RecentChange(NamedTuple):
    """A change of a listing, and the record that it led to."""

    modified_at: datetime
    facts: str
    record: str


_since = bindparam("since", type_=time_type())
_LAST = (
    select(_listings.c.modified_at)
    .where(_listings.c.modified_at.is_not(None))
    .order_by(_listings.c.modified_at.desc())
    .limit(1)
)
# The newest changes are those of the listings with the newest records, which have an index: of more than `limit` of
# them all changes since the record of the last one. So the changes of a period need no index, which every record would
# pay for.
_newest_listings = (
    select(_listings.c.id, _listings.c.modified_at)
    .where(_listings.c.modified_at > _since)
    .order_by(_listings.c.modified_at.desc())
)
_LISTINGS = _newest_listings.limit(_limit).subquery("newest_listings")
_last_of_them = (
    _newest_listings.with_only_columns(_listings.c.modified_at).offset(bindparam("skipped", type_=Integer)).limit(1)
)
_START = func.coalesce(_last_of_them.scalar_subquery(), _since, type_=time_type())
# They are chosen before their records are looked up: a store has many more changes than these.
_NEWEST_CHANGES = (
    select(_changes.c.listing_id, _changes.c.modified_at, _changes.c.facts)
    .join(_LISTINGS, _LISTINGS.c.id == _changes.c.listing_id)
    .where(_changes.c.modified_at >= _START, _changes.c.superseded_at.is_(None))
    .order_by(_changes.c.modified_at.desc())
    .limit(_limit)
    .subquery("newest")
)
_RECENT = (
    select(_NEWEST_CHANGES.c.modified_at, _NEWEST_CHANGES.c.facts, _versions.c.record)
    .join(
        _versions,
        (_versions.c.listing_id == _NEWEST_CHANGES.c.listing_id)
        & (_versions.c.modified_at == _NEWEST_CHANGES.c.modified_at),
    )
    .order_by(_NEWEST_CHANGES.c.modified_at.desc())
)


async def recent_changes(connection: AsyncConnection, *, within: timedelta, limit: int) -> list[RecentChange]:
    """Up to `limit` changes from this time before the newest record, by the clock of the feeds, the newest first."""
    last = (await connection.execute(_LAST)).scalar_one_or_none()
    if last is None:
        return []
    found = await connection.execute(_RECENT, {"since": last - within, "limit": limit, "skipped": limit - 1})
    return [RecentChange(*row) for row in found]

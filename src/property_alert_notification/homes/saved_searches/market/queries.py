"""Reads listings on the market, and recent changes, for previews of searches."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Integer, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.database import table_of, time_type
from property_alert_notification.homes.listings.models import Listing, ListingChange, ListingVersion
from property_alert_notification.homes.properties.queries import HOME, WITH_HOME
from property_alert_notification.homes.reso.words import StandardStatus

_listings, _versions, _changes = table_of(Listing), table_of(ListingVersion), table_of(ListingChange)
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
_RECORDS = (
    select(func.coalesce(HOME, _listings.c.id, type_=_listings.c.id.type), _versions.c.record)
    .select_from(WITH_HOME)
    .join(
        _versions,
        (_listings.c.id == _versions.c.listing_id) & (_listings.c.modified_at == _versions.c.modified_at),
    )
    .where(is_on_market)
    .order_by(_listings.c.modified_at.desc())
    .limit(_limit)
)


class MarketRecord(NamedTuple):
    """The newest record of a listing on the market."""

    home: UUID
    """Of all listings of one home the same."""
    record: str


async def on_market(connection: AsyncConnection, *, limit: int) -> tuple[int, Sequence[MarketRecord]]:
    """How many listings are on the market, and the newest records of up to `limit` of them, the newest first."""
    total = int((await connection.execute(_COUNT)).scalar_one())
    return total, [MarketRecord(*row) for row in await connection.execute(_RECORDS, {"limit": limit})]


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

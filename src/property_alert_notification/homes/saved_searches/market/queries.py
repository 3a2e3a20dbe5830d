"""Reads listings on the market, and recent changes, for previews of searches."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Integer, Select, Text, bindparam, cast, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.database import table_of, time_type
from property_alert_notification.homes.listings.models import Listing, ListingChange, ListingVersion
from property_alert_notification.homes.listings.versions.queries import is_after, is_newest
from property_alert_notification.homes.properties.models import Property
from property_alert_notification.homes.reso.words import StandardStatus

_listings, _versions, _changes = table_of(Listing), table_of(ListingVersion), table_of(ListingChange)
_properties = table_of(Property)
_limit, _step = bindparam("limit", type_=Integer), bindparam("step", type_=Integer)

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
_merged = (
    select(_properties.c.id, _properties.c.merged_into).where(_properties.c.merged_into.is_not(None)).subquery("merged")
)
_listed = (
    select(
        _listings.c.modified_at,
        _listings.c.id,
        func.coalesce(_merged.c.merged_into, _listings.c.property_id, _listings.c.id).label("home"),
    )
    .select_from(_listings.outerjoin(_merged, _merged.c.id == _listings.c.property_id))
    .where(is_on_market)
    .limit(_limit)
)


def _keys(listed: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    one = listed.subquery("listed").c
    # Most homes have one listing, and its id.
    home = func.coalesce(cast(func.nullif(one.home, one.id), Text), "")
    return select(
        func.aggregate_strings(cast(one.modified_at, Text) + "|" + cast(one.id, Text) + "|" + home, separator="\n")
    )


_SOME_KEYS = _keys(_listed)
_NEWEST_KEYS = _keys(_listed.order_by(_listings.c.modified_at.desc()))


async def keys_on_market(connection: AsyncConnection, *, most: int) -> tuple[int, str]:
    """How many listings are on the market, and the keys of up to `most` of them, the newest ones: one in a line.

    A key has the time of the newest record, the id of the listing, and the id of the home if it is another one. A row
    for each of 100,000 listings would take ten times as long, and stop all other calls meanwhile.
    """
    keys = (await connection.execute(_SOME_KEYS, {"limit": most + 1})).scalar_one() or ""
    if keys.count("\n") < most:
        return len(keys.splitlines()), keys
    total = int((await connection.execute(_COUNT)).scalar_one())
    return total, (await connection.execute(_NEWEST_KEYS, {"limit": most})).scalar_one() or ""


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
# The listings are chosen before their records are looked up: PostgreSQL would look up all.
_sample = (
    select(_numbered.c.id, _numbered.c.modified_at, _numbered.c.property_id)
    .where((_numbered.c.number - 1) % _step == 0)
    .limit(_limit)
    .subquery("sample")
)
_SAMPLE = (
    select(
        func.coalesce(_properties.c.merged_into, _sample.c.property_id, _sample.c.id, type_=_listings.c.id.type),
        _versions.c.record,
    )
    .select_from(_sample)
    .join(_versions, is_newest(_versions, _sample))
    .outerjoin(_properties, _properties.c.id == _sample.c.property_id)
)


class MarketRecord(NamedTuple):
    """The newest record of a listing on the market."""

    home: UUID
    """Of all listings of one home the same."""
    record: str


async def sample_of_market(connection: AsyncConnection, *, limit: int) -> tuple[int, Sequence[MarketRecord]]:
    """How many listings are on the market, and the newest records of up to `limit` of them.

    Of more listings it is every second, third or further one, in the order in which they became known. The newest
    alone may differ from all others: a feed that was just added may bring one town.
    """
    total = int((await connection.execute(_COUNT)).scalar_one())
    values = {"limit": limit, "step": max(-(-total // limit), 1)}
    return total, [MarketRecord(*row) for row in await connection.execute(_SAMPLE, values)]


class RecentChange(NamedTuple):
    """A change of a listing, and the record that it led to."""

    modified_at: datetime
    facts: str
    record: str


class RecentChanges(NamedTuple):
    """Changes of some of the listings that changed in a period."""

    changes: Sequence[RecentChange]
    scale: float
    """How many changes each of these stands for."""
    first: datetime | None = None
    """The oldest of the newest records of all these listings: the few that were read may begin much later."""


_since = bindparam("since", type_=time_type())
_LAST = (
    select(_listings.c.modified_at)
    .where(_listings.c.modified_at.is_not(None))
    .order_by(_listings.c.modified_at.desc())
    .limit(1)
)
# The changes of a period are those of the listings with a record in it, which have an index. So the changes need none,
# which every record would pay for.
_CHANGED = select(func.count(), func.min(_listings.c.modified_at)).where(_listings.c.modified_at > _since)
_changed = (
    select(_listings.c.id, func.row_number().over().label("number"))
    .where(_listings.c.modified_at > _since)
    .subquery("changed")
)
_some_changed = select(_changed.c.id).where((_changed.c.number - 1) % _step == 0).limit(_limit).subquery("some_changed")
_RECENT = (
    select(_changes.c.modified_at, _changes.c.facts, _versions.c.record)
    .select_from(_some_changed)
    .join(_changes, _changes.c.listing_id == _some_changed.c.id)
    .join(_versions, is_after(_versions, _changes))
    .where(_changes.c.modified_at > _since, _changes.c.superseded_at.is_(None))
)


async def recent_changes(connection: AsyncConnection, *, within: timedelta, limit: int) -> RecentChanges:
    """The changes from this time before the newest record, by the clock of the feeds, of up to `limit` listings.

    Of more listings it is every second, third or further one. The newest changes alone may all be of one night.
    """
    last = (await connection.execute(_LAST)).scalar_one_or_none()
    if last is None:
        return RecentChanges([], 1.0)
    since = last - within
    total, first = (await connection.execute(_CHANGED, {"since": since})).one()
    step = max(-(-total // limit), 1)
    found = await connection.execute(_RECENT, {"since": since, "step": step, "limit": limit})
    return RecentChanges([RecentChange(*row) for row in found], total / -(-total // step), first)

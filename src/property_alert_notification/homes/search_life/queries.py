"""Every statement about the first alerts and the checks of saved searches."""

from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from datetime import datetime
from typing import NamedTuple, TypeAlias
from uuid import UUID

from sqlalchemy import BigInteger, bindparam, func, select, text, update

# Its words for conflicts are SQLite's too.
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.database import (
    BatchStatement,
    Database,
    DueRows,
    as_rows,
    columns_of,
    table_of,
    time_type,
    true_of_many,
)
from property_alert_notification.homes.listings.models import Listing, ListingChange, ListingPosition, ListingVersion
from property_alert_notification.homes.listings.versions.queries import is_after, is_before, is_newest
from property_alert_notification.homes.properties.models import Property
from property_alert_notification.homes.properties.queries import HOME, WITH_HOME
from property_alert_notification.homes.saved_searches.market.queries import is_on_market
from property_alert_notification.homes.saved_searches.models import (
    HAS_FIRST_ALERT,
    IS_CHECKED,
    SavedSearch,
    SavedSearchVersion,
)

_searches, _listings, _versions = table_of(SavedSearch), table_of(Listing), table_of(ListingVersion)
_search_versions, _changes = table_of(SavedSearchVersion), table_of(ListingChange)
_positions = table_of(ListingPosition)

due = DueRows(SavedSearch, "first_alert_at", text(HAS_FIRST_ALERT))
"""Searches whose first alert is due."""


class FirstSearch(NamedTuple):
    """A search whose first alert is due, in its current version."""

    id: UUID
    number: int
    version: int
    person: int
    user_id: int
    expression: str
    from_sequence: int
    """It sees the changes above this number; `UNKNOWN` if its version is missing."""


UNKNOWN = -1
"""No number of a change."""


_FIRST = BatchStatement(
    columns_of(_searches, "id"),
    lambda wanted: (
        select(
            *(_searches.c[name] for name in FirstSearch._fields[:-1]),
            func.coalesce(_search_versions.c.from_sequence, UNKNOWN),
        )
        .join(wanted, wanted.c.id == _searches.c.id)
        .outerjoin(
            _search_versions,
            (_search_versions.c.search_number == _searches.c.number)
            & (_search_versions.c.version == _searches.c.version),
        )
        .where(_searches.c.active.is_(True))
    ),
)


async def first_searches(connection: AsyncConnection, searches: Collection[UUID]) -> list[FirstSearch]:
    """Those of these searches that are active."""
    return [FirstSearch(*row) for row in await _FIRST.run(connection, as_rows(searches))]


class MarketListing(NamedTuple):
    """A listing on the market. There may be a million."""

    id: UUID
    property_id: UUID
    """Of its home."""
    is_shared: bool
    """Whether its home has several listings."""
    waits: bool
    """Whether a change of its home waits to be numbered."""
    record: str
    """The newest."""


AT_ONCE = 1_000
"""Listings of one statement."""

_home = table_of(Property).alias("home")
_PAGE = (
    select(
        _listings.c.id, HOME, func.coalesce(_home.c.listings, 1) > 1, _home.c.due_at.is_not(None), _versions.c.record
    )
    .select_from(WITH_HOME)
    .join(_versions, is_newest(_versions, _listings))
    .outerjoin(_home, _home.c.id == HOME)
    .where(is_on_market, _listings.c.id > bindparam("after", type_=_listings.c.id.type))
    .order_by(_listings.c.id)
    .limit(AT_ONCE)
)


async def listings_on_market(database: Database) -> AsyncIterator[Sequence[MarketListing]]:
    """All listings on the market, some at a time, each part in a transaction of its own."""
    after = UUID(int=0)
    while True:
        async with database.reading() as connection:
            rows = [MarketListing(*row) for row in await connection.execute(_PAGE, {"after": after})]
        if rows:
            yield rows
        if len(rows) < AT_ONCE:
            return
        after = rows[-1].id


class NumberedState(NamedTuple):
    """What a numbered change made of a listing."""

    sequence: int
    before: str | None
    """The record before; None if the listing was not known."""
    after: str


NumberedStates: TypeAlias = Sequence[NumberedState]
"""In the order of their numbers."""

_before = _versions.alias("before")
_STATES = BatchStatement(
    {"listing_id": _listings.c.id.type, "above": BigInteger()},
    lambda wanted: (
        select(_changes.c.listing_id, _changes.c.sequence, _before.c.record, _versions.c.record)
        .join(wanted, (wanted.c.listing_id == _changes.c.listing_id) & (_changes.c.sequence > wanted.c.above))
        .join(_versions, is_after(_versions, _changes))
        .outerjoin(_before, is_before(_before, _changes))
        .order_by(_changes.c.sequence)
    ),
)


async def states_since(
    connection: AsyncConnection, listings: Iterable[MarketListing], sequence: int
) -> dict[UUID, list[NumberedState]]:
    """The numbered changes of listings above a number, and all of those of which a change waits to be numbered."""
    found: dict[UUID, list[NumberedState]] = {}
    if rows := [(one.id, -1 if one.waits else sequence) for one in listings]:
        for listing, *state in await _STATES.run(connection, rows):
            found.setdefault(listing, []).append(NumberedState(*state))
    return found


_PUT_OFF = BatchStatement(
    columns_of(_searches, "id"),
    lambda late: (
        update(_searches)
        .where(_searches.c.id.in_(select(late.c.id)), true_of_many(_searches.c.first_alert_at.is_not(None)))
        .values(first_alert_at=bindparam("at", type_=time_type()))
    ),
)


async def put_off_first_alerts(connection: AsyncConnection, searches: Collection[UUID], *, at: datetime) -> None:
    """Let the first alerts of these searches be due later."""
    if searches:
        await _PUT_OFF.run(connection, as_rows(sorted(searches)), at=at)


_DONE = BatchStatement(
    columns_of(_searches, "id"),
    lambda done: update(_searches).where(_searches.c.id.in_(select(done.c.id))).values(first_alert_at=None),
)


async def end_first_alerts(connection: AsyncConnection, searches: Collection[UUID]) -> None:
    """Record that the first alerts of these searches were made."""
    if searches:
        await _DONE.run(connection, as_rows(sorted(searches)))


checks = DueRows(SavedSearch, "check_at", text(IS_CHECKED))
"""Searches that are to be looked at."""


_CHECK_AT = BatchStatement(
    columns_of(_searches, "id", "check_at", "unseen_since"),
    lambda new: (
        update(_searches)
        .where(_searches.c.id == new.c.id)
        .values(check_at=new.c.check_at, unseen_since=new.c.unseen_since)
    ),
)


class Checked(NamedTuple):
    """A search of which its user is told nothing now."""

    id: UUID
    check_at: datetime | None
    """When it is looked at again; None for no more."""
    unseen_since: datetime | None


async def store_checked(connection: AsyncConnection, searches: Iterable[Checked]) -> None:
    """Record the checks of searches of which nothing is told."""
    if rows := sorted(searches, key=lambda one: one.id):
        await _CHECK_AT.run(connection, rows)


NOTED = "match_log_read"
"""The name of the number up to which the match log was read."""


_NOTED = select(_positions.c.last).where(_positions.c.name == NOTED)


async def noted_until(connection: AsyncConnection) -> int:
    """The number up to which the match log was read."""
    return int((await connection.execute(_NOTED)).scalar_one_or_none() or 0)


_NEW_POSITION = insert(_positions).values(name=NOTED, last=bindparam("last", type_=BigInteger))
_SET_NOTED = _NEW_POSITION.on_conflict_do_update(
    index_elements=["name"],
    set_={"last": _NEW_POSITION.excluded.last},
    where=_positions.c.last < _NEW_POSITION.excluded.last,
)


async def set_noted_until(connection: AsyncConnection, last: int) -> None:
    """Record how far the match log was read, unless another process has come further."""
    await connection.execute(_SET_NOTED, {"last": last})

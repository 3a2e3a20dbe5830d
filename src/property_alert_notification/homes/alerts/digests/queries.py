"""Every statement about searches that wait for a digest, and about what their digests are made of."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import BigInteger, FromClause, Integer, Update, bindparam, delete, select, true, update

# Its words for conflicts are SQLite's too.
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.base.damaged import readable
from property_alert_notification.database import (
    BatchStatement,
    among,
    as_rows,
    columns_of,
    table_of,
    time_type,
    true_of_many,
)
from property_alert_notification.homes.alerts.models import SearchDigest
from property_alert_notification.homes.listings.models import Listing, ListingVersion
from property_alert_notification.homes.listings.versions.queries import is_newest
from property_alert_notification.homes.properties.queries import HOME, WITH_HOME, is_of
from property_alert_notification.homes.saved_searches.models import SavedSearch
from property_alert_notification.homes.saved_searches.versions.queries import is_in_share
from property_alert_notification.homes.saved_searches.versions.share import Share

_digests, _searches = table_of(SearchDigest), table_of(SavedSearch)
_listings, _versions = table_of(Listing), table_of(ListingVersion)
_now = bindparam("now", type_=time_type())
_limit = bindparam("limit", type_=Integer)

_DIGEST_COLUMNS = ("search_number", "person", "sequence", "due_at")


def _add_digests(new: FromClause) -> Insert:
    wanted = insert(_digests).from_select(_DIGEST_COLUMNS, select(*new.c).where(true()), include_defaults=False)
    return wanted.on_conflict_do_update(
        index_elements=["search_number"], set_={"due_at": wanted.excluded.due_at, "closes_at": None}
    )


_ADD_DIGESTS = BatchStatement(columns_of(_digests, *_DIGEST_COLUMNS), _add_digests)


async def add_search_digests(
    connection: AsyncConnection, searches: Iterable[tuple[int, int, int]], *, now: datetime
) -> None:
    """Have these searches looked at: each with its number, its person, and the number from which its matches count."""
    if rows := [(*one, now) for one in sorted(searches)]:
        await _ADD_DIGESTS.run(connection, rows)


_LOOK_AGAIN = BatchStatement(
    columns_of(_digests, "search_number"),
    lambda wanted: (
        update(_digests)
        .where(_digests.c.search_number.in_(select(wanted.c.search_number)))
        .values(due_at=_now, closes_at=None)
    ),
)


async def look_again(connection: AsyncConnection, searches: Collection[int], *, now: datetime) -> None:
    """Have those of these searches looked at that wait for a digest."""
    if searches:
        await _LOOK_AGAIN.run(connection, as_rows(sorted(searches)), now=now)


def _look_again_of(users: FromClause) -> Update:
    theirs = select(_searches.c.number).where(_searches.c.user_id.in_(select(users.c.user_id)))
    # A digest that was missed is made soon, whatever its user changes.
    waiting = (_digests.c.search_number.in_(theirs), true_of_many(_digests.c.closes_at > _now))
    # In one order everywhere, or two transactions deadlock.
    locked = select(_digests.c.search_number).where(*waiting).order_by(_digests.c.search_number)
    return (
        update(_digests).where(among(_digests.c.search_number, locked, wait=True)).values(due_at=_now, closes_at=None)
    )


_LOOK_AGAIN_OF = BatchStatement(columns_of(_searches, "user_id"), _look_again_of)


async def look_again_of(connection: AsyncConnection, users: Collection[int], *, now: datetime) -> None:
    """Have the searches of these users looked at that wait for a digest: it may be made at another time now."""
    if users:
        await _LOOK_AGAIN_OF.run(connection, as_rows(sorted(users)), now=now)


class DueSearch(NamedTuple):
    """A search that waits for a digest, and is due to be looked at."""

    number: int
    sequence: int
    """Its matches up to this number are submitted."""
    closes_at: datetime | None
    """When its digest is made; None if that is to be computed."""


_SELECT_DUE = select(
    _digests.c.search_number, _digests.c.sequence, _digests.c.closes_at, _digests.c.due_at, _digests.c.person
)
_DUE = (
    _SELECT_DUE.where(_digests.c.due_at <= _now, is_in_share(_digests.c.person))
    # Searches of one person are due at the same moment, and are processed together.
    .order_by(_digests.c.due_at, _digests.c.person, _digests.c.search_number)
    .limit(_limit)
)
_OTHERS_DUE = _SELECT_DUE.where(
    _digests.c.due_at == bindparam("due_at", type_=time_type()),
    true_of_many(_digests.c.person == bindparam("person", type_=BigInteger)),
    true_of_many(_digests.c.search_number > bindparam("above", type_=BigInteger)),
).order_by(_digests.c.search_number)


async def due_searches(connection: AsyncConnection, share: Share, *, now: datetime, limit: int) -> list[DueSearch]:
    """Up to `limit` searches of people of `share` that are due, and the others of the last person."""
    values = {"now": now, "limit": limit, **share._asdict()}
    found = list(await connection.execute(_DUE, values))
    if len(found) == limit:
        above, *_, due_at, person = found[-1]
        found += await connection.execute(_OTHERS_DUE, {"due_at": due_at, "person": person, "above": above})
    return [DueSearch(*row[:3]) for row in found]


_LOCK = BatchStatement(
    columns_of(_digests, "search_number"),
    lambda wanted: (
        select(_digests.c.search_number)
        .where(_digests.c.search_number.in_(select(wanted.c.search_number)))
        # In one order everywhere, or two transactions deadlock.
        .order_by(_digests.c.search_number)
        .with_for_update()
    ),
)


async def lock(connection: AsyncConnection, searches: Collection[int]) -> None:
    """Lock what these searches wait for: until the end of the transaction no call has them looked at again."""
    if searches:
        await _LOCK.run(connection, as_rows(sorted(searches)))


class NextDigest(NamedTuple):
    """The next digest of a search."""

    search_number: int
    sequence: int
    due_at: datetime
    closes_at: datetime | None


_WAIT_FOR = BatchStatement(
    columns_of(_digests, *NextDigest._fields),
    lambda new: (
        update(_digests)
        .where(_digests.c.search_number == new.c.search_number)
        .values({name: new.c[name] for name in NextDigest._fields[1:]})
    ),
)


async def wait_for(connection: AsyncConnection, digests: Sequence[NextDigest]) -> None:
    """Store when the next digests of searches are."""
    if digests:
        await _WAIT_FOR.run(connection, digests)


async def postpone(connection: AsyncConnection, search: int, *, until: datetime) -> None:
    """Look at a search no sooner than this."""
    wanted = update(_digests).where(_digests.c.search_number == search).values(due_at=until)
    await connection.execute(wanted)


_FORGET = BatchStatement(
    columns_of(_digests, "search_number"),
    lambda gone: delete(_digests).where(_digests.c.search_number.in_(select(gone.c.search_number))),
)


async def forget(connection: AsyncConnection, searches: Collection[int]) -> None:
    """Let these searches wait for no digest any more."""
    if searches:
        await _FORGET.run(connection, as_rows(searches))


def _read_record(row: Sequence[Any]) -> tuple[UUID, Mapping[str, Any]]:
    return row[0], dict(json.loads(row[1]))


_OF_HOMES = BatchStatement(
    {"id": _listings.c.property_id.type},
    lambda homes: (
        select(HOME, _listings.c.id, _versions.c.record)
        .select_from(WITH_HOME)
        .join(_versions, is_newest(_versions, _listings))
        .where(is_of(homes))
    ),
)


async def listings_of(
    connection: AsyncConnection, homes: Collection[UUID]
) -> dict[UUID, dict[UUID, Mapping[str, Any]]]:
    """The fields of the listings of these homes as they are now, by home and listing; damaged ones are left out."""
    found: dict[UUID, dict[UUID, Mapping[str, Any]]] = {}
    rows = [*await _OF_HOMES.run(connection, as_rows(sorted(homes)))] if homes else []
    homes_of = {row[1]: row[0] for row in rows}
    for id_, fields in readable([row[1:] for row in rows], _read_record, "listing.unreadable", lambda row: row[0]):
        found.setdefault(homes_of[id_], {})[id_] = fields
    return found

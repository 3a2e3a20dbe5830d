"""Every statement of the calls about saved searches."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Integer, bindparam, delete, func, select, text, tuple_, update

# Its words for conflicts are SQLite's too.
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.api.paging import LAST_ID
from property_alert_notification.database import BatchStatement, columns_of, table_of, time_type, true_of_many
from property_alert_notification.homes.listings.queries import take_numbers
from property_alert_notification.homes.saved_searches.models import (
    HAS_ENDED,
    SavedSearch,
    SavedSearchVersion,
    SearchPerson,
)

_searches, _versions, _people = table_of(SavedSearch), table_of(SavedSearchVersion), table_of(SearchPerson)
_user = bindparam("user_id", type_=BigInteger)
_number = bindparam("number", type_=BigInteger)

SEARCHES, PEOPLE = "saved_searches", "search_people"
"""The names of the numbers of searches and of people."""

_PERSON = select(_people.c.number).where(_people.c.user_id == _user).with_for_update()
_ADD_PERSON = insert(_people).values(number=_number, user_id=_user)
_ADD_OR_LOCK_PERSON = _ADD_PERSON.on_conflict_do_update(
    index_elements=["user_id"], set_={"user_id": _ADD_PERSON.excluded.user_id}
).returning(_people.c.number)


async def lock_person(connection: AsyncConnection, user_id: int) -> int:
    """The number of a user, who gets one if necessary; locked, so that no other transaction adds a search."""
    if (number := await find_person(connection, user_id)) is not None:
        return number
    new = await take_numbers(connection, 1, name=PEOPLE)
    added = await connection.execute(_ADD_OR_LOCK_PERSON, {"number": new, "user_id": user_id})
    return int(added.scalar_one())


async def find_person(connection: AsyncConnection, user_id: int) -> int | None:
    """The number of a user, locked; None if the user never had a search."""
    return (await connection.execute(_PERSON, {"user_id": user_id})).scalar_one_or_none()


_COUNT = select(func.count()).where(_searches.c.user_id == _user)


async def count(connection: AsyncConnection, user_id: int) -> int:
    """How many searches a user has."""
    return int((await connection.execute(_COUNT, {"user_id": user_id})).scalar_one())


_ADD = insert(_searches)


async def add(connection: AsyncConnection, search: SavedSearch) -> None:
    """Store a new search."""
    await connection.execute(_ADD, search.model_dump())


_FIND = select(_searches).where(
    _searches.c.id == bindparam("key", type_=_searches.c.id.type), _searches.c.user_id == _user
)
_LOCK = _FIND.with_for_update()


async def find(connection: AsyncConnection, user_id: int, key: UUID, *, lock: bool = False) -> SavedSearch | None:
    """One search of a user, or None; with `lock` no other transaction changes it until this one ends."""
    asked = _LOCK if lock else _FIND
    row = (await connection.execute(asked, {"key": key, "user_id": user_id})).mappings().one_or_none()
    return None if row is None else SavedSearch(**row)


async def page(
    connection: AsyncConnection, user_id: int, *, active: bool | None = None, before: UUID | None, limit: int
) -> list[SavedSearch]:
    """Up to `limit` searches of a user, the newest first; with `before` only those below that id."""
    asked = select(_searches).where(_searches.c.user_id == user_id, _searches.c.id < (before or LAST_ID))
    if active is not None:
        asked = asked.where(_searches.c.active.is_(active))
    found = await connection.execute(asked.order_by(_searches.c.id.desc()).limit(limit))
    return [SavedSearch(**row) for row in found.mappings()]


async def replace(connection: AsyncConnection, search: SavedSearch) -> None:
    """Store a changed search, which is locked."""
    values = search.model_dump(exclude={"id"})
    await connection.execute(update(_searches).where(_searches.c.id == search.id).values(values))


async def remove(connection: AsyncConnection, search: SavedSearch) -> None:
    """Delete a search; its versions stay."""
    await connection.execute(delete(_searches).where(_searches.c.id == search.id))


_END = (
    update(_versions)
    .where(_versions.c.search_number == bindparam("search", type_=BigInteger), _versions.c.until_sequence.is_(None))
    .values(until_sequence=_number, until_at=bindparam("now", type_=time_type()))
)
_ADD_VERSION = insert(_versions)


async def begin_version(connection: AsyncConnection, search: SavedSearch, *, is_new: bool = False) -> int:
    """Let the current version of an active search begin, and the one before it end; returns the number of the edit.

    Until the transaction ends no other one takes numbers, so this is its last step.
    """
    number = await take_numbers(connection, 1)
    if not is_new:
        await connection.execute(_END, {"search": search.number, "number": number, "now": search.changed_at})
    version = SavedSearchVersion(
        search_number=search.number,
        version=search.version,
        person=search.person,
        user_id=search.user_id,
        from_sequence=number,
        from_at=search.changed_at,
        query_type=search.query_type,
        query=search.query,
        expression=search.expression,
        schedule_type=search.schedule_type,
        change_types=search.change_types,
    )
    await connection.execute(_ADD_VERSION, version.model_dump())
    return number


async def end_version(connection: AsyncConnection, search: SavedSearch, *, now: datetime) -> None:
    """Let the current version of a search end, without another one."""
    number = await take_numbers(connection, 1)
    await connection.execute(_END, {"search": search.number, "number": number, "now": now})


_OPEN_OF_USER = (
    select(_versions.c.search_number)
    .where(_versions.c.user_id == _user, _versions.c.until_sequence.is_(None))
    .order_by(_versions.c.search_number)
)
_LOCK_ALL = select(_searches.c.id).where(_searches.c.user_id == _user).order_by(_searches.c.number).with_for_update()
_END_THESE = BatchStatement(
    columns_of(_versions, "search_number", "until_sequence"),
    lambda ended: (
        update(_versions)
        .where(_versions.c.search_number == ended.c.search_number, true_of_many(_versions.c.until_sequence.is_(None)))
        .values(until_sequence=ended.c.until_sequence, until_at=bindparam("now", type_=time_type()))
    ),
)


async def end_all(connection: AsyncConnection, user_id: int, *, now: datetime) -> int:
    """Let the versions of all searches of a user end, before the user is erased; returns how many."""
    # In the order of all transactions: the person, the searches, the numbers, the versions.
    if await find_person(connection, user_id) is None:
        return 0
    await connection.execute(_LOCK_ALL, {"user_id": user_id})
    searches = (await connection.execute(_OPEN_OF_USER, {"user_id": user_id})).scalars().all()
    if searches:
        first = await take_numbers(connection, len(searches))
        await _END_THESE.run(connection, [(one, first + place) for place, one in enumerate(searches)], now=now)
    return len(searches)


async def take_search_number(connection: AsyncConnection) -> int:
    """The number of a new search."""
    return await take_numbers(connection, 1, name=SEARCHES)


_OLD = (
    select(_versions.c.search_number, _versions.c.version)
    .where(text(HAS_ENDED), _versions.c.until_at < bindparam("until", type_=time_type()))
    .order_by(_versions.c.until_at)
    .limit(bindparam("limit", type_=Integer))
    .with_for_update(skip_locked=True)
)
_REMOVE = BatchStatement(
    columns_of(_versions, "search_number", "version"),
    lambda old: delete(_versions).where(
        # For the pair alone SQLite would read the whole table.
        _versions.c.search_number.in_(select(old.c.search_number)),
        true_of_many(
            tuple_(_versions.c.search_number, _versions.c.version).in_(select(old.c.search_number, old.c.version))
        ),
    ),
)


async def remove_old(connection: AsyncConnection, *, until: datetime, limit: int) -> int:
    """Delete up to `limit` versions that ended before `until`; returns how many."""
    old = (await connection.execute(_OLD, {"until": until, "limit": limit})).all()
    if old:
        await _REMOVE.run(connection, [tuple(row) for row in old])
    return len(old)

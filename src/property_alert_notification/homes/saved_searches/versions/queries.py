"""Reads the versions of saved searches: all of one moment and the edits that follow, and those of some searches."""

from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Integer,
    Select,
    bindparam,
    cast,
    literal,
    null,
    or_,
    select,
    union_all,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.database import BatchStatement, as_rows, columns_of, plain_rows, table_of, true_of_many
from property_alert_notification.homes.saved_searches.models import SavedSearch, SavedSearchVersion, SearchPerson
from property_alert_notification.homes.saved_searches.versions.share import EVERYONE, Share

_searches, _people = table_of(SavedSearch), table_of(SearchPerson)
_versions = table_of(SavedSearchVersion)
_after = bindparam("after", type_=BigInteger)
_limit = bindparam("limit", type_=Integer)

AT_ONCE = 5_000
"""Versions of one statement."""


_PARTS: Final = bindparam("parts", type_=BigInteger)


def is_in_share(person: Column[Any]) -> ColumnElement[bool]:
    """Whether a person belongs to the `Share` whose fields are parameters of the statement."""
    return person % _PARTS == bindparam("part", type_=BigInteger)


class CurrentVersion(NamedTuple):
    """A version of a search, as the matcher uses it. There may be a million, and a model of each would take longer."""

    number: int
    """Of the search."""
    version: int
    person: int
    expression: str
    """The compiled query, as `criteria` writes it."""
    schedule_type: str
    change_types: str
    from_sequence: int
    packed: Any = None
    """The packed form of the expression, as far as it was read: bytes, unless the row is damaged."""


_as_version: Final[Callable[[Sequence[Any]], CurrentVersion]] = partial(tuple.__new__, CurrentVersion)
"""What `_make` does, without Python's own code for each row."""


class SearchEdit(NamedTuple):
    """What an edit made of a search."""

    sequence: int
    """Its number in the order of commits, which it shares with the changes of listings."""
    number: int
    """Of the search."""
    version: CurrentVersion | None
    """What it looks for from then on; None if it looks for nothing any more."""


_IS_OURS = is_in_share(_versions.c.person)
_READ = [
    _versions.c.search_number,
    _versions.c.version,
    _versions.c.person,
    _versions.c.expression,
    _versions.c.schedule_type,
    _versions.c.change_types,
    _versions.c.from_sequence,
]
# An erased version is empty. It looked for nothing, whoever it was.
_IS_READABLE = _versions.c.expression != ""
_AT = (
    select(*_READ, _versions.c.packed)
    .where(
        _versions.c.search_number > bindparam("above", type_=BigInteger),
        _versions.c.from_sequence <= bindparam("sequence", type_=BigInteger),
        or_(_versions.c.until_sequence.is_(None), _versions.c.until_sequence > bindparam("sequence", type_=BigInteger)),
        _IS_READABLE,
        _IS_OURS,
    )
    .order_by(_versions.c.search_number)
    .limit(_limit)
)


async def versions_at(
    connection: AsyncConnection, sequence: int, share: Share = EVERYONE
) -> AsyncIterator[list[CurrentVersion]]:
    """The versions that applied after the change with this number, some thousands at a time, in the order of searches.

    Only those of people of `share`. At most one version of a search applies at a time.
    """
    above = -1
    while True:
        found = await connection.execute(
            _AT, {"above": above, "sequence": sequence, "limit": AT_ONCE, **share._asdict()}
        )
        rows = [*map(_as_version, plain_rows(found))]
        if rows:
            yield rows
        if len(rows) < AT_ONCE:
            return
        above = rows[-1].number


_THEN = BatchStatement(
    columns_of(_versions, "search_number"),
    lambda wanted: select(*_READ).where(
        _versions.c.search_number.in_(select(wanted.c.search_number)),
        true_of_many(
            _versions.c.from_sequence <= bindparam("sequence", type_=BigInteger),
            or_(
                _versions.c.until_sequence.is_(None),
                _versions.c.until_sequence > bindparam("sequence", type_=BigInteger),
            ),
            _IS_READABLE,
        ),
    ),
)


async def versions_then(
    connection: AsyncConnection, searches: Collection[int], sequence: int
) -> dict[int, CurrentVersion]:
    """The versions of these searches that applied after the change with this number."""
    if not searches:
        return {}
    rows = await _THEN.run(connection, as_rows(sorted(searches)), sequence=sequence)
    return {row[0]: CurrentVersion(*row) for row in rows}


_IS_CURRENT = _versions.c.until_sequence.is_(None)
_CURRENT = BatchStatement(
    columns_of(_versions, "search_number"),
    lambda wanted: select(*_READ).where(
        _versions.c.search_number.in_(select(wanted.c.search_number)),
        true_of_many(_IS_CURRENT, _IS_READABLE),
    ),
)


async def current_versions(connection: AsyncConnection, searches: Collection[int]) -> dict[int, CurrentVersion]:
    """The current versions of these searches, by their numbers; searches that are not active are left out."""
    if not searches:
        return {}
    return {row[0]: CurrentVersion(*row) for row in await _CURRENT.run(connection, as_rows(sorted(searches)))}


_later = _versions.alias("later")
_ENDING = BatchStatement(
    columns_of(_versions, "search_number"),
    lambda wanted: select(
        _versions.c.search_number,
        select(_later.c.version)
        .where(
            _later.c.search_number == _versions.c.search_number,
            true_of_many(_later.c.from_sequence == _versions.c.until_sequence),
        )
        .exists(),
    ).where(
        _versions.c.search_number.in_(select(wanted.c.search_number)),
        true_of_many(
            _versions.c.from_sequence <= bindparam("position", type_=BigInteger),
            _versions.c.until_sequence > bindparam("position", type_=BigInteger),
        ),
    ),
)


async def edited_after(connection: AsyncConnection, searches: Collection[int], *, position: int) -> dict[int, bool]:
    """Those of these searches whose version at this position has ended since, each with whether another replaced it."""
    return {row[0]: row[1] for row in await _ENDING.run(connection, as_rows(sorted(searches)), position=position)}


_IS_ITS = (_versions.c.search_number == bindparam("of")) & (_versions.c.version == bindparam("at"))
# A version may end meanwhile, or its user be erased: nothing is stored then that says what its expression said.
_STORE_PACKED = update(_versions).where(_IS_ITS, _IS_CURRENT, _IS_READABLE).values(packed=bindparam("its"))


async def store_packed(connection: AsyncConnection, packed: Sequence[tuple[CurrentVersion, bytes]]) -> None:
    """Store the packed forms of those of these versions that are still current."""
    rows = [{"of": one.number, "at": one.version, "its": its} for one, its in packed]
    await connection.execute(_STORE_PACKED, rows)


def _edits() -> Select[*tuple[Any, ...]]:
    later = _versions.alias("later")
    is_replaced = (
        select(literal(1))
        .where(later.c.search_number == _versions.c.search_number, later.c.from_sequence == _versions.c.until_sequence)
        .exists()
    )
    begun = select(_versions.c.from_sequence.label("sequence"), *_READ).where(
        _versions.c.from_sequence > _after, _IS_OURS
    )
    ended = select(
        _versions.c.until_sequence.label("sequence"),
        _versions.c.search_number,
        *[cast(null(), column.type).label(column.name) for column in _READ[1:]],
    ).where(_versions.c.until_sequence > _after, ~is_replaced, _IS_OURS)
    some = [
        one.order_by(one.selected_columns.sequence).limit(_limit).subquery(name)
        for name, one in (("begun", begun), ("ended", ended))
    ]
    both = union_all(*(select(*one.c) for one in some)).subquery("edits")
    return select(*both.c).order_by(both.c.sequence).limit(_limit)


_EDITS = _edits()


async def versions_after(
    connection: AsyncConnection, sequence: int, limit: int, share: Share = EVERYONE
) -> list[SearchEdit]:
    """Up to `limit` edits with a greater number than this of searches of people of `share`, in their order.

    Each edit has a number of its own, so none is left out if the next call begins after the last one.
    """
    found = await connection.execute(_EDITS, {"after": sequence, "limit": limit, **share._asdict()})
    return [SearchEdit(at, number, CurrentVersion(number, *rest) if rest[2] else None) for at, number, *rest in found]


_NUMBERS = BatchStatement(
    columns_of(_people, "user_id"),
    lambda wanted: select(_people.c.user_id, _people.c.number).join(wanted, wanted.c.user_id == _people.c.user_id),
)


async def numbers_of(connection: AsyncConnection, users: Collection[int]) -> Mapping[int, int]:
    """The numbers of these users, by user; users who never had a search are left out."""
    return {row[0]: row[1] for row in await _NUMBERS.run(connection, as_rows(sorted(users)))}

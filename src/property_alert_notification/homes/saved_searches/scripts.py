"""Steps of the scripts that save and change searches: users wait for them, so they go straight to the driver."""

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import BigInteger, FromClause, Integer, Select, Update, bindparam, delete, func, select, update

# Its words for conflicts are SQLite's too.
from sqlalchemy.dialects.postgresql import insert

from property_alert_notification.base.languages import shown_locale
from property_alert_notification.database import (
    BatchStatement,
    Returned,
    Script,
    Statement,
    StatementGroup,
    columns_of,
    insert_rows,
    table_of,
    time_type,
    true_of_many,
)
from property_alert_notification.homes.listings.scripts import next_number
from property_alert_notification.homes.matching.pack import pack_readable
from property_alert_notification.homes.saved_searches.matched_days.scripts import read_day, stored_day
from property_alert_notification.homes.saved_searches.models import SavedSearch, SavedSearchVersion, SearchPerson
from property_alert_notification.people import scripts as people

_searches, _versions, _people = table_of(SavedSearch), table_of(SavedSearchVersion), table_of(SearchPerson)
_user = bindparam("user_id", type_=BigInteger)
_number = bindparam("number", type_=BigInteger)
_sequence = bindparam("sequence", type_=BigInteger)

SEARCHES, PEOPLE = "saved_searches", "search_people"
"""The names of the numbers of searches and of people."""

_PERSON = BatchStatement({}, lambda _: select(_people.c.number).where(_people.c.user_id == _user).with_for_update())
_NEW_PERSON = insert(_people).values(number=_number, user_id=_user)
_ADD_OR_LOCK_PERSON = BatchStatement(
    {},
    lambda _: _NEW_PERSON.on_conflict_do_update(
        index_elements=["user_id"], set_={"user_id": _NEW_PERSON.excluded.user_id}
    ).returning(_people.c.number),
)


def lock_person(user_id: int) -> Script[int]:
    """The number of a user, who gets one if necessary; locked, so that no other transaction adds a search."""
    number = yield from find_person(user_id)
    return (yield from _add_person(user_id)) if number is None else number


def _add_person(user_id: int) -> Script[int]:
    add_or_lock = Statement(_ADD_OR_LOCK_PERSON, (), {"number": Returned(0), "user_id": user_id})
    [[number]] = yield StatementGroup([next_number(PEOPLE), add_or_lock])
    return int(number)


def find_person(user_id: int) -> Script[int | None]:
    """The number of a user, locked; None if the user never had a search."""
    rows = yield Statement(_PERSON, (), {"user_id": user_id})
    return int(rows[0][0]) if rows else None


_LOCK_USER = BatchStatement(
    columns_of(_people, "user_id"),
    lambda wanted: select(
        *people.stored_language(wanted),
        select(_people.c.number).where(_people.c.user_id == wanted.c.user_id).with_for_update().scalar_subquery(),
    ),
    of_one=True,
)


def lock_user(user_id: int) -> Script[tuple[int, str]]:
    """What `lock_person` returns, and the language in which the user reads our words."""
    [[words, of_profile, number]] = yield Statement(_LOCK_USER, [(user_id,)])
    if number is None:
        number = yield from _add_person(user_id)
    return int(number), shown_locale(people.read_language(user_id, words, of_profile))


_NAMES = [column.name for column in _searches.c]
_NEW = [name for name in _NAMES if name != "number"]
_of_user = _searches.alias("of_user")
_HAS_ROOM = select(func.count()).where(_of_user.c.user_id == _user).scalar_subquery() < bindparam("most", type_=Integer)
_ADD = BatchStatement(
    columns_of(_searches, *_NEW),
    lambda new: (
        insert(_searches)
        .from_select([*_NEW, "number"], select(*new.c, _number).where(_HAS_ROOM), include_defaults=False)
        .returning(_searches.c.number)
    ),
    of_one=True,
)


def add(search: SavedSearch, *others: Statement, limit: int) -> Script[bool]:
    """Store a new search and its version; returns False if its user, who is locked, has as many as `limit`.

    After False nothing may be committed. `others` are done in the same step. The search gets its number. Until the
    transaction ends no other one takes numbers, so this is its last step.
    """
    version = Statement(_ADD_VERSION, [_version(search)], {"search_number": Returned(0), "sequence": Returned(1)})
    row = tuple(getattr(search, name) for name in _NEW)
    new = Statement(_ADD, [row], {"number": Returned(0), "user_id": search.user_id, "most": limit})
    added = yield StatementGroup([next_number(SEARCHES), next_number(), *others, version, new])
    if added:
        search.number = int(added[0][0])
    return bool(added)


class ShownSearch(NamedTuple):
    """A search, with what an answer about it has beside its row."""

    search: SavedSearch
    language: str
    """In which its user reads our words."""
    last_match_day: datetime | None
    """The beginning of the day on which something matched last."""


def _find(wanted: FromClause) -> Select[*tuple[Any, ...]]:
    its = (_searches.c.id == wanted.c.key) & (_searches.c.user_id == wanted.c.user_id)
    shown = (*people.stored_language(wanted), stored_day(_searches.c.number))
    return select(*shown, *_searches.c).join_from(wanted, _searches, its)


_KEYS = {"user_id": BigInteger(), "key": _searches.c.id.type}
_FIND = BatchStatement(_KEYS, _find, of_one=True)
_LOCK = BatchStatement(_KEYS, lambda wanted: _find(wanted).with_for_update(of=_searches), of_one=True)


def find(user_id: int, key: UUID, *, lock: bool = False) -> Script[ShownSearch | None]:
    """One search of a user, or None; with `lock` no other transaction changes it until this one ends."""
    rows = yield Statement(_LOCK if lock else _FIND, [(user_id, key)])
    if not rows:
        return None
    words, of_profile, digits, *values = rows[0]
    search = SavedSearch.of(**dict(zip(_NAMES, values, strict=True)))
    language = shown_locale(people.read_language(user_id, words, of_profile))
    return ShownSearch(search, language, read_day(search.number, digits))


def _update(changed: FromClause) -> Update:
    values = {name: changed.c[name] for name in _NAMES if name != "id"}
    return update(_searches).where(_searches.c.id == changed.c.id).values(values)


_REPLACE = BatchStatement(columns_of(_searches, *_NAMES), _update, of_one=True)


def replace(search: SavedSearch) -> Statement:
    """Stores a changed search, which is locked."""
    return Statement(_REPLACE, [tuple(getattr(search, name) for name in _NAMES)])


_REMOVE = BatchStatement(
    columns_of(_searches, "id"), lambda gone: delete(_searches).where(_searches.c.id.in_(select(gone.c.id)))
)


def remove(search: SavedSearch) -> Statement:
    """Deletes a search; its versions stay."""
    return Statement(_REMOVE, [(search.id,)])


_END = BatchStatement(
    columns_of(_versions, "search_number"),
    lambda ended: (
        update(_versions)
        .where(_versions.c.search_number == ended.c.search_number, true_of_many(_versions.c.until_sequence.is_(None)))
        .values(until_sequence=_sequence, until_at=bindparam("now", type_=time_type()), packed=None)
    ),
    of_one=True,
)
_VERSION = [column.name for column in _versions.c if column.name not in ("search_number", "from_sequence")]
_search_number = bindparam("search_number", type_=BigInteger)
_ADD_VERSION = BatchStatement(
    columns_of(_versions, *_VERSION),
    lambda new: insert_rows(_versions, new, {"search_number": _search_number, "from_sequence": _sequence}),
    of_one=True,
)


def _version(search: SavedSearch) -> tuple[object, ...]:
    packed = pack_readable(search.expression)
    begun = {"from_at": search.changed_at, "until_sequence": None, "until_at": None, "packed": packed}
    return tuple(begun[name] if name in begun else getattr(search, name) for name in _VERSION)


def begin_version(search: SavedSearch, *others: Statement) -> Script[None]:
    """Let the current version of an active search begin, and the one before it end; `others` are done in the same step.

    Until the transaction ends no other one takes numbers, so this is its last step.
    """
    its = {"search_number": search.number, "sequence": Returned(0)}
    begin = Statement(_ADD_VERSION, [_version(search)], its)
    yield StatementGroup([next_number(), _end(search, search.changed_at), begin, *others])


def end_version(search: SavedSearch, *others: Statement, now: datetime) -> Script[None]:
    """Let the current version of a search end, without another one; `others` are done in the same step."""
    yield StatementGroup([next_number(), _end(search, now), *others])


def _end(search: SavedSearch, now: datetime) -> Statement:
    return Statement(_END, [(search.number,)], {"sequence": Returned(0), "now": now})

"""Steps of the scripts that save and change searches: users wait for them, so they go straight to the driver."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import BigInteger, FromClause, Integer, Update, bindparam, delete, func, select, update

# Its words for conflicts are SQLite's too.
from sqlalchemy.dialects.postgresql import insert

from property_alert_notification.base.languages import shown_language
from property_alert_notification.database import (
    BatchStatement,
    Script,
    Statement,
    StatementGroup,
    columns_of,
    table_of,
    time_type,
    true_of_many,
)
from property_alert_notification.homes.listings.scripts import CHANGES, take_number_of_each, take_numbers
from property_alert_notification.homes.saved_searches.matched_days.scripts import read_day, stored_day
from property_alert_notification.homes.saved_searches.models import SavedSearch, SavedSearchVersion, SearchPerson
from property_alert_notification.people import scripts as people

_searches, _versions, _people = table_of(SavedSearch), table_of(SavedSearchVersion), table_of(SearchPerson)
_user = bindparam("user_id", type_=BigInteger)
_number = bindparam("number", type_=BigInteger)

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
    if (number := (yield from find_person(user_id))) is not None:
        return number
    new = yield from take_numbers(1, name=PEOPLE)
    [[number]] = yield Statement(_ADD_OR_LOCK_PERSON, (), {"number": new, "user_id": user_id})
    return int(number)


def find_person(user_id: int) -> Script[int | None]:
    """The number of a user, locked; None if the user never had a search."""
    rows = yield Statement(_PERSON, (), {"user_id": user_id})
    return int(rows[0][0]) if rows else None


def take_numbers_of_search() -> Script[tuple[int, int]]:
    """The number of a new search, and that of the edit that saves it.

    Until the transaction ends no other one takes numbers, so one step is left after this.
    """
    taken = yield from take_number_of_each(SEARCHES, CHANGES)
    return taken[SEARCHES], taken[CHANGES]


_NAMES = [column.name for column in _searches.c]
_of_user = _searches.alias("of_user")
_HAS_ROOM = select(func.count()).where(_of_user.c.user_id == _user).scalar_subquery() < bindparam("most", type_=Integer)
_ADD = BatchStatement(
    columns_of(_searches, *_NAMES),
    lambda new: (
        insert(_searches)
        .from_select(_NAMES, select(*new.c).where(_HAS_ROOM), include_defaults=False)
        .returning(_searches.c.number)
    ),
)


def add(search: SavedSearch, sequence: int, *, limit: int) -> Script[bool]:
    """Store a new search and its version; returns False if its user, who is locked, has as many as `limit`.

    `sequence` is the number of the edit. After False nothing may be committed.
    """
    version = Statement(_ADD_VERSION, [_version(search, sequence)])
    new = Statement(_ADD, [_row(search)], {"user_id": search.user_id, "most": limit})
    return bool((yield StatementGroup([version, new])))


def _row(search: SavedSearch) -> tuple[object, ...]:
    return tuple(getattr(search, name) for name in _NAMES)


_ITS = (_searches.c.id == bindparam("key", type_=_searches.c.id.type), _searches.c.user_id == _user)
_FIND = {
    False: BatchStatement({}, lambda _: select(_searches).where(*_ITS)),
    True: BatchStatement({}, lambda _: select(_searches).where(*_ITS).with_for_update()),
}


def find(user_id: int, key: UUID, *, lock: bool = False) -> Script[SavedSearch | None]:
    """One search of a user, or None; with `lock` no other transaction changes it until this one ends."""
    rows = yield Statement(_FIND[lock], (), {"key": key, "user_id": user_id})
    return SavedSearch(**dict(zip(_NAMES, rows[0], strict=True))) if rows else None


class Shown(NamedTuple):
    """What an answer about a search has beside its row."""

    language: str
    """In which its user reads our words."""
    matched_at: datetime | None
    """The beginning of the day on which something matched last."""


_SHOWN = BatchStatement(
    {"user_id": BigInteger(), "key": _searches.c.id.type},
    lambda wanted: (
        select(*people.stored_language(wanted), _searches.c.number, stored_day(_searches.c.number))
        .select_from(wanted)
        .outerjoin(_searches, (_searches.c.id == wanted.c.key) & (_searches.c.user_id == wanted.c.user_id))
    ),
)


def shown(user_id: int, key: UUID) -> Script[Shown]:
    """What an answer about this search of a user has beside its row."""
    [[words, of_profile, number, digits]] = yield Statement(_SHOWN, [(user_id, key)])
    language = shown_language(people.read_language(user_id, words, of_profile))
    return Shown(language, None if number is None else read_day(number, digits))


def _update(changed: FromClause) -> Update:
    values = {name: changed.c[name] for name in _NAMES if name != "id"}
    return update(_searches).where(_searches.c.id == changed.c.id).values(values)


_REPLACE = BatchStatement(columns_of(_searches, *_NAMES), _update)


def replace(search: SavedSearch) -> Script[None]:
    """Store a changed search, which is locked."""
    yield Statement(_REPLACE, [_row(search)])


_REMOVE = BatchStatement(
    columns_of(_searches, "id"), lambda gone: delete(_searches).where(_searches.c.id.in_(select(gone.c.id)))
)


def remove(search: SavedSearch) -> Script[None]:
    """Delete a search; its versions stay."""
    yield Statement(_REMOVE, [(search.id,)])


_END = BatchStatement(
    columns_of(_versions, "search_number"),
    lambda ended: (
        update(_versions)
        .where(_versions.c.search_number == ended.c.search_number, true_of_many(_versions.c.until_sequence.is_(None)))
        .values(until_sequence=_number, until_at=bindparam("now", type_=time_type()))
    ),
)
_VERSION = [column.name for column in _versions.c]
_ADD_VERSION = BatchStatement(
    columns_of(_versions, *_VERSION),
    lambda new: insert(_versions).from_select(_VERSION, select(*new.c), include_defaults=False),
)


def _version(search: SavedSearch, number: int) -> tuple[object, ...]:
    begun = {
        "search_number": search.number,
        "from_sequence": number,
        "from_at": search.changed_at,
        "until_sequence": None,
        "until_at": None,
    }
    return tuple(begun[name] if name in begun else getattr(search, name) for name in _VERSION)


def begin_version(search: SavedSearch) -> Script[int]:
    """Let the current version of an active search begin, and the one before it end; returns the number of the edit.

    Until the transaction ends no other one takes numbers, so this is its last step.
    """
    number = yield from take_numbers(1)
    end = Statement(_END, [(search.number,)], {"number": number, "now": search.changed_at})
    yield StatementGroup([end, Statement(_ADD_VERSION, [_version(search, number)])])
    return number


def end_version(search: SavedSearch, *, now: datetime) -> Script[None]:
    """Let the current version of a search end, without another one."""
    number = yield from take_numbers(1)
    yield Statement(_END, [(search.number,)], {"number": number, "now": now})

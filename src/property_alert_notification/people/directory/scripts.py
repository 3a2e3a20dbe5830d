"""The step of the accept and claim scripts that reads profiles."""

from collections.abc import Collection, Sequence

from sqlalchemy import FromClause, Select, false, select

from property_alert_notification.database import BatchStatement, Script, Statement, as_rows, columns_of, table_of
from property_alert_notification.people.directory.models import StoredProfile
from property_alert_notification.people.directory.profile import FIELDS, Profile
from property_alert_notification.people.directory.rows import is_readable

_profiles = table_of(StoredProfile)


_LANGUAGE = ("user_id", "language")
_PLACE = ("user_id", "phone_number", "time_zone", "country")


def _look_up(wanted: FromClause, fields: Sequence[str]) -> Select[*tuple[object, ...]]:
    return (
        select(*(_profiles.c[name] for name in fields))
        .join(wanted, wanted.c.user_id == _profiles.c.user_id)
        .where(_profiles.c.missing == false())
    )


_PROFILES_OF = BatchStatement(columns_of(_profiles, "user_id"), lambda wanted: _look_up(wanted, FIELDS))
_LANGUAGES_OF = BatchStatement(columns_of(_profiles, "user_id"), lambda wanted: _look_up(wanted, _LANGUAGE))
_PLACES_OF = BatchStatement(columns_of(_profiles, "user_id"), lambda wanted: _look_up(wanted, _PLACE))


def profiles_of(users: Collection[int]) -> Script[dict[int, Profile]]:
    """The stored profiles of these users by id, of any age; users without one are left out.

    This step makes no HTTP call: only workers that plan notifications without addresses call the User service.
    """
    rows = yield Statement(_PROFILES_OF, as_rows(users))
    return {row[0]: Profile(*row) for row in rows if is_readable(row)}


def languages_of(users: Collection[int]) -> Script[dict[int, Profile]]:
    """Like `profiles_of`, with only the language of a user: the footer of an email depends on no more."""
    rows = yield Statement(_LANGUAGES_OF, as_rows(users))
    return {row[0]: Profile(row[0], language=row[1]) for row in rows if is_readable(row)}


def places_of(users: Collection[int]) -> Script[dict[int, Profile]]:
    """Like `profiles_of`, with only what says where a user is: decisions need no more, and read many profiles."""
    rows = yield Statement(_PLACES_OF, as_rows(users))
    return {
        row[0]: Profile(row[0], phone_number=row[1], time_zone=row[2], country=row[3])
        for row in rows
        if is_readable(row)
    }

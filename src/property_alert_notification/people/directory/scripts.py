"""The step of the accept and claim scripts that reads profiles."""

from collections.abc import Collection

from sqlalchemy import FromClause, Select, false, select

from property_alert_notification.database import BatchStatement, Script, Statement, as_rows, columns_of, table_of
from property_alert_notification.people.directory.models import StoredProfile
from property_alert_notification.people.directory.profile import FIELDS, Profile
from property_alert_notification.people.directory.rows import is_readable

_profiles = table_of(StoredProfile)


def _look_up(wanted: FromClause) -> Select[*tuple[object, ...]]:
    return (
        select(*(_profiles.c[name] for name in FIELDS))
        .join(wanted, wanted.c.user_id == _profiles.c.user_id)
        .where(_profiles.c.missing == false())
    )


_PROFILES_OF = BatchStatement(columns_of(_profiles, "user_id"), _look_up)


def profiles_of(users: Collection[int]) -> Script[dict[int, Profile]]:
    """The stored profiles of these users by id, of any age; users without one are left out.

    This step makes no HTTP call: only workers that plan notifications without addresses call the User service.
    """
    rows = yield Statement(_PROFILES_OF, as_rows(users))
    return {row[0]: Profile(*row) for row in rows if is_readable(row)}

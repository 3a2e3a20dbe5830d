"""The step of the accept and claim scripts that reads preferences."""

from collections.abc import Collection

from sqlalchemy import FromClause, Select, func, select

# SQLite has the same ON CONFLICT syntax as PostgreSQL.
from property_alert_notification.database import BatchStatement, Script, Statement, columns_of
from property_alert_notification.people.preferences.queries import LIVE, TESTS, read_or_hold
from property_alert_notification.people.preferences.rules import Preferences


def _select_channels(wanted: FromClause) -> Select[tuple[int, str]]:
    # This form takes one index lookup for each user, independent of the table's statistics.
    return select(wanted.c.user_id, LIVE.preferences_of(wanted))


def _select_channels_for_tests(wanted: FromClause) -> Select[tuple[int, str]]:
    return select(wanted.c.user_id, func.coalesce(TESTS.preferences_of(wanted), LIVE.preferences_of(wanted)))


_PREFERENCES_OF = {
    False: BatchStatement(columns_of(LIVE.table, "user_id"), _select_channels),
    True: BatchStatement(columns_of(TESTS.table, "user_id"), _select_channels_for_tests),
}


def preferences_of(
    users: Collection[tuple[int, bool]], *, default: Preferences | None
) -> Script[dict[tuple[int, bool], Preferences]]:
    """The preferences of many users, by user id and whether they are for a test.

    For a test these are the preferences set with test keys, or else the live ones. Returns `default` for users without
    preferences; omits users who withdrew theirs.
    """
    found: dict[tuple[int, bool], Preferences] = {}
    for test, statement in _PREFERENCES_OF.items():
        if asked := [(user_id,) for user_id, is_test in users if is_test is test]:
            for user_id, words in (yield Statement(statement, asked)):
                if (preferences := read_or_default(user_id, words, default)) is not None:
                    found[user_id, test] = preferences
    return found


def read_or_default(user_id: int, words: str | None, default: Preferences | None) -> Preferences | None:
    """The stored preferences of a user, `default` if there are none, and None if the user withdrew them."""
    return default if words is None else read_or_hold(user_id, words)

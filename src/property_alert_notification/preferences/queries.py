"""Every statement about preferences."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import FromClause, Select, case, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.database import Ask, BatchStatement, Script, columns_of, table_of
from property_alert_notification.preferences.models import Preference
from property_alert_notification.preferences.rules import Wishes
from property_alert_notification.vocabulary import Channel

_preferences = table_of(Preference)


def _insert(connection: AsyncConnection) -> sqlite.Insert | postgresql.Insert:
    """An insert that may say what happens on a conflict, which standard SQL cannot."""
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    return insert(_preferences)


async def find(connection: AsyncConnection, user_id: int) -> Preference | None:
    """The preferences of a user, or None."""
    row = (
        (await connection.execute(select(_preferences).where(_preferences.c.user_id == user_id)))
        .mappings()
        .one_or_none()
    )
    return None if row is None else Preference(**row)


def _look_up(wanted: FromClause) -> Select[tuple[int, int]]:
    # One look into the index for each user, whatever the store believes to know about the table.
    code = case(
        (_preferences.c.withdrawn_at.is_not(None), -1),
        else_=case((_preferences.c.email_enabled, 1), else_=0) + case((_preferences.c.sms_enabled, 2), else_=0),
    )
    found = select(code).where(_preferences.c.user_id == wanted.c.user_id)
    return select(wanted.c.user_id, found.scalar_subquery())


_WISHES_OF = BatchStatement(columns_of(_preferences, "user_id"), _look_up)


def wishes_of(users: Collection[int], *, default: Wishes | None) -> Script[dict[int, Wishes]]:
    """The wishes of many users.

    Who never said any has `default`; who took them back, or has none at all, is left out.
    """
    found = yield Ask(_WISHES_OF, zip(users, strict=True))
    wishes = {user_id: default if code is None else _WISHES.get(code) for user_id, code in found}
    return {user_id: wish for user_id, wish in wishes.items() if wish is not None}


_WISHES = {
    code: Wishes(frozenset(channel for channel, bit in ((Channel.EMAIL, 1), (Channel.SMS, 2)) if code & bit))
    for code in range(4)
}


async def create(connection: AsyncConnection, preference: Preference) -> bool:
    """Insert preferences unless the user has some; returns whether they were inserted."""
    statement = _insert(connection).values(**preference.model_dump()).on_conflict_do_nothing()
    return (await connection.execute(statement)).rowcount == 1


async def put(connection: AsyncConnection, preference: Preference) -> None:
    """Insert preferences or replace those that are there."""
    statement = _insert(connection).values(**preference.model_dump())
    replacing = statement.on_conflict_do_update(
        index_elements=["user_id"],
        set_={name: statement.excluded[name] for name in ("email_enabled", "sms_enabled", "updated_at")},
    )
    await connection.execute(replacing)


async def change(
    connection: AsyncConnection, user_id: int, changes: dict[str, bool], *, changed_at: datetime
) -> Preference | None:
    """Change the named fields; returns the preferences as they are now, or None when there are none."""
    statement = (
        update(_preferences)
        .where(_preferences.c.user_id == user_id)
        .values(**changes, updated_at=changed_at)
        .returning(*_preferences.c)
    )
    row = (await connection.execute(statement)).mappings().one_or_none()
    return None if row is None else Preference(**row)


async def remove(connection: AsyncConnection, user_id: int) -> bool:
    """Delete preferences; returns whether there were any."""
    return (await connection.execute(delete(_preferences).where(_preferences.c.user_id == user_id))).rowcount == 1

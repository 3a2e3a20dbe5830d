"""A store that noted in each search when it matched keeps the day, and can go back to that version."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, Integer, Text, Uuid, column, insert, select, table

from property_alert_notification.database import Database, migrations, run_within, time_type
from property_alert_notification.homes.saved_searches.matched_days.scripts import last_match_days
from tests.pipeline.test_migrations import empty

__all__ = ["empty"]

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
MATCHED = {3: NOON, 4: None, 4_095: NOON - timedelta(days=40), 4_096: NOON, 30_000: NOON - timedelta(days=1)}

_TYPES = {
    "id": Uuid(),
    "active": Boolean(),
    **dict.fromkeys(("number", "person", "user_id"), BigInteger()),
    "version": Integer(),
    **dict.fromkeys(("created_at", "changed_at", "matched_at"), time_type()),
}
_TEXTS = ("name", "query_type", "query", "expression", "schedule_type", "daily_schedule", "change_types", "warnings")
_COLUMNS = [column(name, kind) for name, kind in (_TYPES | dict.fromkeys(_TEXTS, Text())).items()]
_SEARCHES = table("saved_searches", *_COLUMNS)
_STORED = select(_SEARCHES.c.number, _SEARCHES.c.matched_at).order_by(_SEARCHES.c.number)


async def test_the_day_of_the_last_match_is_kept_on_the_way_there_and_back(empty: Database) -> None:
    await migrations.upgrade(empty, "0053")
    its = {"person": 1, "user_id": 1, "version": 1, "active": True, "created_at": NOON, "changed_at": NOON}
    its |= dict.fromkeys(_TEXTS, "")
    rows = [its | {"id": UUID(int=number), "number": number, "matched_at": at} for number, at in MATCHED.items()]
    async with empty.transaction() as connection:
        await connection.execute(insert(_SEARCHES), rows)
    days = {number: at and at.replace(hour=0) for number, at in MATCHED.items()}

    await migrations.upgrade(empty)
    assert (await migrations.examine(empty)).works
    async with empty.reading() as connection:
        assert await run_within(connection, last_match_days([*MATCHED])) == days

    await migrations.downgrade(empty, "0053")
    async with empty.reading() as connection:
        assert dict(map(tuple, await connection.execute(_STORED))) == days

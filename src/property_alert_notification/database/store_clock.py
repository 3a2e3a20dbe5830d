"""The clock of PostgreSQL, which every process on it follows.

Times are written and compared by many machines. A machine whose clock is an hour ahead would send what is scheduled
an hour early and take over what others are sending. SQLite's processes share the clock of one machine.
"""

from typing import Any

import asyncpg

from property_alert_notification.base.clock import Clock


async def follow_store(connection: "asyncpg.Connection[Any]", clock: Clock) -> None:
    """Ask PostgreSQL for its time, and have the clock follow it."""
    async with connection.transaction():  # outside of one PgBouncer may use two connections for one statement
        asked_at = clock.steady()
        store_time = await connection.fetchval("SELECT clock_timestamp()")
        answered_at = clock.steady()
    clock.follow(store_time, asked_at=asked_at, answered_at=answered_at)

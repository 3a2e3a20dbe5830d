"""Overwrites what SQLite keeps of rows that were deleted: its log of pages from before."""

from sqlalchemy import text

from property_alert_notification.database.store import Database

_WAIT = 200
"""Milliseconds to wait for readers and writers: they must not be held up for long."""


async def empty_log(database: Database) -> bool:
    """Write the log back into the file and empty it; returns whether no reader or writer was in the way.

    The pages of the file have no deleted rows: `secure_delete` overwrites them. PostgreSQL does the like by itself,
    with VACUUM and by recycling its log.

    Raises:
        StoreUnavailable: the deadline of the store passed meanwhile.
    """
    if not database.is_sqlite:
        return True
    async with database.reading() as connection:
        before = (await connection.execute(text("PRAGMA busy_timeout"))).scalar_one()
        await connection.execute(text(f"PRAGMA busy_timeout = {_WAIT}"))
        try:
            busy = (await connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))).first()
        finally:
            # A statement that was cancelled has closed the connection, and the next one would raise another error.
            if not connection.invalidated:
                await connection.execute(text(f"PRAGMA busy_timeout = {int(before)}"))
    return busy is not None and busy[0] == 0

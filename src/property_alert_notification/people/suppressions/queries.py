"""Every statement about the suppression list, except for the one in the accept and claim scripts."""

from collections.abc import AsyncGenerator, Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Integer, bindparam, delete, select

# Its words for conflicts are SQLite's too.
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.database import (
    Database,
    among,
    rows_of,
    rows_with_id,
    table_of,
    time_type,
)
from property_alert_notification.people.suppressions import scripts
from property_alert_notification.people.suppressions.damage import repaired_entry
from property_alert_notification.people.suppressions.models import StoredSuppression

_suppressions = table_of(StoredSuppression)
_PAGE = 1_000


async def find_same(connection: AsyncConnection, entry: StoredSuppression) -> StoredSuppression | None:
    """The entry on the list that is the same one as this."""
    its = [_suppressions.c[name] == getattr(entry, name) for name in scripts.KEY]
    found = await rows_with_id(connection, select(_suppressions).where(*its), 1)
    return repaired_entry(StoredSuppression(**found[0])) if found else None


async def page(
    connection: AsyncConnection,
    *,
    subjects: Collection[str] | None = None,
    reason: str | None = None,
    below: UUID | None = None,
    limit: int,
    lock: bool = False,
) -> Sequence[StoredSuppression]:
    """At most `limit` entries, the newest first; None means any subject, and any reason.

    `lock`: no other transaction changes them until this one has ended.
    """
    statement = select(_suppressions).order_by(_suppressions.c.id.desc())
    if lock:
        statement = statement.with_for_update()
    if subjects is not None:
        statement = statement.where(_suppressions.c.subject.in_(subjects))
    if reason is not None:
        statement = statement.where(_suppressions.c.reason_code == reason)
    if below is not None:
        statement = statement.where(_suppressions.c.id < below)
    return [repaired_entry(StoredSuppression(**row)) for row in await rows_with_id(connection, statement, limit)]


async def pages(database: Database) -> AsyncGenerator[list[StoredSuppression], None]:
    """All entries, a thousand at a time, the newest first; each page is read in a transaction of its own."""
    below: UUID | None = None
    while True:
        async with database.reading() as connection:
            found = list(await page(connection, below=below, limit=_PAGE))
        if not found:
            return
        yield found
        below = found[-1].id


async def remove(connection: AsyncConnection, id_: UUID) -> StoredSuppression | None:
    """Delete an entry; returns it, or None if there is none with this id."""
    its = _suppressions.c.id == id_
    found = await rows_of(connection, select(_suppressions).where(its).with_for_update())
    # It is not read as it is deleted: an entry must be released also if its row is damaged.
    await connection.execute(delete(_suppressions).where(its))
    return repaired_entry(StoredSuppression(**{**found[0], "id": id_})) if found else None


_EXPIRED = among(
    _suppressions.c.id,
    select(_suppressions.c.id)
    .where(_suppressions.c.expires_at < bindparam("now", type_=time_type()))
    .limit(bindparam("limit", type_=Integer)),
)
_REMOVE_EXPIRED = delete(_suppressions).where(_EXPIRED).returning(_suppressions.c.id)


async def remove_expired(connection: AsyncConnection, *, now: datetime, limit: int) -> int:
    """Delete up to `limit` expired entries; returns how many."""
    return len((await connection.execute(_REMOVE_EXPIRED, {"now": now, "limit": limit})).all())

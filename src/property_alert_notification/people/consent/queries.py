"""Every statement about consent records, except for the one that adds them."""

from collections.abc import AsyncGenerator, Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.database import Database, repaired, rows_with_id, table_of
from property_alert_notification.people.consent.models import ConsentRecord

_records = table_of(ConsentRecord)
_PAGE = 1_000


async def page(
    connection: AsyncConnection,
    subjects: Collection[str],
    *,
    channel: str | None = None,
    category: str | None = None,
    until: datetime | None = None,
    below: UUID | None = None,
    limit: int,
) -> Sequence[ConsentRecord]:
    """At most `limit` records about these subjects, the newest first.

    With a channel or a category also the records that are about every one. `until` leaves out later records.
    """
    statement = select(_records).where(_records.c.subject.in_(subjects)).order_by(_records.c.id.desc())
    if channel is not None:
        statement = statement.where(_records.c.channel.in_(["", channel]))
    if category is not None:
        statement = statement.where(_records.c.category.in_(["", category]))
    if until is not None:
        statement = statement.where(_records.c.recorded_at <= until)
    if below is not None:
        statement = statement.where(_records.c.id < below)
    return [repaired(ConsentRecord(**row)) for row in await rows_with_id(connection, statement, limit)]


async def pages(database: Database, subjects: Collection[str]) -> AsyncGenerator[Sequence[ConsentRecord], None]:
    """All records about these subjects, a thousand at a time, the newest first."""
    below: UUID | None = None
    while True:
        async with database.reading() as connection:
            found = await page(connection, subjects, below=below, limit=_PAGE)
        if not found:
            return
        yield found
        below = found[-1].id


async def forget_ip_addresses(connection: AsyncConnection, subjects: Collection[str]) -> int:
    """Remove the addresses of requests from the records about these subjects; returns how many had one.

    This is what the erasure of a user does to the ledger, and the only change that the store allows.
    """
    its = _records.c.subject.in_(subjects) & _records.c.ip_address.is_not(None)
    return (await connection.execute(update(_records).where(its).values(ip_address=None))).rowcount

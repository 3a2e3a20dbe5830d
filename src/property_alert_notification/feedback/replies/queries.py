"""Every statement about messages of people."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import delete, func, select

# SQLite has the same ON CONFLICT syntax as PostgreSQL.
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.base.clock import first_id_of
from property_alert_notification.database import rows_with_id, table_of
from property_alert_notification.feedback.replies.models import InboundReply

_replies = table_of(InboundReply)


async def add(connection: AsyncConnection, reply: InboundReply) -> bool:
    """Store a message; returns whether it is new."""
    wanted = insert(_replies).values(**reply.model_dump()).on_conflict_do_nothing(index_elements=["key"])
    return bool((await connection.execute(wanted.returning(_replies.c.id))).all())


async def number_of(connection: AsyncConnection, sender: str) -> int:
    """How many messages of a sender are stored."""
    counted = select(func.count()).where(_replies.c.sender == sender)
    return (await connection.execute(counted)).scalar_one()


async def newest(
    connection: AsyncConnection, *, limit: int, words: Collection[str] = (), refusals: bool = False
) -> Sequence[InboundReply]:
    """Messages, the newest first; only those with these words, if any, and only refusals, if wanted."""
    statement = select(_replies).order_by(_replies.c.id.desc())
    if words:
        statement = statement.where(_replies.c.word.in_(words))
    if refusals:
        statement = statement.where(_replies.c.is_refusal.is_(True))
    return [InboundReply(**row) for row in await rows_with_id(connection, statement, limit)]


async def remove_old(connection: AsyncConnection, *, until: datetime, limit: int) -> int:
    """Delete some messages that came before then; returns how many."""
    old = select(_replies.c.id).where(_replies.c.id < first_id_of(until)).limit(limit).scalar_subquery()
    return (await connection.execute(delete(_replies).where(_replies.c.id.in_(old)))).rowcount

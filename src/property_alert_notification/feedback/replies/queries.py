"""Every statement about messages of people."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, delete, func, select

# SQLite has the same ON CONFLICT syntax as PostgreSQL.
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.base.clock import first_id_of
from property_alert_notification.database import rows_with_id, table_of
from property_alert_notification.feedback.replies.models import InboundReply
from property_alert_notification.people.suppressions.models import StoredSuppression
from property_alert_notification.people.suppressions.rules import SuppressionReason

_replies, _suppressions = table_of(InboundReply), table_of(StoredSuppression)


async def add(connection: AsyncConnection, reply: InboundReply) -> bool:
    """Store a message; returns whether it is new."""
    wanted = insert(_replies).values(**reply.model_dump()).on_conflict_do_nothing(index_elements=["key"])
    return bool((await connection.execute(wanted.returning(_replies.c.id))).all())


async def number_of(connection: AsyncConnection, sender: str) -> int:
    """How many messages of a sender are stored."""
    counted = select(func.count()).where(_replies.c.sender == sender)
    return (await connection.execute(counted)).scalar_one()


async def stops_of(connection: AsyncConnection, subjects: Collection[str]) -> int:
    """How many entries of the suppression list stop this address because of a word."""
    counted = select(func.count()).where(*_of(subjects))
    return (await connection.execute(counted)).scalar_one()


async def release(connection: AsyncConnection, subjects: Collection[str]) -> int:
    """Delete these entries; returns how many there were."""
    return (await connection.execute(delete(_suppressions).where(*_of(subjects)))).rowcount


def _of(subjects: Collection[str]) -> tuple[ColumnElement[bool], ...]:
    return (_suppressions.c.subject.in_(subjects), _suppressions.c.reason_code == SuppressionReason.STOP)


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

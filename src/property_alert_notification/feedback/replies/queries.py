"""Every statement about messages of people."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, not_, select, update

# SQLite has the same ON CONFLICT syntax as PostgreSQL.
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.base.clock import first_id_from, first_id_of
from property_alert_notification.database import rows_of, rows_with_id, table_of
from property_alert_notification.feedback.replies.models import InboundReply

_replies = table_of(InboundReply)


class ReplyFilter(NamedTuple):
    """Which messages are wanted; None means any."""

    word: str | None = None
    looks_like_refusal: bool | None = None
    handled: bool | None = None
    channel: str | None = None
    sender: str | None = None
    """The address of the sender as it is stored with deliveries."""
    received_after: datetime | None = None
    """Received in this millisecond or later."""
    received_before: datetime | None = None


async def add(connection: AsyncConnection, reply: InboundReply) -> bool:
    """Store a message; returns whether it is new."""
    wanted = insert(_replies).values(**reply.model_dump()).on_conflict_do_nothing(index_elements=["key"])
    return bool((await connection.execute(wanted.returning(_replies.c.id))).all())


async def number_of(connection: AsyncConnection, sender: str) -> int:
    """How many messages of a sender are stored."""
    counted = select(func.count()).where(_replies.c.sender == sender)
    return (await connection.execute(counted)).scalar_one()


async def page(
    connection: AsyncConnection, wanted: ReplyFilter, *, below: UUID | None = None, limit: int
) -> Sequence[InboundReply]:
    """At most `limit` messages that pass the filter, the newest first."""
    statement = select(_replies).where(*_conditions(wanted)).order_by(_replies.c.id.desc())
    if below is not None:
        statement = statement.where(_replies.c.id < below)
    return [InboundReply(**row) for row in await rows_with_id(connection, statement, limit)]


def _conditions(wanted: ReplyFilter) -> Iterator[ColumnElement[bool]]:
    its = _replies.c
    for column, value in ((its.word, wanted.word), (its.channel, wanted.channel), (its.sender, wanted.sender)):
        if value is not None:
            yield column == value
    if wanted.looks_like_refusal is not None:
        # As the index on waiting messages has it.
        yield its.is_refusal if wanted.looks_like_refusal else not_(its.is_refusal)
    if wanted.handled is not None:
        yield its.handled_at.is_not(None) if wanted.handled else its.handled_at.is_(None)
    if wanted.received_after is not None:
        yield its.id >= first_id_from(wanted.received_after)
    if wanted.received_before is not None:
        yield its.id < first_id_from(wanted.received_before)


async def count_waiting(connection: AsyncConnection, limit: int) -> int:
    """How many messages that look like a refusal are not handled, counted up to `limit`."""
    waiting = select(_replies.c.id).where(_replies.c.is_refusal, _replies.c.handled_at.is_(None)).limit(limit)
    return (await connection.execute(select(func.count()).select_from(waiting.subquery()))).scalar_one()


async def locked(connection: AsyncConnection, id_: UUID) -> InboundReply | None:
    """A message, which no other transaction changes until this one has ended; None if there is none with this id."""
    statement = select(_replies).where(_replies.c.id == id_).with_for_update()
    found = await rows_of(connection, statement)
    return InboundReply(**{**found[0], "id": id_}) if found else None


async def set_handled(connection: AsyncConnection, id_: UUID, at: datetime | None, by: str | None) -> None:
    """Store when an operator handled a message, and who; None means that it waits again."""
    await connection.execute(update(_replies).where(_replies.c.id == id_).values(handled_at=at, handled_by=by))


async def remove_old(connection: AsyncConnection, *, until: datetime, limit: int) -> int:
    """Delete some messages that came before then; returns how many."""
    old = select(_replies.c.id).where(_replies.c.id < first_id_of(until)).limit(limit).scalar_subquery()
    return (await connection.execute(delete(_replies).where(_replies.c.id.in_(old)))).rowcount

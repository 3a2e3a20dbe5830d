"""Every statement about captured messages."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.channels.mailbox.models import MailboxMessage
from property_alert_notification.database import table_of

_messages = table_of(MailboxMessage)


@dataclass(frozen=True, slots=True)
class Captured:
    """One message as a mailbox provider took it."""

    id: UUID
    """UUIDv7: the newest message has the greatest id."""
    delivery_id: UUID
    channel: str
    sender: str
    address: str
    subject: str
    text: str
    html: str | None
    raw: str | None
    """An email exactly as it would go over the wire."""
    captured_at: datetime


_everything = select(*[_messages.c[field.name] for field in fields(Captured)])


async def capture(connection: AsyncConnection, messages: Sequence[Captured]) -> None:
    """Keep these messages."""
    await connection.execute(insert(_messages), [_values(message) for message in messages])


async def prune(connection: AsyncConnection, *, keep: int) -> None:
    """Forget the oldest messages until at most `keep` are left."""
    newest_to_go = select(_messages.c.id).order_by(_messages.c.id.desc()).offset(keep).limit(1).scalar_subquery()
    await connection.execute(delete(_messages).where(_messages.c.id <= newest_to_go))


async def newest(
    connection: AsyncConnection,
    *,
    channel: str | None = None,
    address: str | None = None,
    search: str | None = None,
    deliveries: Collection[UUID] = (),
    before: UUID | None = None,
    limit: int,
) -> list[Captured]:
    """At most `limit` messages, the newest first.

    Args:
        connection: where to read.
        channel: only this channel.
        address: only messages to exactly this address.
        search: only messages with this in sender, address, subject or text, in any case,
        deliveries: or of one of these deliveries.
        before: only messages older than this one, for the next page.
        limit: how many at most.
    """
    statement = _everything.order_by(_messages.c.id.desc()).limit(limit)
    if channel is not None:
        statement = statement.where(_messages.c.channel == channel)
    if address is not None:
        statement = statement.where(_messages.c.address == address)
    if search:
        searched = (_messages.c.sender, _messages.c.address, _messages.c.subject, _messages.c.text)
        held = [column.icontains(search, autoescape=True) for column in searched]
        statement = statement.where(or_(_messages.c.delivery_id.in_(deliveries), *held))
    if before is not None:
        statement = statement.where(_messages.c.id < before)
    return [_captured(row) for row in await connection.execute(statement)]


async def get(connection: AsyncConnection, message_id: UUID) -> Captured | None:
    """One message, or None when it was never captured or is forgotten."""
    row = (await connection.execute(_everything.where(_messages.c.id == message_id))).first()
    return None if row is None else _captured(row)


async def count(connection: AsyncConnection, *, channel: str | None = None) -> int:
    """How many messages are kept, of one channel or of all."""
    statement = select(func.count()).select_from(_messages)
    if channel is not None:
        statement = statement.where(_messages.c.channel == channel)
    return (await connection.execute(statement)).scalar_one()


async def clear(connection: AsyncConnection) -> int:
    """Forget every message; returns how many there were."""
    return (await connection.execute(delete(_messages))).rowcount


def _values(message: Captured) -> dict[str, Any]:
    return {field.name: getattr(message, field.name) for field in fields(Captured)}


def _captured(row: Sequence[Any]) -> Captured:
    return Captured(*row)

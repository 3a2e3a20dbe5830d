"""Marks a message of a person as handled by an operator, with an entry in the audit record."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.api.access import queries as access
from property_alert_notification.base.clock import Clock
from property_alert_notification.base.errors import NotFound
from property_alert_notification.feedback.replies import queries
from property_alert_notification.feedback.replies.models import InboundReply


async def set_handled(
    connection: AsyncConnection, clock: Clock, id_: UUID, *, handled: bool, actor: str
) -> InboundReply:
    """Mark a message as handled, or as waiting again; returns it. A message that is marked so already stays as it is.

    Raises:
        NotFound: there is no message with this id.
    """
    if (reply := await queries.locked(connection, id_)) is None:
        raise NotFound("Reply not found")
    if handled is (reply.handled_at is not None):
        return reply
    reply.handled_at, reply.handled_by = (clock.now(), actor) if handled else (None, None)
    await queries.set_handled(connection, id_, reply.handled_at, reply.handled_by)
    action = "reply.handled" if handled else "reply.reopened"
    await access.record(connection, clock, actor=actor, action=action, subject=str(id_), channel=reply.channel)
    return reply

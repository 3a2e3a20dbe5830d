"""Messages of people over HTTP, for operators."""

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query

from property_alert_notification.api.access.admission import Admission
from property_alert_notification.api.dependencies import ClockDep, DatabaseDep, KeyedRouter, needs
from property_alert_notification.api.paging import next_cursor, page_of, start_of
from property_alert_notification.api.problems import documented
from property_alert_notification.base.errors import InvalidField
from property_alert_notification.base.vocabulary import Scope
from property_alert_notification.feedback.replies import queries
from property_alert_notification.feedback.replies.handle import set_handled
from property_alert_notification.feedback.replies.queries import ReplyFilter
from property_alert_notification.feedback.replies.schemas import ReplyPage, ReplyPatch, ReplyPublic, ReplyQuery
from property_alert_notification.people.dependencies import AddressRulesDep

router = KeyedRouter("/replies", "users")

# The messages are of real people, so a test key must not read them.
_MayRead = Annotated[Admission, needs(Scope.USERS_READ, live_only=True)]
_MayWrite = Annotated[Admission, needs(Scope.USERS_WRITE, live_only=True)]


@router.get("")
async def list_replies(
    query: Annotated[ReplyQuery, Query()], _: _MayRead, database: DatabaseDep, rules: AddressRulesDep
) -> ReplyPage:
    """List messages that people sent to our numbers, the newest first.

    STOP, START and HELP have taken effect. Everything else waits for a person; `looks_like_refusal=true&handled=false`
    lists the messages to read first.
    """
    sender = query.address
    if query.channel is not None and sender is not None:
        try:
            sender = rules.normalise(query.channel, sender)
        except InvalidField as fault:
            raise InvalidField("address", fault.problem, place="query") from None
    filters = query.model_dump(exclude={"address", "limit", "cursor"})
    below = start_of(query.cursor)
    async with database.reading() as connection:
        wanted = ReplyFilter(**filters, sender=sender)
        found = await queries.page(connection, wanted, below=below, limit=query.limit + 1)
    page, below = page_of(found, query.limit)
    return ReplyPage(items=[ReplyPublic.of(one) for one in page], next=next_cursor(below))


@router.patch("/{reply_id}", responses=documented(404))
async def change_reply(
    reply_id: Annotated[UUID, Path(description="The id of a message.")],
    body: ReplyPatch,
    admission: _MayWrite,
    database: DatabaseDep,
    clock: ClockDep,
) -> ReplyPublic:
    """Mark a message as handled, or as waiting again; the audit record names the author.

    It stops no messages: add a refusal to the suppression list (`POST /api/v1/suppressions`) first.
    """
    async with database.transaction() as connection:
        reply = await set_handled(connection, clock, reply_id, handled=body.handled, actor=admission.actor)
    return ReplyPublic.of(reply)

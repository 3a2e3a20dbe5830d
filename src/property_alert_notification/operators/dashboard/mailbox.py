"""The development mailbox for people (`/mailbox`) and for other teams' tests (`/api/mailbox`).

It shows addresses and message text, so it is only mounted where `ENVIRONMENT=local`. What it shows was written by
others: no script in it ever runs.
"""

import re
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, ConfigDict, Field

from property_alert_notification.api.dependencies import DatabaseDep, StrictQueryRoute, operation_id
from property_alert_notification.api.paging import page_of
from property_alert_notification.api.problems import documented
from property_alert_notification.base.errors import NotFound
from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.channels.definition import ChannelDefinition, definition_of
from property_alert_notification.channels.mailbox import queries
from property_alert_notification.channels.mailbox.queries import Captured
from property_alert_notification.database import Database
from property_alert_notification.messages.sms_segments import Encoding, is_cut
from property_alert_notification.notifications.lookup import deliveries_named, origin_of
from property_alert_notification.notifications.models import Notification
from property_alert_notification.operators.dashboard.pages import guarded, page

# An email may style itself and show pictures. It gets no origin, so it reaches neither this page nor its API;
# its links open in a tab of their own.
_EMAIL_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; "
    "img-src data: https:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
_HEAD = re.compile(r"<head(?:\s[^>]*)?>", re.IGNORECASE)
_MESSAGE_ID = re.compile(r"^Message-ID: (\S+)", re.MULTILINE)
_MOST_NAMED = 200
"""Notifications with the same reference whose messages are found by it."""

# PostgreSQL stores none, and refuses to search for one.
_NO_NUL = r"^[^\x00]*$"
_LINKS_OPEN_A_TAB = '<base target="_blank">'


class MessageSummary(BaseModel):
    """One captured message, as the list shows it."""

    model_config = ConfigDict(from_attributes=True, use_attribute_docstrings=True)

    id: UUID
    """Newer messages have greater ids."""
    channel: Channel
    """How it would have been sent."""
    sender: str = Field(serialization_alias="from")
    """The sender: an email address, a phone number or a name."""
    address: str = Field(serialization_alias="to")
    """The recipient: an email address or a phone number."""
    subject: str
    """Empty when the channel has no subject."""
    text: str
    """The whole text; of an email, its plain text part."""
    has_html: bool
    """Whether there is an HTML part as well."""
    captured_at: datetime
    """When it would have left."""
    delivery_id: UUID
    """The delivery that `GET /api/v1/notifications/{id}` lists."""


class MessageList(BaseModel):
    """One page of captured messages."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    messages: list[MessageSummary]
    """The newest first."""
    next_before: UUID | None
    """Give this as `before` to get the next page; null on the last."""
    total: int
    """The number of messages of the chosen channel, without the other filters."""
    kept: int
    """The number of messages in the mailbox, without filters."""


class SmsSize(BaseModel):
    """The size of an SMS."""

    model_config = ConfigDict(from_attributes=True, use_attribute_docstrings=True)

    encoding: Encoding
    """`gsm7`, or `ucs2` if a character is not in the GSM alphabet."""
    segments: int
    """The number of segments, which providers charge for."""


class Message(MessageSummary):
    """One captured message, whole."""

    html: str | None
    """The HTML part of an email. Its content is not trusted: show it in a sandbox only."""
    raw: str | None
    """An email exactly as it would go over the wire."""
    message_id: str | None
    """The Message-ID of an email."""
    sms_size: SmsSize | None
    """The size of an SMS; null for other channels."""
    cut_from: int | None
    """The number of characters of the whole text, if the SMS has only its beginning."""
    notification_id: UUID | None
    """The notification of this message; null if it was deleted."""
    reference: str | None
    """The caller's own id of that notification."""


class Cleared(BaseModel):
    """The result of clearing the mailbox."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    cleared: int
    """Messages that were removed."""


_pages = APIRouter(include_in_schema=False)
_api = APIRouter(
    prefix="/api/mailbox",
    tags=["mailbox"],
    responses=documented(403, 413, 422, 503),
    generate_unique_id_function=operation_id,
    route_class=StrictQueryRoute,
)
mailbox_routers = (_pages, _api)
"""The page and the API."""


@_pages.get("/mailbox")
@_pages.get("/mailbox/")
async def show_mailbox(request: Request) -> HTMLResponse:
    """One page that fills itself from the API."""
    channels = {channel: definition_of(channel) for channel in Channel}
    return page("mailbox.html", request, title=request.app.title, channels=channels)


@_pages.get("/mailbox/messages/{message_id}/html")
async def show_html(message_id: UUID, store: DatabaseDep) -> HTMLResponse:
    """The HTML part of one email, harmless also when opened on its own."""
    message = await _get(store, message_id)
    if message.html is None:
        raise NotFound("This message has no HTML part")
    return guarded(_with_links_in_tabs(message.html), policy=_EMAIL_POLICY)


async def _named(store: Database, words: str) -> list[UUID]:
    async with store.quick_reading() as connection:
        return await deliveries_named(connection, words, limit=_MOST_NAMED)


@_api.get("/messages", summary="List captured messages")
async def list_messages(
    store: DatabaseDep,
    channel: Annotated[Channel | None, Query(description="Only this channel.")] = None,
    to: Annotated[
        str | None, Query(max_length=320, pattern=_NO_NUL, description="Only messages to exactly this address.")
    ] = None,
    search: Annotated[
        str | None,
        Query(
            max_length=200,
            pattern=_NO_NUL,
            description="Only messages with this in an address, the subject or the text, and those of the notification "
            "with this id, delivery id, Message-ID or reference.",
        ),
    ] = None,
    before: Annotated[UUID | None, Query(description="Only messages older than this one.")] = None,
    limit: Annotated[int, Query(ge=1, le=200, description="Messages in one page.")] = 50,
) -> MessageList:
    """The messages that were captured instead of being sent, the newest first."""
    named = await _named(store, search) if search else []
    async with store.reading() as connection:
        found = await queries.newest(
            connection, channel=channel, address=to, search=search, deliveries=named, before=before, limit=limit + 1
        )
        total = await queries.count(connection, channel=channel)
        kept = total if channel is None else await queries.count(connection)
    shown, below = page_of(found, limit)
    return MessageList(
        messages=[MessageSummary.model_validate(_fields(message)) for message in shown],
        next_before=below,
        total=total,
        kept=kept,
    )


@_api.get(
    "/messages/{message_id}",
    summary="Show one captured message",
    responses=documented(404),
)
async def show_message(
    message_id: Annotated[UUID, Path(description="The id of a message.")], store: DatabaseDep
) -> Message:
    """Read one message with all its fields."""
    message = await _get(store, message_id)
    async with store.quick_reading() as connection:
        origin = await origin_of(connection, message.delivery_id)
    definition = definition_of(Channel(message.channel))
    return Message.model_validate(
        {
            **_fields(message),
            "message_id": _message_id(message.raw),
            "sms_size": definition.measure(message.text) if definition.measure else None,
            "cut_from": _cut_from(message.text, origin, definition) if origin else None,
            "notification_id": origin and origin.id,
            "reference": origin and origin.reference,
        }
    )


@_api.delete("/messages", summary="Clear the mailbox")
async def clear_messages(store: DatabaseDep) -> Cleared:
    """Remove every captured message; deliveries and notifications stay as they are."""
    async with store.transaction() as connection:
        return Cleared(cleared=await queries.clear(connection))


async def _get(store: Database, message_id: UUID) -> Captured:
    async with store.reading() as connection:
        message = await queries.get(connection, message_id)
    if message is None:
        raise NotFound("Message not found")
    return message


def _fields(message: Captured) -> dict[str, Any]:
    return {**asdict(message), "has_html": message.html is not None}


def _message_id(raw: str | None) -> str | None:
    found = _MESSAGE_ID.search(raw or "")
    return found[1] if found else None


def _cut_from(text: str, origin: Notification, definition: ChannelDefinition) -> int | None:
    if definition.whole_text is None:
        return None
    whole = definition.whole_text(origin.title, origin.message)
    return len(whole) if is_cut(text, whole) else None


def _with_links_in_tabs(html: str) -> str:
    head = _HEAD.search(html)
    start = head.end() if head else 0
    return html[:start] + _LINKS_OPEN_A_TAB + html[start:]

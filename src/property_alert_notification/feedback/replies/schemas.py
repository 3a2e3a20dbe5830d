"""The requests and answers about messages that people send to our numbers."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from property_alert_notification.api.fields import Line
from property_alert_notification.api.known_fields import Answered, Strict
from property_alert_notification.api.paging import PageCursor
from property_alert_notification.base.times import Moment
from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.feedback.replies.models import InboundReply
from property_alert_notification.feedback.replies.words import Word


class ReplyQuery(Strict):
    """The filters of the list and the requested page."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    looks_like_refusal: bool | None = None
    """Only messages that look like a refusal in other words than STOP, or only the others."""
    handled: bool | None = None
    """Only messages that an operator has handled, or only the others."""
    word: Word | None = None
    """Only messages with this meaning; `other` are those that a person has to read."""
    channel: Channel | None = None
    """Only messages on this channel; required with `address`."""
    address: Annotated[Line, Field(min_length=1, max_length=320)] | None = None
    """Only messages from this address."""
    received_after: Moment | None = None
    """RFC 3339 with an offset: only messages received then or later."""
    received_before: Moment | None = None
    """RFC 3339 with an offset: only messages received earlier."""
    limit: Annotated[int, Field(ge=1, le=100)] = 20
    """The maximum number of messages on the page."""
    cursor: PageCursor | None = None
    """The `next` of the previous page, requested with the same filters. Default: the first page."""

    @model_validator(mode="after")
    def _names_its_channel(self) -> Self:
        if self.address is not None and self.channel is None:
            raise ValueError("channel is required with address: of which channel is it an address?")
        return self


class ReplyPatch(Strict):
    """The change to a message."""

    model_config = ConfigDict(use_attribute_docstrings=True, json_schema_extra={"examples": [{"handled": True}]})

    handled: bool
    """Whether an operator has handled the message."""


class ReplyPublic(Answered):
    """A message that a person sent to one of our numbers."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    id: UUID
    channel: str
    provider: str
    sender: str
    """The address of the sender."""
    text: str
    """The beginning of the message, up to 500 characters."""
    word: str
    """What the message means: `stop` and `start` have taken effect, `help` was answered, `other` waits for a person."""
    looks_like_refusal: bool
    """The message looks as if its sender wants no more messages. It has stopped none."""
    received_at: datetime
    handled_at: datetime | None
    handled_by: str | None
    """The operator: `cli:` and the user of the machine, or a caller with the kind and the first characters of the
    key."""

    @classmethod
    def of(cls, reply: InboundReply) -> Self:
        """The public fields of a stored message."""
        return cls(**reply.model_dump(exclude={"key", "is_refusal"}), looks_like_refusal=reply.is_refusal)


class ReplyPage(BaseModel):
    """A page of messages, the newest first."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    items: list[ReplyPublic]
    next: str | None
    """The `cursor` of the next page; null if this is the last page."""

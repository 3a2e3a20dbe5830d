"""What callers send about notifications, and what they are told."""

import re
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from property_alert_notification.vocabulary import Channel, DeliveryState, NotificationStatus, Outcome

INT64_MAX = 2**63 - 1

# Control characters, lone surrogates and the two non-characters: no store or wire carries them faithfully.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_LINE_BREAK = re.compile("[\t\n\r\x85\u2028\u2029]")


def _printable(text: str) -> str:
    if _UNPRINTABLE.search(text):
        raise ValueError("must not contain control characters or unpaired surrogates")
    return text


def _one_line(text: str) -> str:
    if _LINE_BREAK.search(text):
        raise ValueError("must be one line")
    return text


Text = Annotated[str, AfterValidator(_printable)]
Line = Annotated[Text, AfterValidator(_one_line)]


def _representable(moment: datetime) -> datetime:
    try:
        moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("lies outside the years 1 to 9999 in UTC") from None
    return moment


Moment = Annotated[AwareDatetime, AfterValidator(_representable)]


class NotificationCreate(BaseModel):
    """One thing to tell one user."""

    model_config = ConfigDict(
        extra="forbid",
        use_attribute_docstrings=True,
        json_schema_extra={
            "examples": [
                {
                    "title": "notification title",
                    "message": "notification message",
                    "user_id": 1,
                    "user_email": "user@test.com",
                    "user_phone_number": "1231233",
                }
            ]
        },
    )

    title: Annotated[Line, Field(min_length=1, max_length=255)]
    """Subject of an email, first line of an SMS."""
    message: Annotated[Text, Field(min_length=1, max_length=20_000)]
    """Plain text; line breaks are kept."""
    user_id: Annotated[int, Field(ge=0, le=INT64_MAX)]
    """The user, as the User service knows them."""
    user_email: Annotated[Line, Field(min_length=1, max_length=320)] | None
    """Where email for this user goes; null when there is none."""
    user_phone_number: Annotated[Line, Field(min_length=1, max_length=32)] | None
    """Where SMS for this user goes, in E.164 form (`+14155552671`); null when there is none."""
    category: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")] = "general"
    """What it is about, as a slug: `listing_alert`, `viewing`, `offer`, `account` …"""
    reference: Annotated[Line, Field(min_length=1, max_length=255)] | None = None
    """The caller's own id, given back in every answer."""
    urgent: bool = False
    """Overtakes what is not urgent at every stage."""
    send_at: Moment | None = None
    """RFC 3339 with an offset; it is not sent before this. Left out, null or past: at once."""
    expires_at: Moment | None = None
    """RFC 3339 with an offset; it is not sent after this."""
    channels: Annotated[list[Channel], Field(min_length=1, max_length=len(Channel))] | None = None
    """Use these channels only; never adds one that the user does not want."""


class NotificationAccepted(NotificationCreate):
    """The request echoed, with the id under which its story is told."""

    id: UUID
    status: NotificationStatus


class AttemptPublic(BaseModel):
    """One try at one provider."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    provider: str
    started_at: datetime
    ended_at: datetime | None
    outcome: Outcome | None
    """Null while the attempt is under way."""
    reason: str | None
    provider_message_id: str | None


class DeliveryPublic(BaseModel):
    """The notification on one channel."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    id: UUID
    channel: Channel
    address: str | None
    state: DeliveryState
    reason: str
    """Why it is in this state, in words."""
    due_at: datetime | None
    """When it is looked at next; null once it has ended."""
    changed_at: datetime
    attempts: list[AttemptPublic]


class NotificationStory(BaseModel):
    """Everything that is known about a notification."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    id: UUID
    status: NotificationStatus
    user_id: int
    category: str
    reference: str | None
    title: str
    message: str
    urgent: bool
    channels: list[Channel] | None
    accepted_at: datetime
    expires_at: datetime | None
    deliveries: list[DeliveryPublic]
    not_asked_for: list[Channel]
    """Channels that the caller left out, and that were therefore not considered."""

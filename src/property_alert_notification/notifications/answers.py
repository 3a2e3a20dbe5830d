"""The answers about notifications."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
)

from property_alert_notification.base.reasons import ReasonCode, code_of
from property_alert_notification.base.vocabulary import Channel, DeliveryState, NotificationStatus, Outcome

KnownCode = Annotated[ReasonCode, BeforeValidator(code_of)]


class AttemptPublic(BaseModel):
    """One try at one provider."""

    model_config = ConfigDict(use_attribute_docstrings=True, from_attributes=True)

    provider: str
    started_at: datetime
    ended_at: datetime | None
    outcome: Outcome | None
    """Null while the attempt is under way."""
    reason_code: Annotated[ReasonCode | None, BeforeValidator(lambda code: None if code is None else code_of(code))]
    """Why it ended so: a code of docs/reasons.md; null while the attempt is under way."""
    reason: str | None
    """The same as a sentence."""
    provider_message_id: str | None
    abandoned: bool
    """Its worker stopped before the attempt ended."""


class TimelineEntry(BaseModel):
    """One thing that happened."""

    at: datetime
    what: str


def _as_list(words: str | None) -> list[str] | None:
    """As the store keeps them: separated by spaces."""
    return None if words is None else words.split()


def _as_codes(words: str | None) -> list[ReasonCode]:
    return sorted({code_of(word) for word in (words or "").split()})


class NotificationSummary(BaseModel):
    """One notification of a list: its status, without its message and addresses."""

    model_config = ConfigDict(use_attribute_docstrings=True, from_attributes=True)

    id: UUID
    status: NotificationStatus
    user_id: int
    category: str
    reference: str | None
    title: str
    urgent: bool
    channels: Annotated[list[Channel] | None, BeforeValidator(_as_list)]
    """The only channels that the caller asked for; null is all of them."""
    accepted_at: datetime
    send_at: datetime | None
    expires_at: datetime | None
    caller: str | None
    """Who submitted it: the name of their API key."""
    test: bool
    """Submitted with a test key: it never reaches a real provider."""
    reason_codes: Annotated[list[ReasonCode], BeforeValidator(_as_codes)]
    """Why its deliveries are in their states: codes of docs/reasons.md, each once; none while it is scheduled."""


class NotificationPage(BaseModel):
    """Some of a list, the newest first."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    items: list[NotificationSummary]
    """May be fewer than asked for, even none, although more follow: go on until `next` is null."""
    next: str | None
    """The `cursor` of the page after this one; null when this is the last."""


class DeliveryOutline(BaseModel):
    """The notification on one channel, without its address."""

    model_config = ConfigDict(use_attribute_docstrings=True, from_attributes=True)

    id: UUID
    channel: Channel
    state: DeliveryState
    reason_code: KnownCode
    """Why it is in this state: a code of docs/reasons.md."""
    reason: str
    """The same as a sentence."""
    held_by: str | None
    """What holds it while it is `held`: `pause:` and the name of the pause."""
    due_at: datetime | None
    """When it is looked at next; null once it has ended."""
    changed_at: datetime
    digest_id: UUID | None = None
    """The notification that is the digest which carries or carried it; null when none does."""


class DeliveryPublic(DeliveryOutline):
    """The notification on one channel."""

    address: str | None
    attempts: list[AttemptPublic]


_OnlyWhileItWaits = Field(exclude_if=lambda value: value is None)


class NotificationOutline(BaseModel):
    """The status of a notification, for a key that may write and not read: without content, addresses and timeline."""

    model_config = ConfigDict(use_attribute_docstrings=True, from_attributes=True)

    id: UUID
    status: NotificationStatus
    user_id: int
    category: str
    reference: str | None
    urgent: bool
    channels: list[Channel] | None
    accepted_at: datetime
    send_at: datetime | None
    send_at_local: str | None = None
    """The wish by the user's clock, which `send_at` is the moment of as far as the user's time zone is known."""
    expires_at: datetime | None
    cancelled_at: datetime | None
    """When it was cancelled."""
    caller: str | None
    """Who submitted it: the name of their API key."""
    test: bool
    """Submitted with a test key: it never reaches a real provider."""
    reason_code: Annotated[ReasonCode | None, _OnlyWhileItWaits] = None
    """Why it waits without deliveries although its time has come: a code of docs/reasons.md. Otherwise left out."""
    reason: Annotated[str | None, _OnlyWhileItWaits] = None
    """The same as a sentence."""
    deliveries: list[DeliveryOutline]


class DigestContents(BaseModel):
    """What a digest is made of."""

    model_config = ConfigDict(use_attribute_docstrings=True, from_attributes=True)

    category: str
    """The category of its items."""
    closes_at: datetime
    """When it was to be made."""
    items: int
    """How many notifications it carries."""
    notifications: list[UUID]
    """The first hundred of them."""


class NotificationDetail(BaseModel):
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
    send_at: datetime | None
    send_at_local: str | None = None
    """The wish by the user's clock, which `send_at` is the moment of as far as the user's time zone is known."""
    expires_at: datetime | None
    cancelled_at: datetime | None
    """When it was cancelled."""
    caller: str | None
    """Who submitted it: the name of their API key."""
    test: bool
    """Submitted with a test key: it never reaches a real provider."""
    schedule_id: UUID | None = None  # answers to repeated calls may be older than this field
    """The schedule that brought it; null when it was submitted by itself."""
    reason_code: Annotated[ReasonCode | None, _OnlyWhileItWaits] = None
    """Why it waits without deliveries although its time has come: a code of docs/reasons.md. Otherwise left out."""
    reason: Annotated[str | None, _OnlyWhileItWaits] = None
    """The same as a sentence."""
    deliveries: list[DeliveryPublic]
    not_asked_for: list[Channel]
    """Channels that the caller left out, and that were therefore not considered."""
    without_address: list[Channel]
    """Channels for which the caller gave no address, and that were therefore not considered."""
    digest: DigestContents | None = None
    """What it is made of, if it is a digest; else null."""
    timeline: list[TimelineEntry]
    """What happened, in order and in words, and why each channel was or was not used."""

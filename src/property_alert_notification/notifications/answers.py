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

from property_alert_notification.api.known_fields import Answered
from property_alert_notification.base.reasons import ReasonCode, code_of
from property_alert_notification.base.vocabulary import Channel, DeliveryState, NotificationStatus, Outcome

KnownCode = Annotated[ReasonCode, BeforeValidator(code_of)]


class AttemptPublic(BaseModel):
    """One attempt of a delivery at one provider."""

    model_config = ConfigDict(use_attribute_docstrings=True, from_attributes=True)

    provider: str
    started_at: datetime
    ended_at: datetime | None
    outcome: Outcome | None
    """Null while the attempt is open."""
    reason_code: Annotated[ReasonCode | None, BeforeValidator(lambda code: None if code is None else code_of(code))]
    """The reason of the outcome, a code of docs/reasons.md; null while the attempt is open."""
    reason: str | None
    """The reason code as a sentence."""
    provider_message_id: str | None
    abandoned: bool
    """Its worker stopped before the attempt ended."""


class TimelineEntry(BaseModel):
    """One event of a notification."""

    at: datetime
    what: str


def _as_list(words: str | None) -> list[str] | None:
    """Split the stored form, which is separated by spaces."""
    return None if words is None else words.split()


def _as_codes(words: str | None) -> list[ReasonCode]:
    return sorted({code_of(word) for word in (words or "").split()})


class NotificationSummary(BaseModel):
    """One notification of a list, without message and addresses."""

    model_config = ConfigDict(use_attribute_docstrings=True, from_attributes=True)

    id: UUID
    status: NotificationStatus
    user_id: int
    category: str
    reference: str | None
    title: str
    urgent: bool
    channels: Annotated[list[Channel] | None, BeforeValidator(_as_list)]
    """The channels that the caller requested; null means all."""
    accepted_at: datetime
    send_at: datetime | None
    expires_at: datetime | None
    caller: str | None
    """The name of the API key that submitted it."""
    test: bool
    """Submitted with a test key: it never reaches a real provider."""
    reason_codes: Annotated[list[ReasonCode], BeforeValidator(_as_codes)]
    """The reasons of its deliveries, codes of docs/reasons.md, each once; empty while it is scheduled."""


class NotificationPage(BaseModel):
    """One page of a list, the newest first."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    items: list[NotificationSummary]
    """A page may have fewer notifications than `limit`, even none, although more follow: continue until `next` is
    null."""
    next: str | None
    """The `cursor` of the next page; null if this is the last page."""


class DeliveryOutline(BaseModel):
    """The notification on one channel, without its address."""

    model_config = ConfigDict(use_attribute_docstrings=True, from_attributes=True)

    id: UUID
    channel: Channel
    state: DeliveryState
    reason_code: KnownCode
    """The reason of the state, a code of docs/reasons.md."""
    reason: str
    """The reason code as a sentence."""
    held_by: str | None
    """The cause of the state `held` or `collected`: `pause:` and the name of the pause, `quiet_hours`, `legal_window`,
    `cap`, or `digest:` and the id of the digest window."""
    due_at: datetime | None
    """When a worker processes it next; null after it has ended."""
    changed_at: datetime
    digest_id: UUID | None = None
    """The id of the digest, a notification, that carries this delivery; null if none does."""


class ReportPublic(BaseModel):
    """What a provider reported about a message by a callback."""

    model_config = ConfigDict(use_attribute_docstrings=True, from_attributes=True)

    provider: str
    received_at: datetime
    result: str
    """`taken`, `arrived` or `bounced`."""
    cause: str | None
    """Why the address was or may be suppressed: `hard_bounce`, `soft_bounce`, `complaint`, `stop` or `unsubscribe`."""
    detail: str | None
    """The provider's codes."""
    raw: str | None = None
    """The beginning of the event as the provider sent it."""


class DeliveryPublic(DeliveryOutline):
    """The notification on one channel."""

    address: str | None
    attempts: list[AttemptPublic]
    reports: list[ReportPublic] = []  # a stored answer to a repeated call may lack this field
    """What its provider reported later, at most forty events."""


_OnlyWhileItWaits = Field(exclude_if=lambda value: value is None)


class _NotificationStatus(Answered):
    """The fields of every answer about one notification."""

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
    """The requested local time of the user. `send_at` is its moment in the user's time zone, as far as that is
    known."""
    expires_at: datetime | None
    cancelled_at: datetime | None
    """When it was cancelled."""
    caller: str | None
    """The name of the API key that submitted it."""
    test: bool
    """Submitted with a test key: it never reaches a real provider."""
    reason_code: Annotated[ReasonCode | None, _OnlyWhileItWaits] = None
    """The reason why it has no deliveries although its time has come, a code of docs/reasons.md. Otherwise left out."""
    reason: Annotated[str | None, _OnlyWhileItWaits] = None
    """The reason code as a sentence."""


class NotificationOutline(_NotificationStatus):
    """A notification for keys without `notifications:read`: without content, addresses and timeline."""

    deliveries: list[DeliveryOutline]


class DigestContents(BaseModel):
    """The items of a digest."""

    model_config = ConfigDict(use_attribute_docstrings=True, from_attributes=True)

    category: str
    """The category of its items."""
    closes_at: datetime
    """When its digest window closed."""
    items: int
    """How many notifications it carries."""
    notifications: list[UUID]
    """The first hundred items."""


class NotificationDetail(_NotificationStatus):
    """A notification with its deliveries, attempts and timeline."""

    title: str
    message: str
    schedule_id: UUID | None = None  # a stored answer to a repeated call may lack this field
    """The schedule that created it; null if a caller submitted it."""
    deliveries: list[DeliveryPublic]
    not_asked_for: list[Channel]
    """Channels that are not used because they are not in the caller's `channels`."""
    without_address: list[Channel]
    """Channels that are not used because the caller gave null as their address."""
    digest: DigestContents | None = None
    """The items of a digest; null for other notifications."""
    timeline: list[TimelineEntry]
    """All events in order, with the reason why each channel was used or not."""

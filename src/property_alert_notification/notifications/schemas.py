"""The requests and answers about notifications."""

from dataclasses import dataclass
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)

from property_alert_notification.api.fields import Address, Line, UserId
from property_alert_notification.api.idempotency.calls import KeyText
from property_alert_notification.api.known_fields import Strict
from property_alert_notification.api.paging import PageCursor
from property_alert_notification.api.problems import InvalidRequest, Problem
from property_alert_notification.base.reasons import ReasonCode
from property_alert_notification.base.times import LocalTime, Moment
from property_alert_notification.base.vocabulary import Channel, NotificationStatus
from property_alert_notification.base.wording import Truth
from property_alert_notification.channels.edge import ADDRESSES, ByAddressedChannel
from property_alert_notification.notifications.fields import Category, Message, Reference, Title


def _without_default(schema: dict[str, Any]) -> None:
    schema.pop("default", None)


_LookedUp = Field(json_schema_extra=_without_default)
"""Left out means that the User service says it, and not that it is null."""


class NotificationContent(Strict):
    """The message to one user and the addresses, without the times."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    title: Title
    """Subject of an email, first line of an SMS."""
    message: Message
    """Plain text; line breaks are kept."""
    user_id: UserId
    """The user, as the User service knows them."""
    user_email: Annotated[Address | None, _LookedUp] = None
    """Where email for this user goes; null when there is none. If it is left out, the User service says it; without
    `USER_SERVICE_URL` it is required."""
    user_phone_number: Annotated[Annotated[Line, Field(min_length=1, max_length=32)] | None, _LookedUp] = None
    """Where SMS for this user goes, in E.164 form (`+14155552671`); null when there is none. If it is left out, as
    for `user_email`."""
    category: Category = "general"
    """What it is about, as a slug: `listing_alert`, `viewing`, `offer`, `account` …"""
    reference: Reference | None = None
    """The caller's own id, given back in every answer."""
    urgent: Truth = False
    """Overtakes what is not urgent at every stage."""
    channels: Annotated[list[Channel], Field(min_length=1, max_length=len(Channel))] | None = None
    """Use these channels only; never adds one that the user does not want."""

    addresses: Annotated[ByAddressedChannel[Address], Field(default_factory=dict)]
    """The address of each channel that has no field of its own."""


class NotificationCreate(NotificationContent):
    """One message to one user."""

    model_config = ConfigDict(
        json_schema_extra=ADDRESSES.documented(
            title="notification title",
            message="notification message",
            user_id=1,
            user_email="user@test.com",
            user_phone_number="1231233",
        ),
    )

    send_at: Moment | None = None
    """RFC 3339 with an offset; it is not sent before this. Left out, null or past: at once."""
    send_at_local: LocalTime | None = None
    """The same by the user's own clock: a time without an offset, in whole minutes. In place of `send_at`."""
    expires_at: Moment | None = None
    """RFC 3339 with an offset; it is not sent after this."""


class BatchItem(NotificationCreate):
    """One notification of many."""

    idempotency_key: KeyText | None = None
    """As `Idempotency-Key` on a call for this one alone: up to 255 printable ASCII characters."""


@dataclass(frozen=True, slots=True)
class WrongItem:
    """An item of a batch that is no notification."""

    given: Any
    error: ValidationError


def _by_itself(item: Any, validate: ValidatorFunctionWrapHandler) -> Any:
    """An item that is wrong becomes its own error, which does not spoil the others."""
    try:
        return validate(item)
    except ValidationError as error:
        return WrongItem(item, error)


class NotificationBatch(Strict):
    """Up to a thousand notifications."""

    model_config = ConfigDict(
        arbitrary_types_allowed=True,
        json_schema_extra={
            "examples": [
                {
                    "notifications": [
                        {
                            "title": "New home in Ballard",
                            "message": "3 bedrooms, $538,000",
                            "user_id": 1,
                            "user_email": "ada@example.com",
                            "user_phone_number": "+14155552671",
                            "category": "listing_alert",
                            "idempotency_key": "listing-6414100192-user-1",
                        }
                    ]
                }
            ]
        },
    )

    notifications: Annotated[
        list[Annotated[BatchItem, WrapValidator(_by_itself)]], Field(min_length=1, max_length=1_000)
    ]


class BatchItemAccepted(BaseModel):
    """One notification that is on our disk."""

    id: UUID
    status: NotificationStatus


class BatchItemRefused(BaseModel):
    """One notification that was not accepted."""

    error: InvalidRequest | Problem


class NotificationBatchAnswer(BaseModel):
    """One result per notification, in the same order."""

    results: list[BatchItemAccepted | BatchItemRefused]


class NotificationAccepted(NotificationCreate):
    """The request echoed, with the id of the notification."""

    model_config = ConfigDict(json_schema_extra=ADDRESSES.documented())  # its example is that of the answer

    id: UUID
    status: NotificationStatus


_Unchanged = Field(json_schema_extra=_without_default)
"""Left out means that it stays as it is, so the schema must not name a default."""


class NotificationPatch(Strict):
    """The changes to a notification of which no delivery was claimed; a field that is left out stays as it is."""

    model_config = ConfigDict(
        use_attribute_docstrings=True,
        json_schema_extra={"minProperties": 1, "examples": [{"title": "the viewing is at noon"}]},
    )

    title: Annotated[Title, _Unchanged] = ""
    """Subject of an email, first line of an SMS."""
    message: Annotated[Message, _Unchanged] = ""
    """Plain text; line breaks are kept."""
    send_at: Annotated[Moment | None, _Unchanged] = None
    """RFC 3339 with an offset; it is not sent before this. Null or past: at once."""
    send_at_local: Annotated[LocalTime | None, _Unchanged] = None
    """The same by the user's own clock: a time without an offset, in whole minutes. In place of `send_at`."""
    expires_at: Annotated[Moment | None, _Unchanged] = None
    """RFC 3339 with an offset; it is not sent after this. Null: it never expires."""

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("names nothing to change")
        return self


class NotificationQuery(Strict):
    """What a list is narrowed to, and which page of it is asked for."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    user_id: UserId | None = None
    """Only those for this user."""
    status: NotificationStatus | None = None
    """Only those with this status."""
    category: Category | None = None
    """Only those about this."""
    reference: Reference | None = None
    """Only those with this id of the caller's own."""
    delivery_id: UUID | None = None
    """Only the one that this delivery belongs to."""
    message_id: (
        Annotated[Line, Field(max_length=998, examples=["<019aa5c4-52c1-7c63-b0b5-95ecb5d8a1f0@example.com>"])] | None
    ) = None
    """Only the one that an email belongs to, by the email's `Message-ID`, with or without its brackets."""
    schedule_id: UUID | None = None
    """Only those that this schedule brought."""
    channel: Channel | None = None
    """Only those for this channel: the caller asked for it, or for all. Each shows whether it was used."""
    reason_code: ReasonCode | None = None
    """Only those with a delivery that is in its state for this reason: a code of docs/reasons.md. No index leads to
    them, so a page looks at 2,000 notifications at most and may be empty: give `status`, `user_id` or times too."""
    accepted_after: Moment | None = None
    """RFC 3339 with an offset: only those whose `accepted_at` is this or later."""
    accepted_before: Moment | None = None
    """RFC 3339 with an offset: only those whose `accepted_at` is before this."""
    limit: Annotated[int, Field(ge=1, le=100)] = 20
    """How many a page has at most."""
    cursor: PageCursor | None = None
    """`next` of the page before, with the same filters. Left out: the first page."""

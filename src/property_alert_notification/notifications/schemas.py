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
from pydantic_core import PydanticCustomError

from property_alert_notification.api.fields import Address, Line, UserId
from property_alert_notification.api.idempotency.calls import KeyText
from property_alert_notification.api.known_fields import Strict
from property_alert_notification.api.paging import PageCursor
from property_alert_notification.api.problems import InvalidRequest, Problem
from property_alert_notification.base.json_body import REPEATED, Repeated, repeated_in
from property_alert_notification.base.reasons import ReasonCode
from property_alert_notification.base.times import LocalTime, Moment
from property_alert_notification.base.vocabulary import Channel, NotificationStatus
from property_alert_notification.base.wording import Truth
from property_alert_notification.channels.edge import ADDRESSES, ByAddressedChannel
from property_alert_notification.notifications.fields import Category, Message, Reference, Title


def _without_default(schema: dict[str, Any]) -> None:
    schema.pop("default", None)


_LookedUp = Field(json_schema_extra=_without_default)
"""A field that is left out is looked up at the User service; null means that there is no address."""


class NotificationContent(Strict):
    """The message to one user and the addresses, without times."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    title: Title
    """The subject of an email, the first line of an SMS."""
    message: Message
    """Plain text; line breaks are kept."""
    user_id: UserId
    """The id of the user in the User service."""
    user_email: Annotated[Address | None, _LookedUp] = None
    """The user's email address; null if there is none. If left out, it is looked up at the User service; without
    `USER_SERVICE_URL` it is required."""
    user_phone_number: Annotated[Annotated[Line, Field(min_length=1, max_length=32)] | None, _LookedUp] = None
    """The user's phone number in E.164 form (`+14155552671`); null if there is none. If left out, it is looked up like
    `user_email`."""
    category: Category = "general"
    """The category as a slug: `listing_alert`, `viewing`, `offer`, `account` …"""
    reference: Reference | None = None
    """The caller's own id, repeated in every answer."""
    urgent: Truth = False
    """An urgent notification overtakes all others at every stage."""
    channels: Annotated[list[Channel], Field(min_length=1, max_length=len(Channel))] | None = None
    """Use only these channels. A channel that the user does not want is never added."""

    addresses: Annotated[ByAddressedChannel[Address], Field(default_factory=dict)]
    """The addresses of channels that have no field of their own."""


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
    """RFC 3339 with an offset: the earliest time of sending. Null, past or left out: at once."""
    send_at_local: LocalTime | None = None
    """The earliest time of sending as local time of the user: without an offset, in whole minutes. Replaces
    `send_at`."""
    expires_at: Moment | None = None
    """RFC 3339 with an offset: the latest time of sending."""


class BatchItem(NotificationCreate):
    """One notification of many."""

    idempotency_key: KeyText | None = None
    """Like the header `Idempotency-Key` of a call with this item alone: up to 255 printable ASCII characters."""


@dataclass(frozen=True, slots=True)
class WrongItem:
    """An invalid item of a batch."""

    given: Any
    error: ValidationError


def _by_itself(item: Any, validate: ValidatorFunctionWrapHandler) -> Any:
    """Turn an invalid item into its own error, so that the other items are accepted."""
    try:
        return validate(item) if (name := repeated_in(item)) is None else WrongItem(item, _repeated(name))
    except ValidationError as error:
        return WrongItem(item, error)


def _repeated(name: str) -> ValidationError:
    known = (name,) if name in BatchItem.model_fields else ()
    problem = PydanticCustomError("value_error", REPEATED if known else f"has a field that {REPEATED}")
    return ValidationError.from_exception_data("BatchItem", [{"type": problem, "loc": known, "input": None}])


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

    @model_validator(mode="before")
    @classmethod
    def _has_them_once(cls, value: Any) -> Any:
        if isinstance(value, Repeated):
            raise ValueError(f"has a field that {REPEATED}")  # noqa: TRY004 - a wrong value, not a fault of ours
        return value

    notifications: Annotated[
        list[Annotated[BatchItem, WrapValidator(_by_itself)]], Field(min_length=1, max_length=1_000)
    ]


class BatchItemAccepted(BaseModel):
    """One notification that is stored on disk."""

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

    model_config = ConfigDict(
        json_schema_extra=ADDRESSES.documented()
    )  # the example of the answer replaces that of the request

    id: UUID
    status: NotificationStatus


_Unchanged = Field(json_schema_extra=_without_default)
"""A field that is left out stays as it is, so the schema must not name a default."""


class NotificationPatch(Strict):
    """The changes to a notification before a worker claims a delivery; a field that is left out stays as it is."""

    model_config = ConfigDict(
        use_attribute_docstrings=True,
        json_schema_extra={"minProperties": 1, "examples": [{"title": "the viewing is at noon"}]},
    )

    title: Annotated[Title, _Unchanged] = ""
    """The subject of an email, the first line of an SMS."""
    message: Annotated[Message, _Unchanged] = ""
    """Plain text; line breaks are kept."""
    send_at: Annotated[Moment | None, _Unchanged] = None
    """RFC 3339 with an offset: the earliest time of sending. Null or past: at once."""
    send_at_local: Annotated[LocalTime | None, _Unchanged] = None
    """The earliest time of sending as local time of the user: without an offset, in whole minutes. Replaces
    `send_at`."""
    expires_at: Annotated[Moment | None, _Unchanged] = None
    """RFC 3339 with an offset: the latest time of sending. Null: no such time."""

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("has no field to change")
        return self


class NotificationQuery(Strict):
    """The filters of a list and the requested page."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    user_id: UserId | None = None
    """Only notifications for this user."""
    status: NotificationStatus | None = None
    """Only notifications with this status."""
    category: Category | None = None
    """Only notifications of this category."""
    reference: Reference | None = None
    """Only notifications with this `reference`."""
    delivery_id: UUID | None = None
    """Only the notification of this delivery."""
    message_id: (
        Annotated[Line, Field(max_length=998, examples=["<019aa5c4-52c1-7c63-b0b5-95ecb5d8a1f0@example.com>"])] | None
    ) = None
    """Only the notification of the email with this `Message-ID`, with or without brackets."""
    schedule_id: UUID | None = None
    """Only notifications that this schedule created."""
    channel: Channel | None = None
    """Only notifications for this channel: with it in `channels`, or without `channels`. Each shows whether the channel
    was used."""
    reason_code: ReasonCode | None = None
    """Only notifications with a delivery that has this reason, a code of docs/reasons.md. No index has it, so a page
    checks at most 2,000 notifications and may be empty: combine it with `status`, `user_id` or times."""
    accepted_after: Moment | None = None
    """RFC 3339 with an offset: only notifications with this `accepted_at` or a later one."""
    accepted_before: Moment | None = None
    """RFC 3339 with an offset: only notifications with an earlier `accepted_at`."""
    limit: Annotated[int, Field(ge=1, le=100)] = 20
    """The maximum number of notifications on the page."""
    cursor: PageCursor | None = None
    """The `next` of the previous page, requested with the same filters. Default: the first page."""

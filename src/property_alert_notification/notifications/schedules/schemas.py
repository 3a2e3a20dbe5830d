"""The requests and answers about schedules."""

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from property_alert_notification.api.fields import Address, Line, UserId
from property_alert_notification.api.known_fields import Answered, Strict
from property_alert_notification.api.paging import PageCursor
from property_alert_notification.base.reasons import ReasonCode
from property_alert_notification.base.times import LocalTime
from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.base.wording import Truth
from property_alert_notification.base.zones import ZoneName
from property_alert_notification.channels.edge import ADDRESSES, ByAddressedChannel
from property_alert_notification.notifications.fields import Category, Message, Reference, Title
from property_alert_notification.notifications.schedules.rrule import LONGEST, read_rule
from property_alert_notification.notifications.schedules.states import ScheduleState
from property_alert_notification.notifications.schemas import NotificationContent

MOST_SHOWN = 100
"""How many occurrences one call shows at most."""


def _is_a_rule(text: str) -> str:
    read_rule(text)
    return text


RuleText = Annotated[str, Field(max_length=LONGEST, examples=["FREQ=WEEKLY;BYDAY=MO"]), AfterValidator(_is_a_rule)]


class ScheduleCreate(NotificationContent):
    """A recurring notification."""

    model_config = ConfigDict(
        use_attribute_docstrings=True,
        json_schema_extra=ADDRESSES.documented(
            title="Your week at a glance",
            message="Three viewings, one offer",
            user_id=1,
            user_email="ada@example.com",
            user_phone_number="+14155552671",
            rrule="FREQ=WEEKLY;BYDAY=MO",
            start="2026-12-01T09:00",
            time_zone="America/New_York",
        ),
    )

    rrule: RuleText
    """A recurrence rule (RFC 5545): `FREQ` (HOURLY, DAILY, WEEKLY, MONTHLY), `INTERVAL`, `COUNT` or `UNTIL`, `BYDAY`,
    `BYMONTHDAY`, `BYMONTH`, `BYHOUR`, `BYMINUTE`. A part that is not supported is refused by name."""
    start: LocalTime
    """The local time from which the rule counts. It gives the day, hour and minute that the rule leaves out."""
    time_zone: ZoneName | None = None
    """The IANA name of the zone of all times. Null or left out: the user's zone, also after it changes."""


class ScheduleCreated(ScheduleCreate):
    """The request echoed, with the id of the schedule."""

    model_config = ConfigDict(use_attribute_docstrings=True, json_schema_extra=ADDRESSES.documented())

    id: UUID
    state: ScheduleState
    used_time_zone: str
    """The current zone of its times."""
    next_at: datetime | None
    """The next occurrence, with the offset of its zone."""


def _without_default(schema: dict[str, Any]) -> None:
    schema.pop("default", None)


_Unchanged = Field(json_schema_extra=_without_default)
"""A field that is left out stays as it is, so the schema must not name a default."""


class SchedulePatch(Strict):
    """The changes to a schedule; a field that is left out stays as it is."""

    model_config = ConfigDict(
        use_attribute_docstrings=True,
        json_schema_extra=ADDRESSES.documented(rrule="FREQ=WEEKLY;BYDAY=TU"),
    )

    title: Annotated[Title, _Unchanged] = ""
    message: Annotated[Message, _Unchanged] = ""
    user_email: Annotated[Address | None, _Unchanged] = None
    user_phone_number: Annotated[Annotated[Line, Field(min_length=1, max_length=32)] | None, _Unchanged] = None
    category: Annotated[Category, _Unchanged] = "general"
    reference: Annotated[Reference | None, _Unchanged] = None
    urgent: Annotated[Truth, _Unchanged] = False
    channels: Annotated[Annotated[list[Channel], Field(min_length=1, max_length=len(Channel))] | None, _Unchanged] = (
        None
    )
    rrule: Annotated[RuleText, _Unchanged] = ""
    start: Annotated[LocalTime, _Unchanged] = ""
    time_zone: Annotated[ZoneName | None, _Unchanged] = None
    """The IANA name of the zone of all times; null means the user's zone."""
    addresses: Annotated[ByAddressedChannel[Address], Field(default_factory=dict)]

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("has no field to change")
        return self


class ScheduleOutline(Answered):
    """A schedule without content and addresses: for lists, and for keys without `notifications:read`."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    id: UUID
    state: ScheduleState
    reason_code: ReasonCode | None
    """The reason of its end or its quarantine, a code of docs/reasons.md; else null."""
    reason: str | None
    """The reason code as a sentence."""
    user_id: int
    category: str
    reference: str | None
    urgent: bool
    channels: list[Channel] | None
    rrule: str
    start: str
    time_zone: str | None
    """The time zone that the caller set; null means the user's zone."""
    used_time_zone: str
    """The current zone of its times."""
    next_at: datetime | None
    """The next occurrence, with the offset of its zone; null unless it is active."""
    occurred: int
    """How many notifications it has created."""
    created_at: datetime
    caller: str | None
    """The name of the API key that created it."""
    test: bool
    """Created with a test key: its notifications never reach a real provider."""


class ScheduleSummaryPublic(ScheduleOutline):
    """One schedule of a list, without message and addresses."""

    title: str


class SchedulePublic(ScheduleSummaryPublic):
    """A schedule with all its fields."""

    model_config = ConfigDict(use_attribute_docstrings=True, json_schema_extra=ADDRESSES.documented())

    message: str
    user_email: str | None
    user_phone_number: str | None
    addresses: Annotated[dict[Channel, str], Field(default_factory=dict, exclude_if=lambda given: not given)]
    """The addresses of channels that have no field of their own."""


class SchedulePage(BaseModel):
    """One page of a list, the newest first."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    items: list[ScheduleSummaryPublic]
    next: str | None
    """The `cursor` of the next page; null if this is the last page."""


class ScheduleQuery(Strict):
    """The filters of a list and the requested page."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    user_id: UserId | None = None
    """Only schedules for this user."""
    state: ScheduleState | None = None
    """Only schedules in this state."""
    limit: Annotated[int, Field(ge=1, le=100)] = 20
    """The maximum number of schedules on the page."""
    cursor: PageCursor | None = None
    """The `next` of the previous page, requested with the same filters. Default: the first page."""


class OccurrencesQuery(Strict):
    """The number of requested occurrences."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    count: Annotated[int, Field(ge=1, le=MOST_SHOWN)] = 10
    """The maximum number of occurrences; there are fewer if the schedule ends before."""


class Occurrences(BaseModel):
    """The next occurrences of a schedule."""

    occurrences: list[datetime]

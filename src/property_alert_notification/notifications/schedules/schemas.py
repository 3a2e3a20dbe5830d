"""What callers send about schedules, and what they are told."""

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from property_alert_notification.api.fields import Address, Line, UserId
from property_alert_notification.api.known_fields import Strict
from property_alert_notification.api.paging import PageCursor
from property_alert_notification.base.reasons import ReasonCode
from property_alert_notification.base.times import LocalTime
from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.base.wording import Truth
from property_alert_notification.base.zones import ZoneName
from property_alert_notification.channels.edge import ADDRESSES, ByAddressedChannel
from property_alert_notification.notifications.fields import Category, Message, Reference, Title
from property_alert_notification.notifications.schedules.models import ScheduleState
from property_alert_notification.notifications.schedules.rrule import LONGEST, read_rule
from property_alert_notification.notifications.schemas import NotificationContent

MOST_SHOWN = 100
"""Occurrences that one call shows at most."""


def _is_a_rule(text: str) -> str:
    read_rule(text)
    return text


RuleText = Annotated[str, Field(max_length=LONGEST, examples=["FREQ=WEEKLY;BYDAY=MO"]), AfterValidator(_is_a_rule)]


class ScheduleCreate(NotificationContent):
    """A notification that is sent again and again."""

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
    """Local time from which the rule counts; gives the day, hour and minute that the rule leaves out."""
    time_zone: ZoneName | None = None
    """An IANA name, in which the times are local. Left out or null: that of the user, also after it changes."""


class ScheduleCreated(ScheduleCreate):
    """The request echoed, with the id of the schedule."""

    model_config = ConfigDict(use_attribute_docstrings=True, json_schema_extra=ADDRESSES.documented())

    id: UUID
    state: ScheduleState
    used_time_zone: str
    """The zone in which its times are read now."""
    next_at: datetime | None
    """The next occurrence, with the offset of the zone."""


def _without_default(schema: dict[str, Any]) -> None:
    schema.pop("default", None)


_Unchanged = Field(json_schema_extra=_without_default)
"""Left out means that it stays as it is, so the schema must not promise a default."""


class SchedulePatch(Strict):
    """What changes in a schedule; a field that is left out stays as it is."""

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
    """Null: that of the user."""
    addresses: Annotated[ByAddressedChannel[Address], Field(default_factory=dict)]

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("names nothing to change")
        return self


class ScheduleOutline(BaseModel):
    """A schedule without its content and addresses: for lists, and for a key that may write and not read."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    id: UUID
    state: ScheduleState
    reason_code: ReasonCode | None
    """Why it ended or was quarantined: a code of docs/reasons.md; null while it has neither."""
    reason: str | None
    """The same as a sentence."""
    user_id: int
    category: str
    reference: str | None
    urgent: bool
    channels: list[Channel] | None
    rrule: str
    start: str
    time_zone: str | None
    """As the caller gave it; null is that of the user."""
    used_time_zone: str
    """The zone in which its times are read now."""
    next_at: datetime | None
    """The next occurrence, with the offset of the zone; null unless it is active."""
    occurred: int
    """How many notifications it has brought."""
    created_at: datetime
    caller: str | None
    """Who created it: the name of their API key."""
    test: bool
    """Created with a test key: its notifications never reach a real provider."""


class ScheduleSummaryPublic(ScheduleOutline):
    """One schedule of a list: without its message and addresses."""

    title: str


class SchedulePublic(ScheduleSummaryPublic):
    """Everything that is known about a schedule."""

    model_config = ConfigDict(use_attribute_docstrings=True, json_schema_extra=ADDRESSES.documented())

    message: str
    user_email: str | None
    user_phone_number: str | None
    addresses: Annotated[dict[Channel, str], Field(default_factory=dict, exclude_if=lambda given: not given)]
    """The address of each channel that has no field of its own."""


class SchedulePage(BaseModel):
    """Some of a list, the newest first."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    items: list[ScheduleSummaryPublic]
    next: str | None
    """The `cursor` of the page after this one; null when this is the last."""


class ScheduleQuery(Strict):
    """What a list is narrowed to, and which page of it is asked for."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    user_id: UserId | None = None
    """Only those for this user."""
    state: ScheduleState | None = None
    """Only those in this state."""
    limit: Annotated[int, Field(ge=1, le=100)] = 20
    """How many a page has at most."""
    cursor: PageCursor | None = None
    """`next` of the page before, with the same filters. Left out: the first page."""


class OccurrencesQuery(Strict):
    """How many occurrences are asked for."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    count: Annotated[int, Field(ge=1, le=MOST_SHOWN)] = 10
    """How many at most; fewer when the schedule ends before."""


class Occurrences(BaseModel):
    """When a schedule comes next."""

    occurrences: list[datetime]

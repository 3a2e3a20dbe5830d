"""The optional fields of preferences besides the channel switches, and their validation.

Every field may be left out or null; most users have none of them.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Self

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints, model_validator

from property_alert_notification.api.known_fields import Strict
from property_alert_notification.base.languages import normalised
from property_alert_notification.base.vocabulary import CATEGORY, Channel, Frequency
from property_alert_notification.base.zones import ZoneName

MOST_CATEGORIES = 100
"""For how many categories one user may set a frequency."""

MOST_QUIET_HOURS = 21
"""How many quiet hours one user may have."""

_MOST_MESSAGES = 10_000

LanguageTag = Annotated[str, Field(max_length=64, examples=["es-MX"]), AfterValidator(normalised)]
"""A BCP 47 tag that a caller may give."""

_DAY = 24 * 60
_WEEK = 7 * _DAY
"""Minutes."""


class Weekday(StrEnum):
    """A day of the week."""

    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"

    @property
    def number(self) -> int:
        """0 is Monday, as in `datetime.weekday`."""
        return list(Weekday).index(self)


LocalTime = Annotated[str, StringConstraints(pattern="^([01][0-9]|2[0-3]):[0-5][0-9]$")]
"""Hour and minute of a user's local time."""

CategoryName = Annotated[str, StringConstraints(pattern=f"^{CATEGORY}$")]


class QuietHoursFields(Strict):
    """Local hours at which a user receives no messages."""

    model_config = ConfigDict(
        use_attribute_docstrings=True,
        serialize_by_alias=True,
        json_schema_extra={"examples": [{"days": ["sun", "mon"], "from": "21:00", "to": "08:00"}]},
    )

    days: Annotated[list[Weekday], Field(min_length=1, max_length=7)]
    """The days on which these hours begin."""
    start: Annotated[LocalTime, Field(alias="from")]
    """Hour and minute, such as `21:00`."""
    end: Annotated[LocalTime, Field(alias="to")]
    """Hour and minute; if earlier than `from`, of the next day."""

    @model_validator(mode="after")
    def _are_some(self) -> Self:
        if self.start == self.end:
            raise ValueError("from and to must differ")
        return self


def _leave_some_time(given: Sequence[QuietHoursFields]) -> Sequence[QuietHoursFields]:
    """Refuse quiet hours that cover the whole week: a message that they hold would wait until it expires."""
    quiet = bytearray(_WEEK + _DAY)
    for one in given:
        start = minute_of(one.start)
        length = (minute_of(one.end) - start) % _DAY
        for day in one.days:
            begins = day.number * _DAY + start
            quiet[begins : begins + length] = b"\1" * length
    # Hours that begin on Sunday may end on Monday.
    monday = (int.from_bytes(quiet[_WEEK:]) | int.from_bytes(quiet[:_DAY])).to_bytes(_DAY)
    if 0 not in monday and 0 not in quiet[_DAY:_WEEK]:
        raise ValueError("must not cover the whole week; to stop all messages of a channel, switch the channel off")
    return given


def minute_of(local_time: str) -> int:
    """The minutes from midnight to this time."""
    hour, minute = local_time.split(":")
    return int(hour) * 60 + int(minute)


QuietHoursList = Annotated[list[QuietHoursFields], Field(max_length=MOST_QUIET_HOURS), AfterValidator(_leave_some_time)]

Count = Annotated[int, Field(strict=True, ge=1, le=_MOST_MESSAGES)]


def is_none(value: object) -> bool:
    """Whether the field is not set; answers leave such fields out."""
    return value is None


class CapFields(Strict):
    """The maximum number of promotional messages of a channel. Messages over the cap wait for a digest."""

    model_config = ConfigDict(use_attribute_docstrings=True, json_schema_extra={"examples": [{"day": 5, "week": 20}]})

    day: Annotated[Count | None, Field(exclude_if=is_none)] = None
    """The maximum per day in the user's time zone."""
    week: Annotated[Count | None, Field(exclude_if=is_none)] = None
    """The maximum per week, Monday to Sunday, in the user's time zone."""


class DigestFields(Strict):
    """The local times at which digests are made."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    at: LocalTime = "08:00"
    """Hour and minute. Default: `08:00`."""
    weekday: Weekday = Weekday.MON
    """The weekday of weekly digests. Default: `mon`."""
    day: Annotated[int, Field(strict=True, ge=1, le=31)] = 1
    """The day of monthly digests; in a shorter month, its last day. Default: 1."""


class RuleFields(Strict):
    """The optional fields of preferences."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    language: Annotated[LanguageTag | None, Field(exclude_if=is_none)] = None
    """A BCP 47 tag, such as `es-MX`."""
    time_zone: Annotated[ZoneName | None, Field(exclude_if=is_none)] = None
    """An IANA name, such as `America/Los_Angeles`: the zone of quiet hours, digests and caps."""
    quiet_hours: Annotated[QuietHoursList | None, Field(exclude_if=is_none)] = None
    """Local hours at which the user receives no messages. They are held until these hours end, except for urgent
    transactional messages."""
    caps: Annotated[dict[Channel, CapFields] | None, Field(exclude_if=is_none)] = None
    """The maximum number of promotional messages by channel."""
    categories: Annotated[
        dict[CategoryName, dict[Channel, Frequency]] | None,
        Field(max_length=MOST_CATEGORIES, exclude_if=is_none),
    ] = None
    """The frequency of a category on a channel. It replaces the category's `default`."""
    digest: Annotated[DigestFields | None, Field(exclude_if=is_none)] = None
    """The local times at which digests are made. Default: at 08:00, on Monday if weekly, on the 1st if monthly."""


class DigestPatch(Strict):
    """The changes to the digest times; a time that is left out stays as it is."""

    at: LocalTime | None = None
    weekday: Weekday | None = None
    day: Annotated[int | None, Field(strict=True, ge=1, le=31)] = None


class RulePatch(Strict):
    """The changes to the optional fields by RFC 7396: objects are merged, and a field that is null is removed."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    language: LanguageTag | None = None
    time_zone: ZoneName | None = None
    quiet_hours: QuietHoursList | None = None
    """Replaces the whole list of quiet hours."""
    caps: dict[Channel, CapFields | None] | None = None
    """Changes the caps of the channels that it names."""
    categories: Annotated[
        dict[CategoryName, dict[Channel, Frequency | None] | None] | None, Field(max_length=MOST_CATEGORIES)
    ] = None
    """Changes the frequencies of the categories and channels that it names."""
    digest: DigestPatch | None = None
    """Changes the digest times that it names."""

"""What callers may say about a user beyond the switches of channels, and how it is checked.

Every field may be left out or null; most users say nothing here.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Self

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints, model_validator

from property_alert_notification.api.known_fields import Strict
from property_alert_notification.base.languages import LanguageTag
from property_alert_notification.base.vocabulary import CATEGORY, Channel, Frequency
from property_alert_notification.base.zones import ZoneName

MOST_CATEGORIES = 100
"""Categories of which one user may say something."""

_MOST_QUIET_HOURS = 21
_MOST_MESSAGES = 10_000

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
    """When a user does not want to be disturbed, in local time."""

    model_config = ConfigDict(
        use_attribute_docstrings=True,
        serialize_by_alias=True,
        json_schema_extra={"examples": [{"days": ["sun", "mon"], "from": "21:00", "to": "08:00"}]},
    )

    days: Annotated[list[Weekday], Field(min_length=1, max_length=7)]
    """The days on which these hours begin."""
    start: Annotated[LocalTime, Field(alias="from")]
    """Hour and minute, `21:00`."""
    end: Annotated[LocalTime, Field(alias="to")]
    """Of the next day if it is earlier than `from`."""

    @model_validator(mode="after")
    def _are_some(self) -> Self:
        if self.start == self.end:
            raise ValueError("from and to must differ")
        return self


def _leave_some_time(given: Sequence[QuietHoursFields]) -> Sequence[QuietHoursFields]:
    """Refuse quiet hours that never end: what they hold would wait until it expires."""
    quiet = bytearray(_WEEK + _DAY)
    for one in given:
        start = minute_of(one.start)
        length = (minute_of(one.end) - start) % _DAY
        for day in one.days:
            begins = day.number * _DAY + start
            quiet[begins : begins + length] = b"\1" * length
    # What begins on Sunday goes on into Monday.
    monday = (int.from_bytes(quiet[_WEEK:]) | int.from_bytes(quiet[:_DAY])).to_bytes(_DAY)
    if 0 not in monday and 0 not in quiet[_DAY:_WEEK]:
        raise ValueError("must leave some time of the week; a user who wants nothing switches the channel off")
    return given


def minute_of(local_time: str) -> int:
    """The minute of its day."""
    hour, minute = local_time.split(":")
    return int(hour) * 60 + int(minute)


QuietHoursList = Annotated[
    list[QuietHoursFields], Field(max_length=_MOST_QUIET_HOURS), AfterValidator(_leave_some_time)
]

Count = Annotated[int, Field(strict=True, ge=1, le=_MOST_MESSAGES)]


def is_none(value: object) -> bool:
    """Whether nothing was said: such a field is not shown."""
    return value is None


class CapFields(Strict):
    """How many promotional messages of a channel a user wants at most; more of them wait for a digest."""

    model_config = ConfigDict(use_attribute_docstrings=True, json_schema_extra={"examples": [{"day": 5, "week": 20}]})

    day: Annotated[Count | None, Field(exclude_if=is_none)] = None
    """Within one day of the user's time zone."""
    week: Annotated[Count | None, Field(exclude_if=is_none)] = None
    """Within one such week, from Monday."""


class DigestFields(Strict):
    """When a user wants digests, in local time."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    at: LocalTime = "08:00"
    """Hour and minute."""
    weekday: Weekday = Weekday.MON
    """Of weekly digests."""
    day: Annotated[int, Field(strict=True, ge=1, le=31)] = 1
    """Of monthly digests; in a month that has no such day it is the last one."""


class RuleFields(Strict):
    """What may be said beyond the switches of channels."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    language: Annotated[LanguageTag | None, Field(exclude_if=is_none)] = None
    """A BCP 47 tag."""
    time_zone: Annotated[ZoneName | None, Field(exclude_if=is_none)] = None
    """An IANA name: quiet hours and digests are in its local time."""
    quiet_hours: Annotated[QuietHoursList | None, Field(exclude_if=is_none)] = None
    """When the user does not want to be disturbed. Messages are held until these hours end; urgent transactional ones
    are not."""
    caps: Annotated[dict[Channel, CapFields] | None, Field(exclude_if=is_none)] = None
    """How many promotional messages the user wants at most, by channel."""
    categories: Annotated[
        dict[CategoryName, dict[Channel, Frequency]] | None,
        Field(max_length=MOST_CATEGORIES, exclude_if=is_none),
    ] = None
    """How often the user wants a category on a channel; in place of the category's `default`."""
    digest: Annotated[DigestFields | None, Field(exclude_if=is_none)] = None
    """When the user wants digests: at 08:00, weekly ones on Monday, monthly ones on the 1st, if nothing is said."""


class DigestPatch(Strict):
    """What changes in the times of digests."""

    at: LocalTime | None = None
    weekday: Weekday | None = None
    day: Annotated[int | None, Field(strict=True, ge=1, le=31)] = None


class RulePatch(Strict):
    """What changes of it: objects are merged as RFC 7396 says, so that null takes back what it stands for."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    language: LanguageTag | None = None
    time_zone: ZoneName | None = None
    quiet_hours: QuietHoursList | None = None
    """Takes the place of all quiet hours."""
    caps: dict[Channel, CapFields | None] | None = None
    """Changes the caps that it names."""
    categories: Annotated[
        dict[CategoryName, dict[Channel, Frequency | None] | None] | None, Field(max_length=MOST_CATEGORIES)
    ] = None
    """Changes the channels of the categories that it names."""
    digest: DigestPatch | None = None
    """Changes the times that it names."""

"""Times and days of a feed: what can be understood without guessing is, everything else is a ValueError.

The text of each error says what is wrong and what to send; it never repeats the value.
"""

import re
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from property_alert_notification.homes.reso.values import NO_VALUE

_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d[\d:.Zz+-]{0,20}$")
_TIME_OF_DAY = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?")
_NO_TIME = "must be a time, such as 2026-11-29T09:30:00Z"
_NOT_OF_THIS_ERA = "must be a time of this era"
_ERA = range(1900, 2200)
"""The years of times of a feed."""
_NO_DAY = "must be a day, such as 2026-11-29"


def moment(value: Any, zone: ZoneInfo | None) -> datetime | None:
    """A time with its offset; one without an offset is of `zone`, if that is known.

    Raises:
        ValueError: it is none, or without a zone it could be any of several.
    """
    if value is None or (isinstance(value, str) and value.strip().lower() in NO_VALUE):
        return None
    if not isinstance(value, str) or not _MOMENT.match(value.strip()):
        raise ValueError(_NO_TIME)
    try:
        found = datetime.fromisoformat(value.strip())
    except ValueError:
        raise ValueError(_NO_TIME) from None
    try:
        moment_ = _in_zone(found, zone) if found.tzinfo is None else found.astimezone(UTC)
    except OverflowError:
        raise ValueError(_NOT_OF_THIS_ERA) from None
    if moment_.year not in _ERA:  # such as the default time of a program
        raise ValueError(_NOT_OF_THIS_ERA)
    return moment_


def _in_zone(local: datetime, zone: ZoneInfo | None) -> datetime:
    if zone is None:
        raise ValueError(
            "has no time zone: send an offset, as in 2026-11-29T09:30:00-05:00, or set LISTING_TIME_ZONE to the zone "
            "of the feed"
        )
    first, second = (local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if first != second:
        raise ValueError("does not exist or exists twice where clocks change: send it with an offset")
    return first


def day(value: Any) -> str | None:
    """A day, as `2026-11-29`; of a time the day that it names.

    Raises:
        ValueError: it is none.
    """
    if value is None or (isinstance(value, str) and value.strip().lower() in NO_VALUE):
        return None
    if not isinstance(value, str):
        raise ValueError(_NO_DAY)  # noqa: TRY004 - a wrong value, not a fault of ours
    try:
        return date.fromisoformat(value.strip()[:10]).isoformat()
    except ValueError:
        raise ValueError(_NO_DAY) from None


def clock_time(value: Any, zone: ZoneInfo | None) -> str | None:
    """A time of day as `13:00:00`, or a moment in UTC as RFC 3339.

    Raises:
        ValueError: it is neither.
    """
    if isinstance(value, str) and _TIME_OF_DAY.fullmatch(value.strip()):
        return time.fromisoformat(value.strip()).isoformat()
    found = moment(value, zone)
    return None if found is None else as_text(found)


def as_text(time_: datetime) -> str:
    """A moment as this service writes it."""
    return time_.astimezone(UTC).isoformat().replace("+00:00", "Z")

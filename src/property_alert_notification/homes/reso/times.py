"""Times and days of a feed: what can be understood without guessing is, everything else is a ValueError.

The text of each error says what is wrong and what to send; it never repeats the value.
"""

import re
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from property_alert_notification.homes.reso.values import NO_VALUE

_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d[\d:.+-]{0,20}Z?")
"""As most feeds write it, which needs no other reading."""
_WRITTEN = re.compile(
    r"((?P<day>\d{4}-\d\d-\d\d)(T|\s+))?"
    r"(?P<hour>\d\d?)(:(?P<minute>\d\d)(:(?P<second>\d\d)([.,](?P<fraction>\d{1,9}))?)?)?"
    r"(\s*(?P<half>[AP])\.?M\.?)?\s*(?P<offset>Z|UTC|GMT|[+-]\d\d(:?\d\d)?)?",
    re.IGNORECASE | re.ASCII,
)
_LONGEST = 50
"""Characters of a time."""
_NO_TIME = "must be a time, such as 2026-11-29T09:30:00Z"
_NOT_OF_THISERA = "must be a time of this era"
ERA = range(1900, 2200)
"""The years of times of a feed."""
_NO_DAY = "must be a day, such as 2026-11-29"


def moment(value: Any, zone: ZoneInfo | None) -> datetime | None:
    """A time in UTC; one without an offset is of `zone`, if that is known.

    Raises:
        ValueError: it is none, or without a zone it could be any of several.
    """
    found = with_offset(value, zone)
    return None if found is None else found.astimezone(UTC)


def with_offset(value: Any, zone: ZoneInfo | None) -> datetime | None:
    """A time with the offset that it names; one without an offset is of `zone`, if that is known.

    Raises:
        ValueError: it is none, or without a zone it could be any of several.
    """
    if value is None or (isinstance(value, str) and value.strip().lower() in NO_VALUE):
        return None
    if not isinstance(value, str) or len(text := value.strip()) > _LONGEST:
        raise ValueError(_NO_TIME)
    try:
        found = datetime.fromisoformat(text if _MOMENT.fullmatch(text) else _in_iso(text))
    except ValueError:
        raise ValueError(_NO_TIME) from None
    try:
        found = _in_zone(found, zone) if found.tzinfo is None else found
        year = found.astimezone(UTC).year
    except OverflowError:
        raise ValueError(_NOT_OF_THISERA) from None
    if year not in ERA:  # such as the default time of a program
        raise ValueError(_NOT_OF_THISERA)
    return found


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


def clock_time(value: Any, zone: ZoneInfo | None, day_: str | None = None) -> datetime | time | None:
    """A time of day, or a moment with its offset.

    A time of day with an offset is a moment of `day_`. Without one, and if no zone is known, a
    time of `day_` is a time of day.

    Raises:
        ValueError: it is neither.
    """
    text = value.strip() if isinstance(value, str) else ""
    found = _WRITTEN.fullmatch(text) if len(text) <= _LONGEST else None
    if found is None or (found["day"] and (found["offset"] or zone or found["day"] != day_)):
        return with_offset(value, zone)
    offset = _offset_of(found)
    # In `10:00-12:00` the second time is no offset.
    if offset and (day_ is None or (offset != "Z" and found["second"] is None)):
        raise ValueError(_NO_TIME)
    try:
        clock = time.fromisoformat(_clock_of(found)).replace(microsecond=0)
        return with_offset(f"{day_}T{clock.isoformat()}{offset}", zone) if offset else clock
    except ValueError:
        raise ValueError(_NO_TIME) from None


def _in_iso(text: str) -> str:
    """A moment as ISO 8601 writes it, of one that is written otherwise: `2026-11-29 9:30 am UTC`."""
    found = _WRITTEN.fullmatch(text)
    if found is None or found["day"] is None:
        raise ValueError(_NO_TIME)
    return f"{found['day']}T{_clock_of(found)}{_offset_of(found)}"


def _clock_of(found: re.Match[str]) -> str:
    """The time of day, of 24 hours."""
    hour, half = int(found["hour"]), found["half"]
    if (half is not None and not 1 <= hour <= 12) or (half is None and found["minute"] is None):
        raise ValueError(_NO_TIME)
    if half is not None:
        hour = hour % 12 + (12 if half in "Pp" else 0)
    fraction = f".{found['fraction'][:6]:0<6}" if found["fraction"] else ""
    return f"{hour:02}:{found['minute'] or '00'}:{found['second'] or '00'}{fraction}"


def _offset_of(found: re.Match[str]) -> str:
    """The offset; empty if there is none."""
    offset = found["offset"] or ""
    return "Z" if offset.isalpha() else offset


def as_text(time_: datetime) -> str:
    """A moment as this service writes it."""
    return time_.astimezone(UTC).isoformat().replace("+00:00", "Z")

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
_WITH_SLASHES = re.compile(r"(\d\d?)/(\d\d?)/(\d{4})", re.ASCII)
_LONGEST = 50
"""Characters of a time."""
_NO_TIME = "must be a time, such as 2026-11-29T09:30:00Z"
_NO_ZONE = "has no time zone: send an offset (2026-11-29T09:30:00-05:00), or set LISTING_TIME_ZONE to that of the feed"
_NO_YEARS = frozenset({"0000-", "0001-"})
"""What times and days begin with that programs write where they know none."""
NO_DAYS = frozenset({"0001-01-01", "1899-12-30", "1900-01-01", "1970-01-01"})
"""The first days of calendars of programs, which these write where they have a time of day, or none at all."""
_MIDNIGHT = "00:00:00"
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
    found = _parsed(value)
    if found is None:
        return None
    try:
        found = _in_zone(found, zone) if found.tzinfo is None else found
        year = found.astimezone(UTC).year
    except OverflowError:
        raise ValueError(_NOT_OF_THISERA) from None
    if year not in ERA:  # such as the default time of a program
        raise ValueError(_NOT_OF_THISERA)
    return found


def _parsed(value: Any) -> datetime | None:
    """A time, with its offset if it names one."""
    if value is None or (isinstance(value, str) and value.strip().lower() in NO_VALUE):
        return None
    if not isinstance(value, str) or len(text := value.strip()) > _LONGEST:
        raise ValueError(_NO_TIME)
    try:
        return datetime.fromisoformat(text if _MOMENT.fullmatch(text) else _in_iso(text))
    except ValueError:
        raise ValueError(_NO_TIME) from None


def kept_moment(value: Any, zone: ZoneInfo | None) -> str | None:
    """A time as a record keeps it, with its offset; None if it is none of this era, or two where clocks change.

    Raises:
        ValueError: it is no time, or no zone is known.
    """
    try:
        found = datetime.fromisoformat(value)
        is_usual = value[7:8] == "-" and value[13:14] == ":"  # nearly all are, and need no other reading
    except (TypeError, ValueError):
        is_usual = False
    if not is_usual:
        if isinstance(value, str) and value[:5] in _NO_YEARS:
            return None
        if (other := _parsed(value)) is None:
            return None
        found = other
    if found.year not in ERA:
        return None
    if found.tzinfo is not None:
        return str(value) if is_usual else found.isoformat()
    if zone is None:
        raise ValueError(_NO_ZONE)
    return found.replace(tzinfo=zone).isoformat() if len(_moments(found, zone)) == 1 else None


def _in_zone(local: datetime, zone: ZoneInfo | None) -> datetime:
    if zone is None:
        raise ValueError(_NO_ZONE)
    first, *others = _moments(local, zone)
    if others:
        raise ValueError("does not exist or exists twice where clocks change: send it with an offset")
    return first


def _moments(local: datetime, zone: ZoneInfo) -> list[datetime]:
    """The moments that a local time may be: two where clocks change."""
    return sorted({local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)})


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


def kept_day(value: Any) -> str | None:
    """A day as a record keeps it; `11/28/2026` is one, and `05/06/2026` could be two.

    Raises:
        ValueError: it is none.
    """
    try:
        found = date.fromisoformat(value)  # as most feeds write it
    except (TypeError, ValueError):
        return _other_day(value)
    return found.isoformat() if found.year > 1 else None


def _other_day(value: Any) -> str | None:
    if isinstance(value, str) and value[:5] in _NO_YEARS:
        return None
    if isinstance(value, str) and (written := _WITH_SLASHES.fullmatch(value.strip())):
        one, other, year = written.groups()
        months = [(month, day_) for month, day_ in {(one, other), (other, one)} if int(month) in range(1, 13)]
        if len(months) != 1:
            raise ValueError(_NO_DAY)
        value = f"{year}-{months[0][0]:0>2}-{months[0][1]:0>2}"
    return day(value)


def clock_time(value: Any, zone: ZoneInfo | None, day_: str | None = None) -> datetime | time | None:
    """A time of day, or a moment with its offset.

    A time of day with an offset is a moment of `day_`. Without one, and if no zone is known, a
    time of `day_` is a time of day. So is one of a day that is none, and its midnight is no time.

    Raises:
        ValueError: it is neither.
    """
    text = value.strip() if isinstance(value, str) else ""
    found = _WRITTEN.fullmatch(text) if len(text) <= _LONGEST else None
    if found is not None and found["day"] in NO_DAYS and _clock_of(found).startswith(_MIDNIGHT):
        return None
    if found is None or (found["day"] and not _is_time_of_day(found, zone, day_)):
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


def _is_time_of_day(found: re.Match[str], zone: ZoneInfo | None, day_: str | None) -> bool:
    """Whether the day of what was read says nothing of its own."""
    if found["offset"]:
        return False
    return found["day"] in NO_DAYS or (zone is None and found["day"] == day_)


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

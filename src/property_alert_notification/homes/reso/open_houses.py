"""The open houses of a listing, as its record has them."""

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from property_alert_notification.base.errors import InvalidField
from property_alert_notification.base.zones import ZoneUnknown, zone_named
from property_alert_notification.homes.reso import texts, times, values, words
from property_alert_notification.homes.reso.open_house_times import clock_of, names_of, time_of
from property_alert_notification.homes.reso.words import OpenHouseStatus

OPEN_HOUSES = ("OpenHouse", "OpenHouses")
"""Where feeds have them."""

MOST = 100

_IS_PLACE = re.compile(r"(?!Etc/)\w+/")
"""What the IANA name of a zone begins with that is of a place: UTC, EST and Etc/GMT+5 are of none."""

_IN_UTC = re.compile(r"(19|20|21)\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.0+)?Z")

_KEYS = ("OpenHouseKey", "OpenHouseKeyNumeric", "OpenHouseId")
_Time = datetime | time | None
"""A moment, a time of day, or none."""

_NOTHING: Sequence[Any] = (None, "", {}, [None], [{}])
"""What says nothing of open houses. An empty list says that there are none."""
_NOT_PLANNED = frozenset({OpenHouseStatus.CANCELED, OpenHouseStatus.ENDED})
_DAY = timedelta(days=1)


def open_houses_of(record: Mapping[str, Any], zone: ZoneInfo | None) -> list[dict[str, Any]] | None:
    """The open houses in the order of their keys; None if the record does not speak of any.

    `zone` is that of the feed, which counts if the record does not name the zone of the home.

    Raises:
        InvalidField: one cannot be understood.
    """
    name, given = _given_in(record)
    if name is None:
        return None
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given) or len(given) > MOST:
        raise InvalidField(name, f"must be a list of at most {MOST} open houses")
    zone = _zone_of_home(record) or zone
    found: dict[str, dict[str, Any]] = {}
    for one in sorted((_read(one, name, zone) for one in given), key=_precedence):
        key = one["OpenHouseKey"]
        if key in found and names_of(found[key]) != names_of(one):
            key = f"{key} {_key_by_time(one)}"  # some feeds give all open houses of a listing its key
        found.setdefault(key, one | {"OpenHouseKey": key})
    return [found[key] for key in sorted(found)]


def changed_at(record: Mapping[str, Any], zone: ZoneInfo | None, *, until: datetime) -> datetime | None:
    """When the open houses of a record that can be read were changed last, if they say so.

    Times after `until` do not count, and neither do those that cannot be understood.
    """
    _, given = _given_in(record)
    moments: list[datetime] = []
    for one in given or ():
        with suppress(ValueError):
            at = times.moment(one.get("ModificationTimestamp"), zone)
            moments += [at] if at is not None and at <= until else []
    return max(moments, default=None)


def _given_in(record: Mapping[str, Any]) -> tuple[str | None, Any]:
    """The field with the open houses, and what it has; one without a list is a list of one."""
    name = next((name for name in OPEN_HOUSES if record.get(name) not in _NOTHING), None)
    given = None if name is None else record[name]
    return name, [given] if isinstance(given, dict) else given


def _zone_of_home(record: Mapping[str, Any]) -> ZoneInfo | None:
    """The zone of a place that a record names, such as America/Denver.

    Others are of several places: `Pacific` is no IANA name, and `EST` is one that knows no summer time.
    """
    name = record.get("PropertyTimeZoneName")
    try:
        return zone_named(name.strip()) if isinstance(name, str) and _IS_PLACE.match(name.strip()) else None
    except ZoneUnknown:
        return None


def _precedence(one: Mapping[str, Any]) -> tuple[bool, str]:
    """The first of several with one key counts, in whatever order they are."""
    return not is_invitation(one), str(sorted(one.items()))


def _read(given: Mapping[str, Any], place: str, zone: ZoneInfo | None) -> dict[str, Any]:
    def field(name: str, understand: Callable[[Any], Any]) -> Any:
        try:
            return understand(given.get(name))
        except ValueError as fault:
            raise InvalidField(f"{place}.{name}", str(fault)) from None

    said = field("OpenHouseDate", lambda value: _day_of(value, zone))
    said = said or _day_within(given.get("OpenHouseStartTime"), zone)
    if said is None:
        raise InvalidField(f"{place}.OpenHouseDate", "is missing: send the day, such as 2026-12-06")
    start = field("OpenHouseStartTime", lambda value: _where_it_is(_time(value, said, zone), said, zone))
    # Some feeds have the day in UTC, which in the evening may be the next one.
    day = start.date() if isinstance(start, datetime) and _is_local(start, zone) else said
    end = field("OpenHouseEndTime", lambda value: _end_after(start, _time(value, said, zone), day, zone))
    found = {
        "OpenHouseDate": day.isoformat(),
        "OpenHouseStartTime": _text(start, zone),
        "OpenHouseEndTime": _text(end, zone),
        "OpenHouseStatus": field("OpenHouseStatus", lambda value: texts.word_of("OpenHouseStatus", value)) or "Active",
        "OpenHouseType": field("OpenHouseType", _type_of),
        "AppointmentRequiredYN": field("AppointmentRequiredYN", values.switch),
    }
    found = {name: value for name, value in found.items() if value is not None}
    key = next(filter(None, map(given.get, _KEYS)), None) or _key_by_time(found)
    if not isinstance(key, str | int) or not 0 < len(str(key)) <= 255 or not str(key).isprintable():
        raise InvalidField(f"{place}.OpenHouseKey", "must be 1 to 255 printable characters")
    return {"OpenHouseKey": str(key), **found}


def _day_of(value: Any, zone: ZoneInfo | None) -> date | None:
    found = times.kept_day(value)
    if found is None:
        return None
    day = date.fromisoformat(found)
    if zone is not None and _IN_UTC.fullmatch(value.strip()):
        # The midnight at which a day begins there, in UTC.
        local = datetime.fromisoformat(value.strip()).astimezone(zone)
        day = local.date() if local.time() == time() else day
    if day.year not in times.ERA:
        raise ValueError("must be a day of this era")
    return day


def _day_within(start: Any, zone: ZoneInfo | None) -> date | None:
    """The day of a start, if it has one."""
    try:
        found = _day_of(start, zone)
    except ValueError:
        return None
    return None if found is None or found.isoformat() in times.NO_DAYS else found


def _time(value: Any, day: date, zone: ZoneInfo | None) -> _Time:
    return times.clock_time(value, zone, day.isoformat())


def _where_it_is(one: _Time, day: date, zone: ZoneInfo | None) -> _Time:
    """A time by the clocks where the open house is, if its zone is known."""
    if one is None or isinstance(one, time):
        return one if one is None or zone is None else datetime.combine(day, one, zone)
    local = one if zone is None else one.astimezone(zone)
    if abs(local.date() - day) > _DAY:
        raise ValueError("is of another day than OpenHouseDate: send the day of the start, or no OpenHouseDate")
    return local


def _is_local(one: datetime, zone: ZoneInfo | None) -> bool:
    """Whether a moment has the offset of the place. One in UTC has it only if the zone is known."""
    return zone is not None or bool(one.utcoffset())


def _end_after(start: _Time, end: _Time, day: date, zone: ZoneInfo | None) -> _Time:
    """The end of an open house; None if it is the start, as feeds write it that do not know it.

    A time of day before the start is one of the next day, unless the open house would last half a day then.

    Raises:
        ValueError: it is before the start.
    """
    is_of_day = isinstance(end, time)
    if isinstance(end, time) and isinstance(start, datetime) and _is_local(start, zone):
        end = datetime.combine(day, end, start.tzinfo)
    elif isinstance(end, time) and zone is not None:
        end = datetime.combine(day, end, zone)
    elif isinstance(end, datetime) and zone is not None:
        end = end.astimezone(zone)
    first, last = (datetime.combine(day, one) if isinstance(one, time) else one for one in (start, end))
    if first is None or last is None or (first.tzinfo is None) != (last.tzinfo is None):
        return end  # they do not compare
    lasts = last - first
    if not lasts:
        return None
    if lasts > timedelta():
        return end
    if not is_of_day or lasts + _DAY >= _DAY / 2:
        raise ValueError(
            "is before OpenHouseStartTime: send an end after the start, with its day if that is another one, as in "
            "2026-12-07T01:00:00-08:00"
        )
    return end + _DAY if isinstance(end, datetime) else end


def _text(one: _Time, zone: ZoneInfo | None) -> str | None:
    """As it is kept: a moment in UTC ends with Z if it is not known where it is."""
    if one is None:
        return None
    text = one.isoformat(timespec="seconds")
    return text if isinstance(one, time) or _is_local(one, zone) else text.replace("+00:00", "Z")


def _type_of(value: Any) -> str | None:
    types = [words.OPEN_HOUSE_TYPES.get(words.squash(one), one) for one in texts.words_of(value) or ()]
    return next((one for one in types if one in words.PUBLIC_OPEN_HOUSES), next(iter(types), None))


def _key_by_time(found: Mapping[str, Any]) -> str:
    """The key of an open house without one."""
    day, *clocks = time_of(found)
    return " ".join([day, *(clock_of(clock) for clock in clocks if clock is not None)])


def takes_place(status: str | None) -> bool:
    """Whether an open house of this status takes place: it is neither cancelled nor over."""
    return status not in _NOT_PLANNED


def is_invitation(one: Mapping[str, Any]) -> bool:
    """Whether an open house takes place, and everybody may come."""
    return takes_place(one.get("OpenHouseStatus")) and is_public(one)


def is_public(one: Mapping[str, Any]) -> bool:
    """Whether an open house is for everybody, and not for brokers or those of an office alone."""
    return one.get("OpenHouseType") in words.PUBLIC_OPEN_HOUSES


def is_online(one: Mapping[str, Any]) -> bool:
    """Whether an open house takes place online only."""
    return one.get("OpenHouseType") == words.OpenHouseType.LIVESTREAM_PUBLIC

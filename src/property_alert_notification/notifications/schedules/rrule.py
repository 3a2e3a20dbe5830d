"""Parses recurrence rules (RFC 5545, 3.3.10). A part that is not supported is refused by name. Pure."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time
from enum import StrEnum
from functools import lru_cache
from typing import Any

LONGEST = 500
"""The longest rule, in characters."""


class Freq(StrEnum):
    """How often a rule repeats."""

    HOURLY = "HOURLY"
    DAILY = "DAILY"
    WEEKLY = "WEEKLY"
    MONTHLY = "MONTHLY"


@dataclass(frozen=True, slots=True)
class Weekday:
    """A day of the week, or the nth such day of a month."""

    day: int
    """0 is Monday."""
    nth: int | None = None
    """From the end of the month when negative; None is every one."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A parsed rule. An empty tuple is a part that was left out."""

    freq: Freq
    interval: int = 1
    count: int | None = None
    until: datetime | None = None
    """The last local time, or the last instant if it is aware. The rule may occur at this time."""
    weekdays: tuple[Weekday, ...] = ()
    month_days: tuple[int, ...] = ()
    """From the end of the month when negative."""
    months: tuple[int, ...] = ()
    hours: tuple[int, ...] = ()
    minutes: tuple[int, ...] = ()


class RuleRefused(ValueError):
    """A rule is invalid. The text names the part and the remedy."""


@lru_cache(maxsize=4096)
def read_rule(text: str) -> Rule:
    """Parse a rule such as `FREQ=WEEKLY;BYDAY=MO,TH`.

    Raises:
        RuleRefused: the rule is invalid, or has a part that is not supported.
    """
    if len(text) > LONGEST:
        raise RuleRefused(f"must have {LONGEST} or fewer characters")
    parts = _parts(text.upper())
    values = {_READERS[name][0]: _READERS[name][1](name, value) for name, value in parts.items()}
    if "freq" not in values:
        raise RuleRefused("needs FREQ: HOURLY, DAILY, WEEKLY or MONTHLY, for example FREQ=WEEKLY;BYDAY=MO")
    rule = Rule(**values)
    _check_together(rule)
    return rule


def _parts(text: str) -> Mapping[str, str]:
    if text.startswith("RRULE:"):
        raise RuleRefused("must be the value alone: leave out `RRULE:`")
    parts: dict[str, str] = {}
    for part in text.split(";"):
        name, equals, value = part.partition("=")
        if not equals or not value or not _NAME.fullmatch(name):
            raise RuleRefused("must be parts such as FREQ=DAILY, separated by semicolons")
        if name in parts:
            raise RuleRefused(f"names {name} twice: keep one")
        if name not in _READERS:
            raise RuleRefused(_why_not_supported(name))
        parts[name] = value
    return parts


_NAME = re.compile("[A-Z][A-Z-]{0,19}")

_INSTEAD = {
    "BYSECOND": "notifications are sent at whole minutes, so leave it out",
    "BYSETPOS": "give a day of the month by BYDAY with a number (FREQ=MONTHLY;BYDAY=-1FR) or by BYMONTHDAY",
    "BYWEEKNO": "give months by BYMONTH, or every nth week by FREQ=WEEKLY;INTERVAL",
    "BYYEARDAY": "give the date by FREQ=MONTHLY with BYMONTH and BYMONTHDAY",
    "BYEASTER": "give the date by FREQ=MONTHLY with BYMONTH and BYMONTHDAY",
    "WKST": "weeks begin on Monday, so leave it out",
    "DTSTART": "give the start in the field `start`",
    "EXDATE": "pause the schedule, or make a schedule of its own for what differs",
    "RDATE": "make a schedule of its own for each further date, or a notification with `send_at`",
    "TZID": "give the zone in the field `time_zone`",
}


def _why_not_supported(name: str) -> str:
    if name in _INSTEAD:
        return f"has {name}, which is not supported: {_INSTEAD[name]}"
    if name.startswith("X-") or name not in _RSCALE:
        return f"has a part that RFC 5545 does not define: leave it out. Parts are {', '.join(_READERS)}"
    return f"has {name}, which is not supported: leave it out"


_RSCALE = frozenset({"RSCALE", "SKIP"})
"""The parts that RFC 7529 adds."""


def _freq(_: str, value: str) -> Freq:
    if value in ("SECONDLY", "MINUTELY"):
        raise RuleRefused(f"has FREQ={value}, which is not supported: FREQ=HOURLY is the most frequent")
    if value == "YEARLY":
        raise RuleRefused(
            "has FREQ=YEARLY, which is not supported: name the month and the day, for example "
            "FREQ=MONTHLY;BYMONTH=12;BYMONTHDAY=24"
        )
    try:
        return Freq(value)
    except ValueError:
        raise RuleRefused("FREQ must be HOURLY, DAILY, WEEKLY or MONTHLY") from None


def _number(name: str, value: str, *, least: int, most: int, signed: bool = False) -> int:
    pattern = _SIGNED if signed else _UNSIGNED
    if pattern.fullmatch(value):
        number = int(value)
        if least <= abs(number) <= most if signed else least <= number <= most:
            return number
    ends = f"{least} to {most}" + (f" or -{most} to -{least}" if signed else "")
    raise RuleRefused(f"{name} must be {ends}")


_UNSIGNED, _SIGNED = re.compile("[0-9]{1,9}"), re.compile("[+-]?[0-9]{1,9}")


def _one(least: int, most: int) -> Callable[[str, str], int]:
    return lambda name, value: _number(name, value, least=least, most=most)


def _list(least: int, most: int, *, signed: bool = False) -> Callable[[str, str], tuple[int, ...]]:
    def read(name: str, value: str) -> tuple[int, ...]:
        numbers = {_number(name, one, least=least, most=most, signed=signed) for one in value.split(",")}
        return tuple(sorted(numbers))

    return read


_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_DAY = re.compile(f"([+-]?[0-9]{{1,2}})?({'|'.join(_DAYS)})")


def _weekdays(_: str, value: str) -> tuple[Weekday, ...]:
    days: dict[Weekday, None] = {}
    for one in value.split(","):
        if (found := _DAY.fullmatch(one)) is None:
            raise RuleRefused("BYDAY must be days such as MO,TU or, with FREQ=MONTHLY, 1MO or -1FR")
        nth = None if found[1] is None else int(found[1])
        if nth is not None and not 1 <= abs(nth) <= _MOST_WEEKS:
            raise RuleRefused("BYDAY has a number that no month reaches: it must be 1 to 5 or -5 to -1")
        days[Weekday(_DAYS.index(found[2]), nth)] = None
    return tuple(days)


_MOST_WEEKS = 5

_UNTIL = re.compile("([0-9]{8})(?:T([0-9]{6})(Z)?)?")


def _until(_: str, value: str) -> datetime:
    found = _UNTIL.fullmatch(value)
    moment = None if found is None else _moment(found[1], found[2])
    if found is None or moment is None:
        raise RuleRefused(
            "UNTIL must be a date (20261231: that day is the last), a local time (20261231T090000) or a time in UTC "
            "(20261231T080000Z)"
        )
    return moment.replace(tzinfo=UTC) if found[3] else moment


def _moment(day: str, clock: str | None) -> datetime | None:
    try:
        date = datetime.strptime(day, "%Y%m%d").date()  # noqa: DTZ007 - local by definition
        return datetime.combine(date, _END_OF_DAY if clock is None else _time(clock))
    except ValueError:
        return None


_END_OF_DAY = time(23, 59, 59)


def _time(digits: str) -> time:
    hour, minute, second = int(digits[:2]), int(digits[2:4]), int(digits[4:])
    # RFC 5545 knows a leap second; Python does not.
    return time(hour, minute, min(second, 59) if second == _LEAP_SECOND else second)


_LEAP_SECOND = 60

_READERS: Mapping[str, tuple[str, Callable[[str, str], Any]]] = {
    "FREQ": ("freq", _freq),
    "INTERVAL": ("interval", _one(1, 100_000)),
    "COUNT": ("count", _one(1, 999_999_999)),
    "UNTIL": ("until", _until),
    "BYDAY": ("weekdays", _weekdays),
    "BYMONTHDAY": ("month_days", _list(1, 31, signed=True)),
    "BYMONTH": ("months", _list(1, 12)),
    "BYHOUR": ("hours", _list(0, 23)),
    "BYMINUTE": ("minutes", _list(0, 59)),
}
"""The field of Rule and the parser of the value, by part."""


def _check_together(rule: Rule) -> None:
    """Check the combinations of parts that RFC 5545 forbids.

    Raises:
        RuleRefused: two parts exclude each other.
    """
    if rule.count is not None and rule.until is not None:
        raise RuleRefused("has both COUNT and UNTIL: keep one of them")
    if rule.freq is Freq.WEEKLY and rule.month_days:
        raise RuleRefused("has BYMONTHDAY with FREQ=WEEKLY: use FREQ=MONTHLY, or FREQ=DAILY with BYDAY and BYMONTHDAY")
    if rule.freq is not Freq.MONTHLY and any(one.nth is not None for one in rule.weekdays):
        raise RuleRefused(f"has BYDAY with a number and FREQ={rule.freq}: numbers need FREQ=MONTHLY")

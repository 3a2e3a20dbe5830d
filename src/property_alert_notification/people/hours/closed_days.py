"""Parses the days of the year on which a law allows no message, and computes their dates. Pure.

12-25                the same date every year
2027-03-09           one date
easter+39            so many days after (or before) Easter Sunday
nov thu 4            the fourth Thursday of November; `last` is the last one
07-04 observed       also the Monday after a Sunday, and the Friday before a Saturday
"""

import re
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from functools import lru_cache

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

_WRITTEN = re.compile(
    r"(?:(?P<year>\d{4})-)?(?P<month>\d\d)-(?P<day>\d\d)"
    r"|easter(?P<offset>[+-]\d{1,3})?"
    rf"|(?P<name>{'|'.join(_MONTHS)}) (?P<weekday>{'|'.join(WEEKDAYS)}) (?P<which>[1-4]|last)"
)
_OBSERVED = " observed"
_LEAP_YEAR = 2000


def check(written: str) -> str:
    """Return the text of one day.

    Raises:
        ValueError: the text is not a valid day.
    """
    match = _WRITTEN.fullmatch(written.removesuffix(_OBSERVED))
    if match is None:
        raise ValueError(f"{written!r} is not a day: write 12-25, 2027-03-09, easter+39 or nov thu 4")
    if match["day"]:
        date(int(match["year"] or _LEAP_YEAR), int(match["month"]), int(match["day"]))
    return written


@lru_cache(maxsize=1024)
def dates_in(written: tuple[str, ...], year: int) -> frozenset[date]:
    """The dates of these days in a year. A day near New Year may be observed in the previous or next year."""
    near = (year - 1, year, year + 1)
    found = (day for text in written for at in near for day in _dates(text, at))
    return frozenset(day for day in found if day.year == year)


def _dates(written: str, year: int) -> Iterable[date]:
    day = _date(written.removesuffix(_OBSERVED), year)
    if day is None:
        return ()
    return _observed(day) if written.endswith(_OBSERVED) else (day,)


def _observed(day: date) -> Iterator[date]:
    yield day
    if WEEKDAYS[day.weekday()] == "sun":
        yield day + timedelta(days=1)
    elif WEEKDAYS[day.weekday()] == "sat":
        yield day - timedelta(days=1)


def _date(written: str, year: int) -> date | None:
    match = _WRITTEN.fullmatch(written)
    if match is None:
        return None
    if match["name"]:
        return _weekday_of(year, _MONTHS.index(match["name"]) + 1, WEEKDAYS.index(match["weekday"]), match["which"])
    if not match["day"]:
        return _easter(year) + timedelta(days=int(match["offset"] or 0))
    if match["year"] and int(match["year"]) != year:
        return None
    try:
        return date(year, int(match["month"]), int(match["day"]))
    except ValueError:  # most years have no 29th of February
        return None


def _weekday_of(year: int, month: int, weekday: int, which: str) -> date:
    first = date(year, month, 1)
    day = first + timedelta(days=(weekday - first.weekday()) % 7)
    if which != "last":
        return day + timedelta(weeks=int(which) - 1)
    fifth = day + timedelta(weeks=4)
    return fifth if fifth.month == month else day + timedelta(weeks=3)


def _easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar, by the usual computation without tables."""
    golden = year % 19
    century, rest = divmod(year, 100)
    leap_centuries, century_in_cycle = divmod(century, 4)
    moon_correction = (century - (century + 8) // 25 + 1) // 3
    epact = (19 * golden + century - leap_centuries - moon_correction + 15) % 30
    leap_years, year_in_cycle = divmod(rest, 4)
    to_sunday = (32 + 2 * century_in_cycle + 2 * leap_years - epact - year_in_cycle) % 7
    late = (golden + 11 * epact + 22 * to_sunday) // 451
    month, day = divmod(epact + to_sunday - 7 * late + 114, 31)
    return date(year, month, day + 1)

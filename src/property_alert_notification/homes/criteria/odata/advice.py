"""What to write instead of a part of a `$filter` that is not understood. Pure."""

import re

from property_alert_notification.homes.criteria.known_fields import KINDS

FUNCTIONS = ("contains", "startswith", "endswith", "tolower", "toupper", "geo.distance", "geo.intersects")

_ENCODED = "cannot be read: write the filter as it is, without the encoding of URLs"
_QUOTES = "is no quote of OData: write 'single quotes'"
_CHARACTERS = {
    "'": "has no closing quote; a quote inside a text is written twice",
    "=": "is no operator: write eq",
    "<": "is no operator: write lt or le",
    ">": "is no operator: write gt or ge",
    "!": "is no operator: write ne or not",
    "&": "is no operator: write and",
    "|": "is no operator: write or",
    "+": "is no space here: write the filter as it is, without the encoding of URLs",
    "%": _ENCODED,
    ".": "cannot be read: a number begins with a digit, as 0.5",
    "-": "cannot be read: only a number may be negative",
    "[": "cannot be read: a list stands in parentheses, as ('Seattle','Bellevue')",
    **dict.fromkeys('"`\u00b4\u2018\u2019\u201a\u201c\u201d\u201e«»', _QUOTES),
}
_DOLLARS = (
    (
        re.compile(r"\$\d"),
        "cannot be read: write an amount as a number, as 500000, and its currency as currency eq 'USD'",
    ),
    (re.compile(r"\$count", re.IGNORECASE), "cannot be read: only any(…) may follow a field"),
)


def about_character(rest: str) -> str:
    """What is wrong where `rest` of a filter begins, which is no part of OData."""
    for pattern, advice in _DOLLARS:
        if pattern.match(rest):
            return advice
    if rest[0] == "$":
        return "cannot be read: write the expression alone, without $filter="
    if rest[0].isdigit():
        return "cannot be read: a number has digits alone, as 500000; a date is written as 2026-11-29"
    return _CHARACTERS.get(rest[0], "cannot be read")


_DATES = "write a date, as in OnMarketDate ge 2026-11-29"
_INSTEAD = {
    "substringof": "write contains(City,'text')",
    "indexof": "write contains(City,'text')",
    "matchespattern": "write contains, startswith or endswith",
    **dict.fromkeys(("year", "month", "day", "date", "now", "maxdatetime", "mindatetime"), _DATES),
    "length": "a text cannot be compared by its length",
    **dict.fromkeys(("round", "floor", "ceiling"), "numbers are compared as they are"),
}


def about_function(name: str) -> str:
    """What to write instead of a function that is none of ours."""
    instead = _INSTEAD.get(name.lower(), f"these are {', '.join(FUNCTIONS[:-1])} and {FUNCTIONS[-1]}")
    return f"is no function that is understood here: {instead}"


def about_value(name: str) -> str:
    """What is wrong with a name in the place of a value."""
    if name in KINDS:
        return "is a field: a field is compared with a value, and not with another field"
    return "must be a value: a text stands in single quotes, a number and a date without"

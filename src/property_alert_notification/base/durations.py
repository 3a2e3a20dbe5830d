"""Durations as people write them: `30min`, `2h`, `5d`. Pure."""

import re
from datetime import timedelta

_UNITS = {"s": "seconds", "min": "minutes", "h": "hours", "d": "days"}

FORM = rf"[1-9][0-9]{{0,5}}(?:{'|'.join(_UNITS)})"
"""How a duration is written, as a regular expression for the whole of it."""

_PARTS = re.compile(r"([0-9]+)([a-z]+)")


def parse(text: str) -> timedelta:
    """The duration that this is.

    Raises:
        ValueError: it is none.
    """
    if not re.fullmatch(FORM, text) or (parts := _PARTS.fullmatch(text)) is None:
        raise ValueError("must be a number of s, min, h or d, for example 2h")
    return timedelta(**{_UNITS[parts[2]]: int(parts[1])})


def written(duration: timedelta) -> str:
    """A duration of whole seconds in the largest unit that expresses it exactly."""
    for unit, name in reversed(_UNITS.items()):
        count, rest = divmod(duration, timedelta(**{name: 1}))
        if not rest and count:
            return f"{count}{unit}"
    return f"{int(duration.total_seconds())}s"

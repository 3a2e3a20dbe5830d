"""How large a record may be, and what no record may have. Pure."""

import json
from collections.abc import Mapping
from typing import Any

from property_alert_notification.base.errors import InvalidField
from property_alert_notification.base.json_body import REPEATED, Repeated
from property_alert_notification.base.printable import is_printable
from property_alert_notification.homes.reso.personal import LONGEST_NAME

MOST_FIELDS, LARGEST_RECORD, DEEPEST = 1_000, 64 * 1024, 8
"""Fields of a record, its bytes as JSON, and how deep it may be nested."""

UNPRINTABLE_NAME = "has control characters or unpaired surrogates in its name: send it without them"

_LONGEST_ESCAPE, _LONGEST_NUMBER, _AROUND = 6, 32, 8
"""Bytes of a character and a number in JSON at most, and those around a value: quotes, comma, colon and blanks."""

_TOO_DEEP = f"is nested more than {DEEPEST} deep"
_NOT_FINITE = "has a number that is infinite, too large or not a number: send a number or null"

_write = json.JSONEncoder(allow_nan=False).encode


class _Unusable(Exception):
    """A value that no record may have; the text says why."""


def shown_name(name: str) -> str:
    """The name of a field as an error shows it: printable, and not longer than a name may be."""
    shown = name if is_printable(name) else json.dumps(name)[1:-1]
    return shown if len(shown) <= LONGEST_NAME else f"{shown[:LONGEST_NAME]}…"


def check_size(record: Mapping[str, Any]) -> None:
    if isinstance(record, Repeated):
        raise InvalidField(shown_name(record.names[0]), REPEATED)
    if len(record) > MOST_FIELDS:
        raise InvalidField("value", f"has a record with more than {MOST_FIELDS} fields")
    most = 2
    for name, value in record.items():
        if len(name) > LONGEST_NAME or not name.isprintable():
            _check_name(name)
        if type(value) is str:  # most values are: a call for each would take a while
            most += _LONGEST_ESCAPE * (len(name) + len(value)) + 2 * _AROUND
            continue
        try:
            most += _LONGEST_ESCAPE * len(name) + _AROUND + _most_bytes(value, DEEPEST)
        except _Unusable as fault:
            raise InvalidField(name, str(fault)) from None
    if most > LARGEST_RECORD and len(_write(record)) > LARGEST_RECORD:
        largest = max(record, key=lambda name: len(_write(record[name])))
        raise InvalidField(largest, f"makes the record larger than {LARGEST_RECORD // 1024} kB")


def _check_name(name: str) -> None:
    if len(name) > LONGEST_NAME:
        raise InvalidField(shown_name(name), f"has a name longer than {LONGEST_NAME} characters")
    if not is_printable(name):
        raise InvalidField(shown_name(name), UNPRINTABLE_NAME)


def _most_bytes(value: Any, levels: int) -> int:
    """The bytes that a value takes as JSON at most. To write every record in order to count them would take longer."""
    kind = type(value)
    if kind is str:
        return _LONGEST_ESCAPE * len(value) + _AROUND
    if kind is float:
        if value - value != 0:  # of infinity and NaN it is NaN
            raise _Unusable(_NOT_FINITE)
        return _LONGEST_NUMBER
    if kind is int:
        return max(_LONGEST_NUMBER, int(value).bit_length())
    parts = value if kind is list else [*value, *value.values()] if kind is dict else None
    if parts is None:
        return _bytes_of_another(value)
    if not levels:
        raise _Unusable(_TOO_DEEP)
    return _AROUND + sum([_most_bytes(part, levels - 1) for part in parts])


def _bytes_of_another(value: Any) -> int:
    if isinstance(value, Repeated):
        raise _Unusable(f"has a field that {REPEATED}: {shown_name(value.names[0])}")
    return _LONGEST_NUMBER

"""How large a record may be. Pure."""

import json
from collections.abc import Mapping
from typing import Any

from property_alert_notification.base.errors import InvalidField
from property_alert_notification.base.printable import is_printable
from property_alert_notification.homes.reso.personal import LONGEST_NAME

MOST_FIELDS, LARGEST_RECORD, DEEPEST = 1_000, 64 * 1024, 8
"""Fields of a record, its bytes as JSON, and how deep it may be nested."""

UNPRINTABLE_NAME = "has a field whose name has control characters or unpaired surrogates"

_LONGEST_ESCAPE, _LONGEST_NUMBER, _AROUND = 6, 32, 8
"""Bytes of a character and a number in JSON at most, and those around a value: quotes, comma, colon and blanks."""

_write = json.JSONEncoder(allow_nan=False).encode


class _TooDeep(Exception):
    """A value is nested too deep."""


class _NotFinite(Exception):
    """A value has a number that is not finite."""


def check_size(record: Mapping[str, Any]) -> None:
    if len(record) > MOST_FIELDS:
        raise InvalidField("value", f"has a record with more than {MOST_FIELDS} fields")
    most = 2
    for name, value in record.items():
        if len(name) > LONGEST_NAME:
            raise InvalidField("value", f"has a field whose name is longer than {LONGEST_NAME} characters")
        if not is_printable(name):
            raise InvalidField("value", UNPRINTABLE_NAME)
        try:
            most += _LONGEST_ESCAPE * len(name) + _AROUND + _most_bytes(value, DEEPEST)
        except _TooDeep:
            raise InvalidField(name, f"is nested more than {DEEPEST} deep") from None
        except _NotFinite:
            raise InvalidField("value", "has a number that is not finite") from None
    if most > LARGEST_RECORD and len(_write(record)) > LARGEST_RECORD:
        largest = max(record, key=lambda name: len(_write(record[name])))
        raise InvalidField(largest, f"makes the record larger than {LARGEST_RECORD // 1024} kB")


def _most_bytes(value: Any, levels: int) -> int:
    """The bytes that a value takes as JSON at most. To write every record in order to count them would take longer."""
    kind = type(value)
    if kind is str:
        return _LONGEST_ESCAPE * len(value) + _AROUND
    if kind is float:
        if value - value != 0:  # of infinity and NaN it is NaN
            raise _NotFinite
        return _LONGEST_NUMBER
    if kind is int:
        return max(_LONGEST_NUMBER, int(value).bit_length())
    if kind is list:
        parts = value
    elif kind is dict:
        parts = [*value, *value.values()]
    else:
        return _LONGEST_NUMBER
    if not levels:
        raise _TooDeep
    return _AROUND + sum([_most_bytes(part, levels - 1) for part in parts])

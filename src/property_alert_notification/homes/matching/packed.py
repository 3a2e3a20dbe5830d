"""The packed form of a search: what compiling makes of its expression, as bytes that the store keeps beside it.

A start reads the bytes of thousands of searches at once, without parsing or compiling their expressions. They begin
with a `HEAD`; numbers of eight bytes follow, then names, and a seal of four bytes. The names stand for what each
process numbers for itself: terms, measures, places and open conditions.

The seal is a checksum of the layout, of the expression and of all other bytes. So bytes that are damaged, that an
other version of the service wrote, or whose expression was changed without them, are not used: what they should say
is compiled from the expression.
"""

import json
import struct
import unicodedata
from functools import lru_cache
from typing import Any, Final
from zlib import crc32

import numpy as np

from property_alert_notification.homes.criteria import comparable
from property_alert_notification.homes.criteria.known_fields import ENUMERATIONS, FEATURES
from property_alert_notification.homes.matching.accept_word import GROUPS, SUBTYPES
from property_alert_notification.homes.matching.limits import UNKNOWN
from property_alert_notification.homes.matching.places import PLAIN_RADIUS
from property_alert_notification.homes.matching.tolerance import LARGEST_RADIUS
from property_alert_notification.homes.matching.vocabulary import KEYWORDS, PLACES
from property_alert_notification.homes.reso.currencies import LARGEST_MINOR
from property_alert_notification.homes.reso.words import LOOKUPS, MULTIPLE

VERSION: Final = 1
"""Must be raised when other bytes are made of the same expression, or the same bytes are read otherwise."""

HEAD: Final = np.dtype(
    [
        ("accept", "<u8"),
        ("low", "<i8"),
        ("high", "<i8"),
        ("ranges", "<u2"),
        ("terms", "<u2"),
        ("rings", "<u2"),
        ("open", "<u2"),
        ("boxes", "<u2"),
        ("area", "<u2"),
        ("corners", "<u4"),
        ("places", "<u4"),
        ("names", "<u4"),
    ]
)
"""The accept word; the price range in minor units; how many there are of each part, and bits that say of the area
whether it is a circle and by what it is looked up; how many bytes the names have.

The numbers are three for the circle, three for each range as of a check, the corners of each ring, two for each corner,
and four for each box that the search is looked up by. The names are those of measures, one for each range, of terms,
open conditions, and places."""

HAS_CIRCLE, BY_CIRCLE, BY_POLYGON = 1, 2, 4

_head = struct.Struct("<QqqHHHHHHIII").pack
_seal = struct.Struct("<I").pack
_WORD: Final = 8
_SEAL_BYTES: Final = 4
_SEALED: Final = 0x2144DF1C
"""What the checksum of any bytes with their own checksum behind them is."""

_encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode


def _layout() -> int:
    """A number that is another one if bytes of before would be misread: all tables that they depend on make it."""
    tables: list[Any] = [
        HEAD.descr,
        [[group.field, group.first_bit, group.bits, getattr(group, "words", None)] for group in GROUPS],
        [SUBTYPES, KEYWORDS, FEATURES, PLACES, sorted(MULTIPLE), sorted(ENUMERATIONS), sorted(comparable.PLACES)],
        [UNKNOWN, LARGEST_MINOR, LARGEST_RADIUS, PLAIN_RADIUS],
        {field: dict(words) for field, words in LOOKUPS.items()},
        # Letters are folded as this table says.
        unicodedata.unidata_version,
    ]
    return crc32(json.dumps(tables, sort_keys=True).encode(), VERSION)


LAYOUT: Final = _layout()


@lru_cache(16_384)
def name_of(kind: str, *of: str | int | None) -> str:
    """The name of a place, a term or a measure, as packed searches have it."""
    return _encode([kind, *of])


def name_of_open(stored: list[Any]) -> str:
    """The same of an open condition, which is given as `as_list` lists it.

    It is not asked of the expression: of equal ones, as with 1 and 1.0, the first is remembered.
    """
    return _encode(["open", stored])


def is_sealed(packed: Any, expression: str) -> bool:
    """Whether bytes are what this version of the service packs for an expression."""
    return type(packed) is bytes and crc32(packed, crc32(expression.encode(), LAYOUT)) == _SEALED


def sealed(head: tuple[int, ...], numbers: list[float], names: list[str], expression: str) -> bytes:
    """The packed form of the parts of a search.

    Args:
        head: the values of `HEAD` but the last one.
        numbers: those that follow.
        names: those of what it shares with others.
        expression: what it was made of, as `to_json` wrote it.

    Raises:
        ValueError: a value is no number, or too large.
    """
    text = "\n".join([*names, ""]).encode()
    try:
        packed = _head(*head, len(text)) + struct.pack(f"<{len(numbers)}d", *numbers) + text
    except (struct.error, OverflowError) as error:
        raise ValueError("must have numbers where areas and bounds have them") from error
    packed += bytes(-(len(text) + _SEAL_BYTES) % _WORD)
    return packed + _seal(crc32(packed, crc32(expression.encode(), LAYOUT)))

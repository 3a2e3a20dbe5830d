"""The address of a home as people are shown it. Pure.

A record without `UnparsedAddress` may have the parts of its address. They are shown as it writes them, in the order of
the Data Dictionary. `address.py` reads addresses to compare them.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from property_alert_notification.homes.properties.folding import fold
from property_alert_notification.homes.properties.street_kinds import KINDS
from property_alert_notification.homes.properties.street_words import DIRECTIONS, WITHOUT_UNIT
from property_alert_notification.homes.reso.display import may_show_address
from property_alert_notification.homes.reso.values import NO_VALUE

_PARTS = (
    *("StreetNumber", "StreetNumberNumeric", "StreetDirPrefix", "StreetName", "StreetSuffix", "StreetSuffixModifier"),
    *("StreetDirSuffix", "UnitNumber"),
)
_LONGEST = 100
"""Characters of a part. The standard suggests 50 at most, and the time to compare it grows with the square of them."""

_BARE_UNIT = re.compile(r"[^\W\d_]?-?\d[\w/-]*|[^\W\d_]")
"""A unit that does not say that it is one: 4, 12-A, B4 and B, but not PH1."""


def shown_address(fields: Mapping[str, Any]) -> str | None:
    """The address of a listing, if it is known and may be shown.

    It is composed of its parts if the record does not have it as a whole. A street without a house number is no
    address: it does not say which home it is, and people are shown the town instead.
    """
    if not may_show_address(fields):
        return None
    if whole := _text(fields.get("UnparsedAddress")):
        return whole
    if "StreetName" not in fields:
        return None
    return _composed(*[value if _is_plain(value) else None for value in map(fields.get, _PARTS)])


def _is_plain(value: Any) -> bool:
    """Whether a part may be shown. Of several texts in a list it is not known which counts."""
    return len(value) <= _LONGEST if isinstance(value, str) else isinstance(value, int | float)


def _text(value: Any) -> str:
    """What a field says; empty if it says that there is nothing."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    text = " ".join(str(value).split())
    return "" if not text.strip("0") or text.lower() in NO_VALUE else text


# An alert is written anew for each of its users before it is sent: the address of its home is composed once.
@lru_cache(maxsize=1_000, typed=True)
def _composed(*given: Any) -> str | None:
    number, numeric, prefix, name, suffix, modifier, direction, unit = map(_text, given)
    number = next(filter(_has_number, (number, numeric)), "")
    if not number or not name:
        return None
    words = fold(name).split()
    # Main St, with the suffix Street, has it once.
    if len(words) > 1 and _is_same(prefix, words[0], DIRECTIONS):
        prefix = ""
    if len(words) > 1 and _is_same(direction, words[-1], DIRECTIONS):
        direction = ""
        words.pop()
    if len(words) > 1 and _is_same(suffix, words[-1], KINDS):
        suffix = ""
    if fold(modifier) == fold(suffix):
        modifier = ""
    parts = (number, prefix, name, suffix, modifier, direction, _with_mark(unit))
    return " ".join(filter(None, parts))


def _has_number(text: str) -> bool:
    """Whether it has a digit other than 0. Feeds write 0, TBD or XXX where they know no house number."""
    return any(map(int, filter(str.isdecimal, text)))


def _is_same(part: str, word: str, forms: Mapping[str, str]) -> bool:
    """Whether a part is this folded word, in one of its forms."""
    mine = fold(part)
    return mine == word or (mine in forms and forms[mine] == forms.get(word))


def _with_mark(unit: str) -> str:
    """A unit as it is written behind a street: `#4` for 4, and `Apt 4` as it is."""
    if fold(unit) in WITHOUT_UNIT:
        return ""
    return f"#{unit}" if _BARE_UNIT.fullmatch(unit) else unit

"""Reads the identifiers of homes: parcel numbers, and RESO's universal ones. Pure.

Sources: https://upi.reso.org for version 2 of universal identifiers, urn:reso:upi:2.0:US:48201:R000022230:sub:78.
Version 1 is written US-48201-N-000022230-R-N: country, county, part of the county, parcel, R for real property or S for
a share of a cooperative, and the unit.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from property_alert_notification.homes.properties.folding import plain

_NOTHING = frozenset({"n", "na", "none", "null", "0", "00", "000", "-"})
"""What is written as a part of a parcel if there is none."""
_VERSION_2 = re.compile(r"(?:urn:reso:up[ip]d?:(?:\d+(?:\.\d+)*:)?)?((?!urn)[a-z]{2,3}):([a-z\d]+):(.+?)(?::sub:(.+))?")
_HASHED = re.compile(r"urn:reso:upi:(?:\d+(?:\.\d+)*:)?(sha[\d-]+):([\da-f]{32,})")
_VERSION_1 = re.compile(r"([a-z]{2})-(\d+)-([^-]+)-(.+)-([a-z])-([^-]+)")
_COUNTED = frozenset("12345678901234567890"[:size] for size in range(4, 21)) | {"987654321", "9876543210", "87654321"}
_NO_NUMBER = re.compile(r"\b(?:tbd|tba|tbv|unknown|none|n/a|pending|new|see|assigned|determined|unassigned)\b")
_LABEL = re.compile(
    r"^(?:apn(?=[\W\d])|(?:(?:tax|assessor\W?s?) )?(?:parcel|account|acct|map|id|number|no)\b"
    r"|(?:pin|pid|ain|folio)\b|[#:.\s-])+",
)
"""What is written before a number to say what it is: APN 641410-0192, PIN: …, Tax ID # …"""
_SEVERAL = re.compile(
    r"[,;&+]|\b(?:parent|master|and|multiple|various|thru|through|to|et.al|etc|plus|more|part|pt|ptn|por|portion|split)\b"
    r"|\d{5}\S*/\S*\d{5}"
)


class Universal(NamedTuple):
    """A universal identifier."""

    area: str
    """The country, and the part of it that gives the number."""
    parcel: str
    """As `parcel_of` has it."""
    sub: str = ""
    """The part of the parcel; empty if it is all of it."""

    def is_same(self, other: "Universal") -> bool:
        """Whether both identify the same; marks in the parcel number may be missing in one of them."""
        return self.area == other.area and self.sub == other.sub and is_same_number(self.parcel, other.parcel)


def universal_of(values: Iterable[Any]) -> Mapping[str, Universal]:
    """The universal identifiers in these fields, by their notation; those of different notations cannot be compared.

    Of two in one notation that differ, neither counts.
    """
    found: dict[str, Universal] = {}
    wrong: set[str] = set()
    for value in values:
        if value and (read := _read(str(value))):
            notation, its = read
            if not found.setdefault(notation, its).is_same(its):
                wrong.add(notation)
    return {notation: its for notation, its in found.items() if notation not in wrong}


def _read(value: str) -> tuple[str, Universal] | None:
    """The notation of an identifier, and what it says; None if it is none, or has no area or no parcel."""
    text = re.sub(r"\s*:\s*", ":", " ".join(plain(value).split()))
    if hashed := _HASHED.fullmatch(text):
        return "hash", Universal(hashed[1], hashed[2])
    if its := _VERSION_2.fullmatch(text):
        country, area, number, sub = its.groups()
        notation, whole = "2", f"{country}:{area}"
    elif its := _VERSION_1.fullmatch(re.sub(r"\s*-\s*", "-", text)):
        country, area, part, number, kind, sub = its.groups()
        notation, whole = "1", f"{country}-{area}-{'n' if part in _NOTHING else part}-{kind}"
    else:
        return None
    # A feed that writes RESO's notation has a number, so a number such as 1234567890 counts, too.
    parcel = _without_blanks(number.strip())
    if _fills_the_field(parcel) or not area.strip("0"):
        return None
    sub = _without_blanks(sub or "")
    return notation, Universal(whole, parcel, "" if sub in _NOTHING else sub)


def parcel_of(value: Any) -> str:
    """A parcel number, without case and blanks; empty if it only fills the field, or is that of several parcels."""
    if not value:
        return ""
    written = _LABEL.sub("", plain(str(value)).strip())
    text = _without_blanks(written)
    number = bare(text)
    if len(number) < 4 or number in _COUNTED or _fills_the_field(text) or _is_list(written):
        return ""
    return text


def _fills_the_field(text: str) -> bool:
    """Whether it is no number of one parcel: one letter or digit again and again, words, or several numbers."""
    number = bare(text)
    if len(set(number)) < 2 or not any(one.isdigit() for one in number):
        return True
    return bool(_SEVERAL.search(text) or _NO_NUMBER.search(text))


def _without_blanks(text: str) -> str:
    return re.sub(r"\s+", "-", re.sub(r"\s*([-./])\s*", r"\1", text))


def _is_list(text: str) -> bool:
    """Whether it is several long numbers of one form with blanks between them."""
    parts = text.split()
    forms = {re.sub(r"\d", "0", re.sub(r"[a-z]", "a", part)) for part in parts}
    return len(parts) > 1 and len(forms) == 1 and len(bare(parts[0])) >= 8


def is_same_number(one: str, other: str) -> bool:
    """Whether two parcel numbers are the same: 641410-0192 is 6414100192, but 112-33 is not 11-233."""
    if bare(one) != bare(other):
        return False
    parts = [[part.lstrip("0") for part in re.split(r"[^0-9a-z]+", number)] for number in (one, other)]
    return min(map(len, parts)) == 1 or parts[0] == parts[1]


def bare(text: str) -> str:
    """Only the letters and digits, without zeros before them."""
    return re.sub(r"[^0-9a-z]+", "", text).lstrip("0")

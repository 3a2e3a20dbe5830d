"""What of words, amounts and areas is compared: both spellings of members, folded letters, minor units. Pure.

Searches and listings go through the same functions, so an index that uses them finds what `evaluate.py` finds.
"""

import re
import unicodedata
from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Decimal
from functools import lru_cache
from typing import Any

from property_alert_notification.homes.criteria.expression import MOST_REMEMBERED
from property_alert_notification.homes.criteria.known_fields import ENUMERATIONS, FEATURES
from property_alert_notification.homes.reso.currencies import MINOR_DIGITS
from property_alert_notification.homes.reso.values import Number
from property_alert_notification.homes.reso.words import AREAS, LOOKUPS, MULTIPLE, member, squash

PLACES = frozenset(
    {"City", "CountyOrParish", "PostalCode", "StateOrProvince", "Country", "StreetName", "UnparsedAddress"}
)
"""Fields with names of places: small and capital letters are the same in them."""

DEFAULT_UNIT = "Square Feet"
"""The unit of areas that name none."""

SQUARE_METRES: Mapping[str, Decimal] = {
    "Acres": Decimal("4046.8564224"),
    "Hectares": Decimal(10_000),
    "Square Feet": Decimal("0.09290304"),
    "Square Meters": Decimal(1),
    "Square Miles": Decimal("2589988.110336"),
    "Square Yards": Decimal("0.83612736"),
}
_UNITS_IN_NAMES = {"LotSizeAcres": "Acres", "LotSizeSquareFeet": "Square Feet"}
_MOST_DECIMALS = 6
LARGE_UNITS = frozenset({"Acres", "Hectares", "Square Miles"})
"""Units in which two decimals of an area count at least."""
_WORD = re.compile(r"\w+")
_ASCII_WORDS = "".join(chr(code).lower() if _WORD.match(chr(code)) else " " for code in range(128))
"""For each character of ASCII what it becomes in the words of a text."""
_ZIP_PLUS_4 = re.compile(r"\d{5}-?\d{4}", re.ASCII)


@lru_cache(16_384)
def key_of(field: str, word: str) -> str:
    """What is compared of one word of a field."""
    word = member(word.strip())
    if field in ENUMERATIONS:
        return squash(LOOKUPS.get(field, {}).get(squash(word), word)) or word
    if field == "PostalCode":
        return _postal_code(word)
    return folded(word) if field in PLACES else word


def _postal_code(text: str) -> str:
    """A postal code without blanks. Of an American one with four more digits, the ZIP code alone."""
    code = "".join(folded(text).split())
    return code[:5] if _ZIP_PLUS_4.fullmatch(code) else code


def keys_of(field: str, words: tuple[str, ...]) -> frozenset[str]:
    """What is compared of several words of a field."""
    if len(words) > MOST_REMEMBERED:
        return frozenset(key_of(field, word) for word in words)
    return _keys_of(field, words)


@lru_cache(16_384)
def _keys_of(field: str, words: tuple[str, ...]) -> frozenset[str]:
    return frozenset(key_of(field, word) for word in words)


def folded(text: str) -> str:
    """A text whose small and capital letters, and whose kinds of spaces, are the same."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def words_in(text: str) -> frozenset[str]:
    """The words of a text, as keywords are compared with them."""
    return frozenset(split_words(text))


def split_words(text: str) -> list[str]:
    """The same words in their order, some of them more than once."""
    return text.translate(_ASCII_WORDS).split() if text.isascii() else _WORD.findall(folded(text))


def texts_of(value: Any) -> tuple[str, ...]:
    """The texts of a listing's value: of most fields one, of some several; none if it is missing."""
    if isinstance(value, str):
        return (value,) if value.strip() else ()
    if isinstance(value, list):
        return tuple([one for one in value if isinstance(one, str) and one.strip()])
    # Some feeds send postal codes as numbers.
    return (str(value),) if isinstance(value, int) and not isinstance(value, bool) else ()


def listed_keys(field: str, fields: Mapping[str, Any]) -> frozenset[str]:
    """What is compared of a listing's words in a field; empty if it has none."""
    if field != FEATURES:
        return keys_of(field, texts_of(fields.get(field)))
    return frozenset().union(*(listed_keys(name, fields) for name in fields.keys() & MULTIPLE))


def minor_units(amount: Number, currency: str) -> int:
    """An amount in the smallest unit of its currency."""
    digits = MINOR_DIGITS.get(currency, 2)
    if isinstance(amount, int):
        return amount * int(10**digits)
    return int(Decimal(repr(amount)).scaleb(digits).to_integral_value(ROUND_HALF_EVEN))


def main_units(minor: int, currency: str) -> Decimal:
    """The amount of so many of the smallest unit of the currency."""
    return Decimal(minor).scaleb(-MINOR_DIGITS.get(currency, 2))


def unit_of(field: str, fields: Mapping[str, Any]) -> str:
    """The unit of a listing's area."""
    units = AREAS.get(field)
    return _UNITS_IN_NAMES.get(field) or (fields.get(units) if units else None) or DEFAULT_UNIT


@lru_cache(16_384)
def converted(bound: Number, unit: str, to: str) -> Decimal | None:
    """A bound of a search in the unit of a listing; None if one of the units is not known.

    The bound is rounded to the decimals that it was given with, so that a home of 1,076 square feet has the 100 square
    metres that a search asks for. In acres, hectares and square miles two decimals are kept at least.
    """
    exact = Decimal(repr(bound))
    if unit == to:
        return exact
    if unit not in SQUARE_METRES or to not in SQUARE_METRES:
        return None
    exponent = exact.normalize().as_tuple().exponent  # 100.0 has no decimals
    given = min(-exponent if isinstance(exponent, int) else 0, _MOST_DECIMALS)
    decimals = max(given, 2 if to in LARGE_UNITS else 0)
    return (exact * SQUARE_METRES[unit] / SQUARE_METRES[to]).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_EVEN)

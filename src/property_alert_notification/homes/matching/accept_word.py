"""The accept word: 64 bits that decide status, types, bedrooms, bathrooms and currency by one comparison.

Each field has a group of bits, one for each value, one for other values and one for none. A listing sets one bit of
each group, a search the bits of all values that it accepts. A listing is accepted if all its bits are.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache, reduce
from operator import and_, or_
from typing import Any, Final
from zlib import crc32

from property_alert_notification.homes.criteria.comparable import key_of, listed_keys
from property_alert_notification.homes.criteria.evaluate import evaluate
from property_alert_notification.homes.criteria.expression import (
    And,
    Compare,
    Excluding,
    Expression,
    HasAny,
    IsMissing,
    Leaf,
    Not,
    OneOf,
    Or,
    Range,
)
from property_alert_notification.homes.reso import values
from property_alert_notification.homes.reso.words import PROPERTY_TYPES, StandardStatus

EVERYTHING: Final = 2**64 - 1

Fields = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class WordGroup:
    """The bits of a field with words."""

    field: str
    first_bit: int
    words: tuple[str, ...]

    @property
    def bits(self) -> int:
        """How many there are."""
        return len(self.words) + 2

    def bit_of(self, fields: Fields) -> int:
        """The bit of a listing. The reader of records lets only one word through."""
        value = fields.get(self.field)
        return _bit_of_word(self.field, value if isinstance(value, str) else "")

    def accepted(self, condition: Expression) -> tuple[int, bool]:
        """The bits that a condition on this field alone accepts, and whether they are all that it says."""
        leaves = list(leaves_of(condition))
        if not all(map(_is_about_words, leaves)):
            return self._mask(2**self.bits - 1), False
        named = {key_of(self.field, word) for leaf in leaves for word in _words_of(leaf)}
        samples = [{self.field: word} for word in (*self.words, "no such word")]
        taken = sum((evaluate(condition, sample) is True) << bit for bit, sample in enumerate([*samples, {}]))
        is_exact = named <= _WORD_BITS[self.field].keys()
        if not is_exact:
            taken |= 1 << len(self.words)
        return self._mask(taken), is_exact

    def _mask(self, taken: int) -> int:
        return taken << self.first_bit


@dataclass(frozen=True, slots=True)
class CountGroup:
    """The bits of a field with a whole number; the last value stands for all that are greater, too."""

    field: str
    first_bit: int
    last: int

    @property
    def bits(self) -> int:
        """How many there are."""
        return self.last + 2

    def bit_of(self, fields: Fields) -> int:
        """The bit of a listing. The reader of records lets only whole numbers through."""
        found = fields.get(self.field)
        if not isinstance(found, int):
            found = values.number(found)
        return 1 << (self.first_bit + (self.last + 1 if found is None else min(int(found), self.last)))

    def accepted(self, condition: Expression) -> tuple[int, bool]:
        """The bits that a condition on this field alone accepts, and whether they are all that it says."""
        leaves = list(leaves_of(condition))
        if not all(map(_is_about_numbers, leaves)):
            return (2**self.bits - 1) << self.first_bit, False
        samples = [{self.field: count} for count in range(self.last + 1)]
        taken = sum((evaluate(condition, sample) is True) << bit for bit, sample in enumerate([*samples, {}]))
        # If no bound is as great as the last value, the condition says the same of all values from there on.
        is_exact = all(bound < self.last for leaf in leaves for bound in _bounds_of(leaf))
        if not is_exact:
            taken |= 1 << self.last
        return taken << self.first_bit, is_exact


_STATUSES = WordGroup("StandardStatus", 0, tuple(status.value for status in StandardStatus))
_TYPES = WordGroup("PropertyType", _STATUSES.bits, PROPERTY_TYPES)
_BEDROOMS = CountGroup("BedroomsTotal", _TYPES.first_bit + _TYPES.bits, 11)
_BATHROOMS = CountGroup("BathroomsTotalInteger", _BEDROOMS.first_bit + _BEDROOMS.bits, 7)
_CURRENCIES = WordGroup("currency", _BATHROOMS.first_bit + _BATHROOMS.bits, ("USD", "EUR", "GBP", "CAD", "AUD", "CHF"))
GROUPS: Final = (_STATUSES, _TYPES, _BEDROOMS, _BATHROOMS, _CURRENCIES)
_GROUP_OF = {group.field: group for group in GROUPS}
_WORD_GROUPS = {group.field: group for group in (_STATUSES, _TYPES, _CURRENCIES)}
_WORD_BITS = {
    group.field: {key_of(group.field, word): bit for bit, word in enumerate(group.words)}
    for group in _WORD_GROUPS.values()
}

TYPES: Final = ((1 << _TYPES.bits) - 1) << _TYPES.first_bit
"""The bits of the property type. A listing has one of them."""

_SUBTYPE = "PropertySubType"
_FIRST_SUBTYPE = _CURRENCIES.first_bit + _CURRENCIES.bits
SUBTYPES = 63 - _FIRST_SUBTYPE
"""Bits of the field that has no list of words: each word has one of them, by its hash. The last bit is for no word."""


def word_of(fields: Fields) -> int:
    """The bits of a listing. One with several subtypes sets none for them: each search has to look."""
    word = _word_of_values(*map(fields.get, _GROUP_OF))
    keys = listed_keys(_SUBTYPE, fields)
    return word if len(keys) > 1 else word | 1 << next(map(_subtype_bit, keys), 63)


@lru_cache(16_384)
def _word_of_values(*found: Any) -> int:
    """The bits of the fields of all groups. Many listings have the same values."""
    fields = dict(zip(_GROUP_OF, found, strict=True))
    return sum(group.bit_of(fields) for group in GROUPS)


@lru_cache(4_096)
def _bit_of_word(field: str, word: str) -> int:
    # By the name of the field: to look up a group takes longer than to find the bit.
    group = _WORD_GROUPS[field]
    if not word.strip():
        return 1 << (group.first_bit + len(group.words) + 1)
    return 1 << (group.first_bit + _WORD_BITS[group.field].get(key_of(group.field, word), len(group.words)))


@lru_cache(65_536)
def accepted_by(condition: Expression) -> tuple[int, bool]:
    """The word of what a condition accepts, and whether the word is all that it says."""
    fields = {getattr(leaf, "field", None) for leaf in leaves_of(condition)}
    [field] = fields if len(fields) == 1 else (None,)
    if field in _GROUP_OF:
        group = _GROUP_OF[field]
        taken, is_exact = group.accepted(condition)
        others = EVERYTHING & ~((2**group.bits - 1) << group.first_bit)
        return taken | others, is_exact
    if isinstance(condition, OneOf) and field == _SUBTYPE:
        others = EVERYTHING & ~((2 ** (SUBTYPES + 1) - 1) << _FIRST_SUBTYPE)
        for word in condition.words:
            others |= 1 << _subtype_bit(key_of(_SUBTYPE, word))
        return others, False
    return _accepted_by_parts(condition), False


def _accepted_by_parts(condition: Expression) -> int:
    match condition:
        case And(parts):
            return reduce(and_, (accepted_by(part)[0] for part in parts), EVERYTHING)
        case Or(parts):
            return reduce(or_, (accepted_by(part)[0] for part in parts), 0)
    return EVERYTHING


@lru_cache(512)
def accepted_currency(currency: str) -> tuple[int, bool]:
    """The word of what an amount in this currency accepts, and whether it is all that it says."""
    return accepted_by(OneOf(_CURRENCIES.field, (currency,)))


def leaves_of(expression: Expression) -> Iterator[Leaf]:
    """All conditions that have no parts."""
    match expression:
        case And(parts) | Or(parts):
            for part in parts:
                yield from leaves_of(part)
        case Not(part) | Excluding(part):
            yield from leaves_of(part)
        case _:
            yield expression


@lru_cache(4_096)
def _subtype_bit(key: str) -> int:
    return _FIRST_SUBTYPE + crc32(key.encode()) % SUBTYPES


def _is_about_words(leaf: Leaf) -> bool:
    if isinstance(leaf, Compare):
        return leaf.operator in ("eq", "ne") and isinstance(leaf.value, str)
    return isinstance(leaf, OneOf | HasAny | IsMissing)


def _words_of(leaf: Leaf) -> tuple[str, ...]:
    if isinstance(leaf, OneOf | HasAny):
        return leaf.words
    return (leaf.value,) if isinstance(leaf, Compare) and isinstance(leaf.value, str) else ()


def _is_about_numbers(leaf: Leaf) -> bool:
    if isinstance(leaf, Compare):
        return isinstance(leaf.value, int | float) and not isinstance(leaf.value, bool)
    return isinstance(leaf, Range | IsMissing)


def _bounds_of(leaf: Leaf) -> list[float]:
    if isinstance(leaf, Range):
        return [bound for bound in (leaf.low, leaf.high) if bound is not None]
    return [leaf.value] if isinstance(leaf, Compare) and isinstance(leaf.value, int | float) else []

"""What searches share: each term, measure, place and open condition has a number, however many searches have it."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from property_alert_notification.homes.criteria.comparable import key_of, split_words, texts_of
from property_alert_notification.homes.criteria.evaluate import REMARKS
from property_alert_notification.homes.criteria.expression import Compare, Expression, Range, to_json
from property_alert_notification.homes.criteria.known_fields import FEATURES
from property_alert_notification.homes.matching.columns import different
from property_alert_notification.homes.matching.tiles import Tiles
from property_alert_notification.homes.reso.words import MULTIPLE

PLACES: Final = {"PostalCode": 0.05, "City": 0.2, "CountyOrParish": 1.0, "StateOrProvince": 5.0}
"""The fields that listings are looked up by, beside the map, and about how many degrees across such a place is."""

MOST_MEASURES: Final = 64
"""Each costs a listing a microsecond. Ranges of other fields are open conditions."""

ANY_TYPE: Final = 0
"""Stands for the bit of a property type in the buckets of searches that take many."""

KEYWORDS: Final = ""
"""Stands for the field of a keyword."""

NO_TERM, NEVER = 0, 1
"""Numbers of the term that every listing has, and of the one that none has."""


class Vocabulary:
    """The numbers of what searches share."""

    def __init__(self) -> None:
        self.measures: dict[tuple[type[Range | Compare], str, str | None], int] = {}
        self.probes: list[Range | Compare] = []
        """What asks a listing for the number of each measure."""
        self.terms: dict[str, dict[str, int]] = {}
        """By field."""
        self.term_count = 2
        self.places: dict[str, dict[tuple[str, int], int]] = {field: {} for field in PLACES}
        """The buckets of the words of each field, one for each property type."""
        self.tiles = Tiles()
        self.bucket_count = 0
        self.open: list[Expression] = []
        self._open_numbers: dict[str, int] = {}

    def measure(self, kind: type[Range | Compare], field: str, unit: str | None) -> int | None:
        """The number of what conditions of this kind compare with bounds; None if there are too many such numbers."""
        key = (kind, field, unit)
        number = self.measures.get(key)
        if number is None and len(self.measures) < MOST_MEASURES:
            number = self.measures[key] = len(self.measures)
            self.probes.append(Range(field, None, None, unit) if kind is Range else Compare(field, "eq", 0))
        return number

    def term(self, field: str, key: str) -> int:
        """The number of a word that listings may have in a field with several words."""
        terms = self.terms.setdefault(field, {})
        if key not in terms:
            terms[key] = self.term_count
            self.term_count += 1
        return terms[key]

    def place(self, field: str, key: str, of_type: int) -> int:
        """The bucket of a place by its name, for the bit of a property type or `ANY_TYPE`."""
        buckets, named = self.places[field], (key, of_type)
        if named not in buckets:
            buckets[named] = self.bucket_count
            self.bucket_count += 1
        return buckets[named]

    def buckets_of_tiles(self, keys: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """The bucket of each of these tiles, a new one where there was none."""
        buckets = self.tiles.buckets_of(keys)
        unknown = np.flatnonzero(buckets < 0)
        if len(unknown):
            new = different(np.sort(keys[unknown]))
            self.tiles.add(new, self.bucket_count)
            self.bucket_count += len(new)
            buckets[unknown] = self.tiles.buckets_of(keys[unknown])
        return buckets

    def open_condition(self, condition: Expression) -> int:
        """The number of a condition that only `evaluate` decides."""
        # Conditions on 1, 1.0 and true are equal in Python, but not here.
        text = to_json(condition)
        if text not in self._open_numbers:
            self._open_numbers[text] = len(self.open)
            self.open.append(condition)
        return self._open_numbers[text]

    def keep_open(self, numbers: list[int]) -> None:
        """Forget all open conditions but these, which are numbered anew, in this order."""
        self.open = [self.open[number] for number in numbers]
        self._open_numbers = {to_json(condition): number for number, condition in enumerate(self.open)}

    def terms_in(self, fields: Mapping[str, Any]) -> bytearray:
        """The terms that a listing has: a flag for each term."""
        has = bytearray(self.term_count)
        has[NO_TERM] = True
        for field, terms in self.terms.items():
            found: Iterable[str]
            if field == KEYWORDS:
                remarks = texts_of(fields.get(REMARKS))
                found = split_words(remarks[0]) if remarks else ()
            elif field == FEATURES:
                found = {key for name in MULTIPLE & fields.keys() for key in _keys_of(name, fields[name])}
            else:
                found = _keys_of(field, fields.get(field))
            for number in map(terms.get, found):
                if number is not None:
                    has[number] = True
        return has

    def named_by(self, fields: Mapping[str, Any], of_type: int) -> set[int]:
        """The buckets of the places that a listing names, whose property type has this bit."""
        found = set()
        for field, places in self.places.items():
            if places and (value := fields.get(field)):
                for key in _keys_of(field, value):
                    for named in ((key, ANY_TYPE), (key, of_type)):
                        if named in places:
                            found.add(places[named])
        return found


def _keys_of(field: str, value: Any) -> list[str]:
    """What `listed_keys` finds, for values that hardly come twice."""
    if isinstance(value, str):
        return [key_of(field, value)] if value.strip() else []
    return [key_of(field, text) for text in texts_of(value)]


def has_terms(field: str) -> bool:
    """Whether the words of a field are terms."""
    return field == FEATURES or field in MULTIPLE

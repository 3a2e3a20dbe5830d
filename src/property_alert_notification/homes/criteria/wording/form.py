"""What a language has: the parts of sentences about searches. Pure. Braces stand for what is filled in."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple


class Bounds(NamedTuple):
    """How a value is compared."""

    at_least: str
    at_most: str
    between: str
    more_than: str
    less_than: str
    exactly: str = "{}"


class Noun(NamedTuple):
    """What a field counts, such as bedrooms."""

    one: str
    many: str


class Frame(NamedTuple):
    """What stands around a comparison instead of the name of its field: `a lot of {}`."""

    text: str
    bounds: Bounds | None = None
    """None if the field is compared as others of its kind."""
    value: str = "{}"
    """What a home has: `it is {}`."""


class Joiner(NamedTuple):
    """What stands between the last two of several."""

    usual: str
    before: re.Pattern[str] | None = None
    """The beginnings before which it is `other`."""
    other: str = ""

    def between(self, following: str) -> str:
        """The joiner before this text."""
        return self.other if self.before is not None and self.before.match(following) else self.usual


def labels_in(text: str) -> Mapping[str, str]:
    """The names of fields in a text such as `City: ciudad; Country: país`."""
    return MappingProxyType(dict(pair.strip().split(": ", 1) for pair in text.split(";")))


@dataclass(frozen=True, slots=True)
class Wording:
    """A language."""

    homes: str
    all_homes: str
    both: Joiner
    either: Joiner
    neither: Joiner
    """Of what a home must not have."""
    others: str
    """Stands for the words of a long list that are left out."""
    further: str
    """Stands for the conditions of a long search that are left out."""
    unless: str
    """What is excluded."""
    place: str
    not_place: str
    outside: Joiner
    """Of several places in `not_place`."""
    drawn: str
    not_drawn: str
    near: str
    not_near: str
    having: str
    lacking: str
    lacking_one: str
    """Of several, which a home must not have all."""
    none: str
    """No bedrooms."""
    keyword: str
    labelled: str
    """The name of a field, and what is asked for."""
    stated: str
    not_stated: str
    text: Mapping[str, str]
    """By the kinds of `Text`."""
    not_text: Mapping[str, str]
    yes: str
    no: str
    counts: Bounds
    """Of `nouns`."""
    numbers: Bounds
    money: Bounds
    dates: Bounds
    texts: Bounds
    nouns: Mapping[str, Noun]
    """By field."""
    frames: Mapping[str, Frame]
    """By field."""
    labels: Mapping[str, str]
    """By field; those of other fields are made of their names."""
    units: Mapping[str, Noun]
    """By RESO's name of the unit."""
    members: Mapping[str, str]
    """Members of enumerations; others are shown as they are."""
    months: tuple[str, ...]
    date: str
    """Of `day`, `month` and `year`."""
    time: str
    """A date and a time of UTC."""
    fits: str
    fits_not: str
    has_value: str
    """The verdict and what the home has."""
    is_value: str
    is_there: str
    """The verdict and what the home is."""
    unknown: str
    not_comparable: str
    away: str
    group: str
    point: str
    amount: str
    """The currency and the amount."""

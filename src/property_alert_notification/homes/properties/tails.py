"""What follows the street in an address: its town, state, postcode and country. Pure."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from property_alert_notification.homes.properties.folding import fold, tokens_of
from property_alert_notification.homes.properties.places import PROVINCES, STATES, country_of, state_of, town_in
from property_alert_notification.homes.properties.street_kinds import ENDS, KINDS
from property_alert_notification.homes.properties.street_words import DESIGNATORS, DIRECTIONS, INSIDE
from property_alert_notification.homes.properties.units import units_in

Words = tuple[str, ...]

_FIELDS = ("City", "PostalCity", "CountyOrParish", "PostalCode", "StateOrProvince", "Country")
_ZIP = re.compile(r"\d{5}(-\d{4})?")
_CODE = re.compile(r"(?:[a-z]-)?(\d{5})(?:-\d{4})?")
"""98101-1234, D-10115."""
_COUNTRIES: tuple[Words, ...] = (("us",), ("usa",), ("united", "states"), ("united", "states", "of", "america"))
_ENDS_OF_COUNTRIES = frozenset(name[-1] for name in _COUNTRIES)
_POSTCODE = re.compile(r"\b[a-z]{1,2}\d[a-z\d]? \d[a-z]{2}\b|\b[a-z]\d[a-z] \d[a-z]\d\b")

_CODES = tuple((code,) for code in STATES)


class Place(NamedTuple):
    """Where a record says that its home is, as words of an address."""

    words: frozenset[str] = frozenset()
    towns: tuple[Words, ...] = ()
    postcode: Words = ()
    state: str = ""
    """Its code."""
    states: tuple[Words, ...] = ()
    countries: tuple[Words, ...] = _COUNTRIES
    is_canadian: bool = False
    is_american: bool = False


NOWHERE = Place()


def place_of(fields: Mapping[str, Any]) -> Place:
    """The place in a record."""
    return _place_of(*(fields.get(name) for name in _FIELDS))


@lru_cache(maxsize=10_000)
def _place_of(*given: Any) -> Place:
    city, postal, *rest = given
    towns = [_words_of(town_in(value)) for value in (city, postal)]
    county, postcode, state, country = (_words_of(value) for value in rest)
    code = state_of(" ".join(state))
    names = tuple(sorted({state, (code,), *(tuple(name.split()) for name in STATES.get(code, ()))} - {(), ("",)}))
    countries = (*_COUNTRIES, country) if country else _COUNTRIES
    words = frozenset().union(*towns, county, postcode, state, country)
    is_canadian = country_of(" ".join(country)) == "ca" or (not country and code in PROVINCES)
    has_zip = len(postcode) == 1 and _ZIP.fullmatch(postcode[0]) is not None
    if has_zip:
        postcode = (postcode[0][:5],)
    is_american = country_of(" ".join(country)) == "us" or (not country and code in STATES and has_zip)
    return Place(words, tuple(filter(None, towns)), postcode, code, names, countries, is_canadian, is_american)


def _words_of(value: Any) -> Words:
    return tuple(KINDS.get(word, word) if word in _SHORT else word for word in tokens_of(fold(value)))


_SHORT = frozenset({"saint", "sainte", "mount", "fort"})


def is_postal(part: Sequence[str]) -> bool:
    """Whether it has a postcode: WA 98125, 10115 Berlin, SW1A 1AA, K1A 0B1."""
    return without_postcode(part) != list(part)


def without_postcode(part: Sequence[str]) -> list[str]:
    """The other words of a part of an address; the number of Unit 12345 is no postcode."""
    found = [
        token
        for at, token in enumerate(part)
        if not _ZIP.fullmatch(token) or (at and (part[at - 1] == "#" or part[at - 1] in DESIGNATORS))
    ]
    text = " ".join(found)
    return _POSTCODE.sub(" ", text).split() if _POSTCODE.search(text) else found


def unit_beside_place(part: list[str], place: Place) -> list[str]:
    """What a part of an address says of the unit: Apt 4 in Apt 4 Seattle WA 98101, and nothing in Seattle WA 98101."""
    rest = beside_place(part, place)
    return units_in(rest) if rest else []


def beside_place(part: list[str], place: Place) -> list[str]:
    """The words of a part of an address that are not of the place: Apt 4 in Apt 4 Seattle WA 98101."""
    if place.words.issuperset(part) or part == ["fl"]:  # Florida
        return []
    rest = part[: _end(part, place, follows=True, least=0)]
    rest = rest if place.postcode and rest != part else without_postcode(rest)
    return [] if place.words.issuperset(rest) else rest


def follows_town(part: Sequence[str], place: Place) -> bool:
    """Whether a part of an address is what is written behind a town: WA 98101, but not the town itself."""
    if tuple(part) in place.towns:
        return False
    names = (*(place.states or _CODES), *place.countries, place.postcode)
    return _ZIP.fullmatch(part[0]) is not None or any(name and tuple(part[: len(name)]) == name for name in names)


def without_place(tokens: list[str], place: Place, *, follows: bool) -> list[str]:
    """The street in 123 Main St Seattle WA 98101; `follows` says whether another part of the address does."""
    end = _end(tokens, place, follows=follows, least=2)
    has_name = any(token not in DIRECTIONS for token in tokens[1:end])
    return tokens[:end] if has_name else tokens


def _end(tokens: Sequence[str], place: Place, *, follows: bool, least: int) -> int:
    """Where the place begins at the end of a part of an address, after `least` words.

    A town ends an address if its state or postcode is beside it, or if it follows the kind of the street: Main St
    Seattle, but Lake Washington.
    """
    last, size = tokens[-1], len(tokens)
    if last not in place.words and last not in _ENDS_OF_COUNTRIES and not _ZIP.fullmatch(last):
        return size
    end = _before(tokens, size, place.countries, least)
    if end > least and place.postcode:
        end = _before(tokens, end, (place.postcode,), least)
    elif end > least + 1 and _ZIP.fullmatch(tokens[end - 1]) and tokens[end - 2] in STATES:
        end -= 1
    sure = end < size
    stated = _before(tokens, end, place.states or _CODES, least)
    if stated < end:
        has_town = _before(tokens, stated, place.towns, least) < stated
        if has_town or (sure and tokens[stated] not in KINDS and tokens[stated] not in DIRECTIONS):
            sure, end = True, stated
    towned = _before(tokens, end, place.towns, least)
    if towned < end and place.postcode and (coded := _before(tokens, towned, (place.postcode,), least)) < towned:
        return coded
    if towned < end and (sure or follows or not towned or _ends_street(tokens[towned - 1])):
        return towned
    return _end_of_street(tokens, end) if sure and not place.towns else end


def _before(tokens: Sequence[str], end: int, names: Sequence[Words], least: int) -> int:
    """Where one of the names begins that stand before `end`, after `least` words; `end` itself if none does."""
    for name in names:
        start = end - len(name)
        if start >= least and _short(tokens[end - 1]) == name[-1] and tuple(map(_short, tokens[start:end])) == name:
            return start
    return end


def _short(token: str) -> str:
    if token in _SHORT:
        return KINDS[token]
    code = _CODE.fullmatch(token) if token[-1].isdigit() else None
    return code[1] if code else token


def _ends_street(token: str) -> bool:
    return KINDS.get(token) in ENDS or token in DIRECTIONS or not token.isalpha() or len(token) == 1


def _end_of_street(tokens: Sequence[str], end: int) -> int:
    """Where a street ends that is followed by a town of which no more is known."""
    kinds = [at for at in range(2, end) if KINDS.get(tokens[at]) in ENDS]
    if not kinds:
        return end
    after = kinds[-1] + 1
    after += after < end and len(tokens[after]) == 2 and tokens[after] in DIRECTIONS
    rest = tokens[after:end]
    of_town = (
        rest
        and rest[0] not in DIRECTIONS
        and all(token.isalpha() and token not in DESIGNATORS and token not in INSIDE for token in rest)
    )
    return after if of_town else end

"""Reads the address of a home: its house number and street, and its unit, whichever way they are written. Pure.

Nothing is guessed: what is not understood stays as it is, so that two ways to write an address may be taken for two
homes, but two homes not for one.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import takewhile
from typing import Any, NamedTuple

from property_alert_notification.homes.properties.street_words import (
    DESIGNATORS,
    DIRECTIONS,
    INSIDE,
    KINDS,
    NUMBERS,
    ORDINALS,
    SPANISH,
    TENS,
    TWO_WORDS,
    words_of,
)


class Address(NamedTuple):
    """A normal form: equal when two addresses are the same."""

    street: str
    """House number and street; empty if one of them is unknown."""
    unit: str = ""
    """Empty if none is named."""


UNKNOWN = Address("")

_NAME = ("StreetDirPrefix", "StreetName", "StreetSuffix", "StreetSuffixModifier", "StreetDirSuffix")
_PLACE = ("City", "PostalCity", "PostalCode", "StateOrProvince", "CountyOrParish", "Country")
_WITHOUT_UNIT = frozenset({"na", "n/a", "none", "null", "-", "unknown"})
_NO_ADDRESS = re.compile(r"\b(undisclosed|withheld|hidden|tbd|tba|unknown|p\.? ?o\.? box)\b")
_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2212"
_LETTERS = {"ß": "ss", "ø": "o", "ł": "l", "đ": "d", "æ": "a", "œ": "o", "\u2019": "", "'": "", "`": ""}
_ASIDE = str.maketrans(_LETTERS | dict.fromkeys(_DASHES, "-"))
_UMLAUT = re.compile(r"(?<=[aou])e(?=[a-z])")
_TOKEN = re.compile(r"#|[\w½¼¾]+(?:[-/&][\w½¼¾]+)*")
_HOUSE = re.compile(r"\d+[a-z]?(?:[-/&]\d*[a-z]?)*")
_ORDINAL = re.compile(r"(\d+)(?:st|nd|rd|th)")
_GLUED = re.compile(r"(?<=[a-z]{3})(?:strasse|strase|str)$")
_MARKS = frozenset({"#", "no", "nr", "num", "nro", "numero"})
_ROADS = frozenset(
    words_of("hwy highway rt route rte rd road fm rm rr sr cr us i interstate box tract parcel mile km exit lot")
)
"""Words before a number that is the road's."""
_POSTCODE = re.compile(r"(?<!\w)\d{5}(-\d{4})?(?!\w)|\b[a-z]{1,2}\d[a-z\d]? \d[a-z]{2}\b|\b[a-z]\d[a-z] \d[a-z]\d\b")
_RUNS = re.compile(r"\d+|[a-z]+")


def address_of(fields: Mapping[str, Any]) -> Address:
    """The address in a record."""
    named = _text(fields.get("UnitNumber"))
    unit = "" if named in _WITHOUT_UNIT else named
    name = " ".join(filter(None, (_text(fields.get(part)) for part in _NAME)))
    number = _text(fields.get("StreetNumber") or fields.get("StreetNumberNumeric"))
    place = frozenset().union(*(_words_of_place(fields[part]) for part in _PLACE if part in fields))
    spoken = _text(fields.get("UnparsedAddress"))
    found = UNKNOWN
    if name and number:
        found = read_address(f"{number} {name}", place, str(fields.get("Country", "")))
    if not found.street and spoken:
        found = read_address(spoken, place, str(fields.get("Country", "")))
    if unit:
        return found._replace(unit=_unit(_TOKEN.findall(unit)))
    # Only the whole address may name it, in a record that has the parts of its street too.
    if not found.unit and name and number and spoken:
        whole = read_address(spoken, place, str(fields.get("Country", "")))
        return found._replace(unit=whole.unit)
    return found


def read_address(text: str, place: frozenset[str] = frozenset(), country: str = "") -> Address:
    """The address in a text; `place` has the words of its town, which may follow it there."""
    text = fold(text)
    if _NO_ADDRESS.search(text):
        return UNKNOWN
    parts = [tokens for part in re.split(r"[,;\n]", text) if (tokens := _TOKEN.findall(part))]
    streets = [at for at, part in enumerate(parts) if _has_street(part)]
    if not streets:
        return UNKNOWN
    at = next((at for at in streets if any(map(_is_house, parts[at]))), streets[0])  # The Old Mill, 12 Church Lane
    street, after = list(parts[at]), parts[at + 1 :]
    if not any(map(_is_house, street)) and after and _is_house(after[0][-1]) and len(after[0]) <= 2:
        street, after = street + after[0], after[1:]  # Calle Mayor, 5
    number, name, inside = _split(street, country)
    if not name or not number.strip("0-/") or number in place:  # the number of 10115 Berlin is its postcode
        return UNKNOWN
    outside = [token for part in _units([*parts[:at], *after], place) for token in part]
    return Address(f"{number} {' '.join(name)}", _unit([*outside, *inside]))


def fold(text: str) -> str:
    """Without case, accents, dots and double blanks."""
    text = text.casefold().translate(_ASIDE)
    if not text.isascii():
        text = re.sub(r"([½¼¾])", r" \1", re.sub(r"(?<=\d)\s?\.?[ºª°]", " ", text))
        text = plain(text).replace("\u2044", "/")
    if "-" in text:
        text = re.sub(r"(?<=\d)\s*-\s*(?=\d)", "-", text)
    if "." in text:
        text = re.sub(r"\b([nsew])\.\s?([nsew])\.", r"\1\2", text)
        text = re.sub(r"(?<=[a-z])\.|\.(?=\s|$)", " ", text)
    return " ".join(text.replace("c/", "calle ").split())


def plain(text: str) -> str:
    """Without case and accents."""
    text = text.casefold()
    if text.isascii():
        return text
    return "".join(one for one in unicodedata.normalize("NFKD", text) if not unicodedata.combining(one))


@lru_cache(maxsize=10_000)
def _words_of_place(name: str) -> frozenset[str]:
    return frozenset(_TOKEN.findall(fold(name)))


def _text(value: Any) -> str:
    return "" if value is None else fold(str(value)).strip()


def _is_house(token: str) -> bool:
    return _HOUSE.fullmatch(token) is not None


def _has_street(part: Sequence[str]) -> bool:
    """Whether it is more than a unit: Flat 2."""
    if part[0] in SPANISH and len(part) > 1:
        return True
    words = [token for token in part if token.isalpha() and token not in DESIGNATORS and token not in INSIDE]
    return any(len(word) > 1 or word in DIRECTIONS for word in words) and (
        part[0] not in DESIGNATORS or any(map(_is_house, part[2:]))
    )


def _split(tokens: list[str], country: str) -> tuple[str, list[str], list[str]]:
    """The house number, the words of the street, and those of the unit."""
    before: list[str] = []
    if tokens[0] in DESIGNATORS and len(tokens) > 3:  # Flat 2 10 High Street
        before, tokens = tokens[:2], tokens[2:]
    tokens = [NUMBERS.get(tokens[0], tokens[0]), *tokens[1:]]
    if _starts_with_house(tokens):
        unit, number, rest = _house_first(tokens, country)
        name, inside = _cut(rest)
        return number, _normal(name), [*before, *unit, *inside]
    return _house_last(tokens)


def _starts_with_house(tokens: Sequence[str]) -> bool:
    first = tokens[0]
    return _is_house(first) or re.fullmatch(r"[a-z]?\d*[a-z]?[-/]\d+[a-z]?", first) is not None


def _house_first(tokens: list[str], country: str) -> tuple[list[str], str, list[str]]:
    """Split what a street begins with; a unit may come before its number."""
    first, rest = tokens[0], tokens[1:]
    unit: list[str] = []
    # 4B-123 Main Street, 4/123 George Street, and in Canada also 401-123.
    pair = re.fullmatch(r"(\w+)([-/])(\d+[a-z]?)", first)
    if pair and (pair[2] == "/" or not pair[1].isdigit() or country.casefold() in ("ca", "can", "canada")):
        unit, first = [pair[1]], pair[3]
    if rest and rest[0] in ("1/2", "1/4", "3/4", "bis", "ter", "quater"):
        first, rest = f"{first} {rest[0]}", rest[1:]
    elif len(rest) > 2 and len(rest[0]) == 1 and rest[0].isalpha() and rest[0] not in DIRECTIONS:
        first, rest = first + rest[0], rest[1:]
    return unit, first.lstrip("0"), rest


def _house_last(tokens: list[str]) -> tuple[str, list[str], list[str]]:
    """Hauptstraße 12 a, Calle Mayor nº 5, Carrera 7 # 12-34 Apto 401."""
    mark = next((at for at, token in enumerate(tokens[:-1]) if at and token in _MARKS), None)
    if mark is not None:
        name, number, inside = tokens[:mark], tokens[mark + 1], tokens[mark + 2 :]
    else:
        # No name follows the number: Avenida 5 de Mayo 12.
        named = max((at for at, token in enumerate(tokens) if _is_name(token)), default=0)
        places = [at for at in range(max(named, 1), len(tokens)) if _is_house(tokens[at])]
        if not places or tokens[places[0] - 1] in _ROADS or len(tokens[named]) < 3:
            return "", [], []
        first = places[0]
        if first == 1 and tokens[0] in SPANISH:  # Calle 5 123
            first = places[1] if places[1:2] == [2] else 0
        if not first:
            return "", [], []
        name, number, inside = tokens[:first], tokens[first], tokens[first + 1 :]
    stairs = re.fullmatch(r"(\d+[a-z]?)/(.+)", number)
    if stairs:  # Hauptstraße 12/3/15
        number, inside = stairs[1], [*stairs[2].split("/"), *inside]
    elif inside and len(inside[0]) == 1 and inside[0].isalpha():
        number, inside = number + inside[0], inside[1:]
    return number.lstrip("0"), _normal(name), inside


def _is_name(token: str) -> bool:
    return token.isalpha() and len(token) > 1 and token not in DESIGNATORS and token not in INSIDE


def _is_of_unit(token: str) -> bool:
    return not _is_name(token) or token in ORDINALS or token in NUMBERS


def _cut(words: list[str]) -> tuple[list[str], list[str]]:
    """The words of a street, and what follows of a unit."""
    for at, word in enumerate(words):
        follows = words[at + 1 : at + 2]
        if at and (word[0] == "#" or (word in DESIGNATORS and follows and _is_of_unit(follows[0]))):
            return words[:at], words[at:]
        if at > 1 and word in INSIDE and (not follows or _is_of_unit(follows[0])):
            # 123 Main St 4th Floor
            ordinal = at > 2 and _ORDINAL.fullmatch(words[at - 1]) is not None
            return words[: at - ordinal], words[at - ordinal :]
    # 123 Main St 4B: a number at the end, but not that of a road.
    kinds = [word for word in words[1:-1] if word not in DIRECTIONS][-1:]
    if kinds and any(one.isdigit() for one in words[-1]) and KINDS.get(kinds[0], "rd") not in _ROADS:
        return words[:-1], words[-1:]
    return words, []


def _normal(tokens: Iterable[str]) -> list[str]:
    """The words of a street in the one form that is compared."""
    words = _numbered([token for part in tokens for token in part.split("-")])
    words = [DIRECTIONS.get(word) or KINDS.get(word) or _GLUED.sub("st", word) for word in words]
    if len(words) > 1 and words[0] in SPANISH.values():
        words = [word for word in words if word not in ("de", "del", "la", "las", "los", "el")]
    joined: list[str] = []
    for word in words:
        if joined and (pair := joined[-1] + word) in DIRECTIONS and len(pair) == 2:
            joined[-1] = pair
        elif joined and (short := TWO_WORDS.get((joined[-1], word))):
            joined[-1] = short
        else:
            joined.append(word)
    return [_UMLAUT.sub("", word) for word in joined]


def _numbered(words: Iterable[str]) -> list[str]:
    """Numbers as digits: First, 1st, Twenty-First."""
    found: list[str] = []
    for word in words:
        number = ORDINALS.get(word) or _ORDINAL.sub(r"\1", word)
        if found and number.isdigit() and int(number) < 10 and found[-1] in TENS and word in ORDINALS:
            found[-1] = str(TENS[found[-1]] + int(number))
        else:
            found.append(number)
    return found


def _units(parts: Iterable[Sequence[str]], place: frozenset[str]) -> list[list[str]]:
    """The parts of an address that belong to its unit: those with a word for it or with a number, but no town."""
    found: list[list[str]] = []
    for part in parts:
        if place.issuperset(part) or _is_postal(part) or list(part) == ["fl"]:  # Florida
            continue
        if part[0] in DESIGNATORS:  # Apartment 5 The Old Mill
            found.append(list(takewhile(_is_of_unit, part)))
        elif all(map(_is_of_unit, part)) or any(one.isdigit() for token in part for one in token):
            found.append(list(part))
    return found


def _is_postal(part: Sequence[str]) -> bool:
    """Whether it has a postcode: WA 98125, 10115 Berlin, SW1A 1AA, K1A 0B1."""
    return _POSTCODE.search(" ".join(part)) is not None


def _unit(words: Iterable[str]) -> str:
    """A unit in the one form that is compared: 4 B, #4B, Apt 04-B and Unit 4b are 4b; 1-12 is not 112."""
    runs: list[str] = []
    for word in words:
        if word in INSIDE:
            runs.append(f" {INSIDE[word]}")
        elif word not in DESIGNATORS:
            number = ORDINALS.get(word) or NUMBERS.get(word) or _ORDINAL.sub(r"\1", word)
            runs += [run.lstrip("0") or "0" for run in _RUNS.findall(number)]
    text = ""
    for run in runs:
        text += f"-{run}" if text[-1:].isdigit() and run[0].isdigit() else run
    return text.strip()

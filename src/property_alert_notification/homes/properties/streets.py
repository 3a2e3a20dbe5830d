"""Reads the street of an address: its house number, its name, and what is written behind it of a unit. Pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from property_alert_notification.homes.properties.street_kinds import BEFORE_NUMBERS, COMPLETE, ENDS, KINDS, SPANISH
from property_alert_notification.homes.properties.street_words import (
    DESIGNATORS,
    DIRECTIONS,
    INSIDE,
    LOCAL_ROADS,
    MARKS,
    NUMBERED,
    NUMBERS,
    ORDINALS,
    ROADS,
    SIDES,
    TENS,
    WITH_NUMBER,
    words_of,
)
from property_alert_notification.homes.properties.tails import Place
from property_alert_notification.homes.properties.units import is_floor, is_name, is_of_unit, number_of

_HOUSE = re.compile(r"\d+[a-z]?(?:[-/&]\d*[a-z]?)*|\d+(?:bis|ter|quater)|[nsew]\d+[nsew]\d+|\d{1,2}[nsew]\d{2,4}")
_GRID = re.compile(r"[nsew]\d{3,5}")
_GRID_IN_TWO = re.compile(r"[ns]\d{1,3} [ew]\d{3,5}|[ew]\d{1,3} [ns]\d{3,5}")
_PAIR = re.compile(r"(\w+)([-/])(\d+[a-z]?)")
_FRACTIONS = frozenset(words_of("1/2 1/3 2/3 1/4 3/4 1/8 bis ter quater"))
_GLUED = re.compile(r"(?<=[a-z]{3})(?:strasse|strase|str)$")
_GERMAN = re.compile(r"(?:strasse|strase|str|gasse|platz|allee|weg)\b")
_UMLAUT = re.compile(r"(?<=[aou])e(?=[a-z])")
_ROADS = frozenset(
    words_of("hwy highway rt route rte rd road fm rm rr sr cr us i interstate box tract parcel mile km exit lot")
)
"""Words before a number that is the road's."""
_ROADS_BEGIN = frozenset(way[0] for roads in (ROADS, *LOCAL_ROADS.values()) for way in roads)
_ARTICLES = frozenset({"la", "las", "los", "el"})

Split = tuple[str, str, list[str]]
"""The house number, the name of the street, and the words of the unit."""

NONE: Split = ("", "", [])


def is_house(token: str) -> bool:
    """Whether it may be a house number: 12, 12b, 12-34, 12bis, N6W2300, 26W501."""
    return not token.isalpha() and _HOUSE.fullmatch(token) is not None


def grid_of(tokens: Sequence[str]) -> int:
    """How many words at the beginning are a grid number that begins with a letter: N3456 Oak St, N64 W12345 Oak St.

    N101 123 Main St begins with a unit.
    """
    if _GRID_IN_TWO.fullmatch(" ".join(tokens[:2])):
        return 2
    return int(len(tokens) > 1 and _GRID.fullmatch(tokens[0]) is not None and not is_house(tokens[1]))


def has_street(part: Sequence[str]) -> bool:
    """Whether it is more than a unit: Flat 2."""
    if (part[0] in SPANISH and len(part) > 1) or (is_house(part[0]) and len(part) > 2 and part[1] in NUMBERED):
        return True
    words = [token for token in part if token.isalpha() and token not in DESIGNATORS and token not in INSIDE]
    return any(len(word) > 1 or word in DIRECTIONS or word in NUMBERED for word in words) and (
        part[0] not in DESIGNATORS
        or part[0] in MARKS
        or any(map(is_house, part[2:]))
        or (len(part) > 3 and "-" in part[1])
    )


def split(tokens: list[str], place: Place) -> Split:
    """Split what is written of a street and its house."""
    before, tokens = _unit_before(tokens)
    if grid_of(tokens) == 2:
        tokens = ["".join(tokens[:2]), *tokens[2:]]
    tokens = [NUMBERS.get(tokens[0], tokens[0]), *tokens[1:]]
    if _begins_with_house(tokens):
        unit, number, rest = _house_first(tokens, place)
        name, inside = _cut(rest)
        return number, _normal(tuple(name), place.state), [*before, *unit, *inside]
    return NONE if before else _house_last(tokens, place)


def _unit_before(tokens: list[str]) -> tuple[list[str], list[str]]:
    """The unit that is written before the house, and the rest: Flat 2 10 High Street, # 4 123 Main St."""
    at = 0
    while at < len(tokens) - 2 and (tokens[at] == "#" or tokens[at] in DESIGNATORS or tokens[at] in INSIDE):
        word = at
        if INSIDE.get(tokens[at]) in WITH_NUMBER and tokens[at + 1] in MARKS:  # Lot #5 123 Main St
            at += 1
        while at < len(tokens) - 1 and (tokens[at] in MARKS or tokens[at] in DESIGNATORS):
            at += 1
        pair = _PAIR.fullmatch(tokens[at])
        if pair and pair[2] == "-" and not _begins_with_house(tokens[at + 1 :]):  # Unit 4-123 Main St
            return [*tokens[:at], pair[1]], [pair[3], *tokens[at + 1 :]]
        rest = tokens[at + 1 :]
        if INSIDE.get(tokens[at]) in SIDES and _begins_with_house(rest) and len(rest) > 1 and is_name(rest[1]):
            return tokens[: at + 1], rest  # Rear 123 Main St
        at += 2 if at == word else 1
    rest = tokens[at:]
    if at and len(rest) > 1 and _begins_with_house(rest):
        return tokens[:at], rest
    if tokens[0] in MARKS and tokens[0] != "#" and len(tokens) > 2:  # No. 5 High Street
        return [], tokens[1:]
    return [], tokens


def _begins_with_house(tokens: Sequence[str]) -> bool:
    if not tokens:
        return False
    first = tokens[0]
    return is_house(first) or grid_of(tokens) > 0 or re.fullmatch(r"[a-z]?\d*[a-z]?[-/]\d+[a-z]?", first) is not None


def _house_first(tokens: list[str], place: Place) -> tuple[list[str], str, list[str]]:
    """Split what a street begins with; a unit may come before its number."""
    first, rest = tokens[0], tokens[1:]
    unit: list[str] = []
    # 4B-123 Main Street, 4/123 George Street, and in Canada also 401-123.
    first = _in_a_row(first, place)
    pair = _PAIR.fullmatch(first)
    if pair and (pair[2] == "/" or not pair[1].isdigit() or place.is_canadian):
        unit, first = [pair[1]], pair[3]
    if first[-3:] in ("bis", "ter"):
        first, rest = first[:-3], [first[-3:], *rest]
    if rest and rest[0] in _FRACTIONS:
        first, rest = f"{first} {rest[0]}", rest[1:]
    elif len(rest) > 2 and len(rest[0]) == 1 and rest[0].isalpha() and rest[0] not in DIRECTIONS:
        # 12 B Main Street, but 12 C Street NW
        is_name_of_street = rest[1] in KINDS and (
            rest[2] in DIRECTIONS or is_of_unit(rest[2]) or rest[2] in DESIGNATORS
        )
        if not is_name_of_street and len(rest[1]) > 1:
            first, rest = first + rest[0], rest[1:]
    return unit, re.sub(r"^0+(?=\d)", "", first), rest


def _in_a_row(number: str, place: Place) -> str:
    """A pair of houses that are next to each other: 123/125 and 123&125 are 123-125; elsewhere 123/125 has a unit."""
    pair = re.fullmatch(r"(\d+)([/&])(\d+)", number)
    is_row = pair and (pair[2] == "&" or place.is_american) and 0 < int(pair[3]) - int(pair[1]) <= 2
    return f"{pair[1]}-{pair[3]}" if pair and is_row else number


def _house_last(tokens: list[str], place: Place) -> Split:
    """Hauptstraße 12 a, Calle Mayor nº 5, Carrera 7 # 12-34 Apto 401."""
    if tokens[0] == "#":
        return NONE
    mark = next((at for at, token in enumerate(tokens[:-1]) if at and token in MARKS), None)
    if mark is not None:
        name, number, inside = tokens[:mark], tokens[mark + 1], tokens[mark + 2 :]
    else:
        # No name follows the number: Avenida 5 de Mayo 12.
        named = max((at for at, token in enumerate(tokens) if is_name(token)), default=0)
        places = [at for at in range(max(named, 1), len(tokens)) if is_house(tokens[at])]
        before = tokens[places[0] - 1] if places else ""
        if not before or before in _ROADS or before in BEFORE_NUMBERS or len(tokens[named]) < 3:
            return NONE
        first = places[0]
        if first == 1 and tokens[0] in SPANISH:  # Calle 5 123
            first = places[1] if places[1:2] == [2] else 0
        if not first:
            return NONE
        name, number, inside = tokens[:first], tokens[first], tokens[first + 1 :]
    stairs = re.fullmatch(r"(\d+[a-z]?)/(.+)", number)
    if stairs:  # Hauptstraße 12/3/15
        number, inside = stairs[1], [*stairs[2].split("/"), *inside]
    elif inside and len(inside[0]) == 1 and inside[0].isalpha():
        number, inside = number + inside[0], inside[1:]
    return number.lstrip("0"), _normal(tuple(name), place.state), inside


def _cut(words: list[str]) -> tuple[list[str], list[str]]:
    """The words of a street, and what follows of a unit."""
    for at, word in enumerate(words):
        follows = words[at + 1 : at + 2]
        if at and (
            word[0] == "#" or (word in DESIGNATORS and follows and (is_of_unit(follows[0]) or follows == ["#"]))
        ):
            return words[:at], words[at:]
        if at > 1 and word in INSIDE and (not follows or is_of_unit(follows[0])):
            # 123 Main St 4th Floor
            ordinal = at > 2 and is_floor(words[at - 1], word)
            return words[: at - ordinal], words[at - ordinal :]
    return (words[:-1], words[-1:]) if _ends_with_unit(words) else (words, [])


def _ends_with_unit(words: Sequence[str]) -> bool:
    """Whether a number or a letter at the end is a unit: 123 Main St 4B, but Highway 9, Avenue 34, Main St E."""
    last = words[-1] if words else ""
    is_letter = len(last) == 1 and last.isalpha() and last not in DIRECTIONS
    if not is_letter and not any(one.isdigit() for one in last):
        return False
    at = max((at for at, word in enumerate(words[:-1]) if word not in DIRECTIONS), default=0)
    if words[at] in COMPLETE:
        return True
    kind = KINDS.get(words[at], "rd")
    has_name = any(word not in DIRECTIONS for word in words[:at])
    return has_name and kind not in _ROADS and kind not in BEFORE_NUMBERS and (kind in ENDS or not is_letter)


@lru_cache(maxsize=10_000)
def _normal(tokens: tuple[str, ...], state: str) -> str:
    """The name of a street in the one form that is compared; `state` is the code of its state."""
    written = _numbered([token for part in tokens for token in part.split("-")])
    if len(written) == 2 and written[0] == state and written[1].isdigit():
        return f"sr {written[1]}"  # WA-9 in Washington
    is_german = any(map(_GERMAN.search, written))
    words = [_form(written, at) for at in range(len(written))]
    if _is_letter_street(written):
        return " ".join(word if word in DIRECTIONS else words[at] for at, word in enumerate(written))
    if len(words) > 1 and words[0] in SPANISH.values():
        words = [
            word
            for at, word in enumerate(words)
            if word not in ("de", "del") and not (word in _ARTICLES and words[at - 1] == "de")
        ]
    joined = _joined(words, LOCAL_ROADS.get(state, ROADS))
    return " ".join([_UMLAUT.sub("", word) for word in joined] if is_german else joined)


def _form(words: Sequence[str], at: int) -> str:
    word = words[at]
    if word == "c" and (at or words[1:2] == [] or words[1] in KINDS):
        return word  # C Street is no calle
    if word == "ste":
        return "st"
    if word == "tr" and words[at + 1 : at + 2] and words[at + 1].isdigit() and DIRECTIONS.keys() >= set(words[:at]):
        return "twp rd"  # TR 45, but Oak Tr
    return DIRECTIONS.get(word) or KINDS.get(word) or _GLUED.sub(" st", word)


def _is_letter_street(words: Sequence[str]) -> bool:
    """Whether a direction is the name: E Street is not East Street."""
    others = [word for word in words if word not in DIRECTIONS]
    return len(words) > 1 and len(others) == 1 and KINDS.get(others[0]) in ENDS


def _joined(words: Sequence[str], roads: Mapping[tuple[str, ...], str]) -> list[str]:
    """Join the words of a road that has a number, and those of a direction: State Route 9, North East."""
    found: list[str] = []
    at = 0
    while at < len(words):
        word = words[at]
        size = _size_of_road(words, at, roads) if word in _ROADS_BEGIN else 0
        if size:
            found.append(roads[tuple(words[at : at + size])])
        elif found and len(word) == 1 and (pair := found[-1] + word) in DIRECTIONS and len(pair) == 2:
            found[-1] = pair
        else:
            found.append(word)
        at += size or 1
    return found


def _size_of_road(words: Sequence[str], at: int, roads: Mapping[tuple[str, ...], str]) -> int:
    for size in (4, 3, 2, 1):
        number = words[at + size : at + size + 1]
        if number and tuple(words[at : at + size]) in roads and (number[0][0].isdigit() or len(number[0]) == 1):
            return size
    return 0


def _numbered(words: Iterable[str]) -> list[str]:
    """Numbers as digits: First, 1st, Twenty-First."""
    found: list[str] = []
    for word in words:
        number = number_of(word)
        if found and number.isdigit() and int(number) < 10 and found[-1] in TENS and word in ORDINALS:
            found[-1] = str(TENS[found[-1]] + int(number))
        else:
            found.append(number)
    return found

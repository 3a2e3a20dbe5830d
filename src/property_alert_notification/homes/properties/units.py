"""Reads the unit of a home, whichever way it is written. Pure."""

import re
from collections.abc import Iterable, Sequence

from property_alert_notification.homes.properties.places import STATES
from property_alert_notification.homes.properties.street_kinds import ENDS, KINDS
from property_alert_notification.homes.properties.street_words import (
    DESIGNATORS,
    DIRECTIONS,
    FLOORS,
    INSIDE,
    MARKS,
    NUMBERED,
    NUMBERS,
    ORDINALS,
    WITH_NUMBER,
)

_ORDINAL = re.compile(r"(\d+)(?:st|nd|rd|th)")
_FRENCH_ORDINAL = re.compile(r"(\d+)(?:er|eme|e)")
_RUNS = re.compile(r"\d+|[^\W\d_]+|[/&]")
_SHORT = frozenset("abcdefghijklmnopqrstuvwxyz") | {"ii", "iii", "iv", "vi", "vii", "viii", "ix", "xi", "xii"}
"""Letters and Roman numerals, which are hardly ever of the name of a town."""
_GLUED = re.compile(r"([a-z]+)-?(\d.*)")


def apart(tokens: Sequence[str]) -> list[str]:
    """Split what is written as one word: Apt4, SR-9, Karl-Marx-Str."""
    found: list[str] = []
    for token in tokens:
        if token.isalnum() and (token.isalpha() or not token[0].isalpha()):
            found.append(token)
        elif glued := _GLUED.fullmatch(token):
            word = glued[1]
            known = word in DESIGNATORS or word in INSIDE or word in NUMBERED or word in STATES
            known = known or ("-" in token and KINDS.get(word) in ENDS)  # Main St-101
            found += [word, glued[2]] if known else [token]
        elif token.replace("-", "").isalpha():
            found += token.split("-")
        else:
            found.append(token)
    return found


def is_name(token: str) -> bool:
    """Whether a word is of a name, and not of a unit."""
    return token.isalpha() and len(token) > 1 and token not in DESIGNATORS and token not in INSIDE


def is_of_unit(token: str) -> bool:
    """Whether a word may be of a unit: 4, B, 4th, second, floor."""
    return not is_name(token) or token in ORDINALS or token in NUMBERS


def is_floor(number: str, word: str) -> bool:
    """Whether a number in order is that of a floor: 4th Floor, Fourth Floor, 4e étage."""
    if INSIDE[word] not in FLOORS:
        return False
    return number in ORDINALS or (_ORDINAL.fullmatch(number) or _FRENCH_ORDINAL.fullmatch(number)) is not None


def number_of(word: str) -> str:
    """A number in order as digits: First, 1st."""
    if number := ORDINALS.get(word):
        return number
    ordinal = _ORDINAL.fullmatch(word) if word[0].isdigit() else None
    return ordinal[1] if ordinal else word


def units_in(part: Sequence[str]) -> list[str]:
    """What a part of an address says of the unit, if it is neither the street nor a place: Apt 5, East Tower."""
    if part[0] == "#" or part[0] in DESIGNATORS:
        # Apartment 5 The Old Mill, but also Unit Red
        names = [at for at, token in enumerate(part) if at > 1 and not is_of_unit(token) and token not in DIRECTIONS]
        return list(part[: min(names, default=len(part))])
    says = any(token in INSIDE or token in DESIGNATORS or token in _SHORT or not token.isalpha() for token in part)
    return list(part) if says or all(is_of_unit(token) or token in DIRECTIONS for token in part) else []


def unit_beside_street(part: Sequence[str]) -> list[str]:
    """What a part of an address begins and ends with of a unit: Lot 5 in Lot 5 Main St and in Main St Lot 5."""
    before = _unit_in_front(part)
    rest = part[len(before) :]
    ends = (rest[at:] for at in range(len(rest)))
    return [*before, *next((end for end in ends if _unit_in_front(end) == list(end)), ())]


def _unit_in_front(part: Sequence[str]) -> list[str]:
    """What it begins with of a unit: Lot 5 in Lot 5 Main St, and Lot 5 6 in Lots 5 and 6."""
    at = 0
    while part[at + 1 : at + 2] and (part[at] == "#" or part[at] in DESIGNATORS or part[at] in INSIDE):
        at += 1
        at += part[at] == "#" or part[at] in DESIGNATORS
        if not part[at : at + 1] or not (part[at][0].isdigit() or len(part[at]) == 1):
            return []
        at += 1
        while part[at : at + 1] and part[at].isdigit():
            at += 1
    return list(part[:at])


def unit_of(parts: Iterable[Sequence[str]]) -> str:
    """A unit in the one form that is compared.

    4 B, #4B, Apt 04-B and Unit 4b are 4b, but 1-12 is not 112. What says where in the building it is has its own word,
    in the order of the alphabet: Unit 4, Bldg 3 is 4 bldg3.
    """
    found: dict[str, list[str]] = {}
    for part in parts:
        _read(part, found)
    return " ".join(key + _joined(found[key]) for key in sorted(found) if key or found[key])


def _read(part: Sequence[str], found: dict[str, list[str]]) -> None:
    """Add what one part says to the words of the unit itself, which have no key, and to those of where it is."""
    its = found.setdefault("", [])
    key, takes_one, is_named = "", False, False
    for at, word in enumerate(part):
        if word == "#" or word in DESIGNATORS:
            # Lot # 4, but North Building # 4
            takes_one = takes_one and word in MARKS and key in WITH_NUMBER and not is_named
        elif inside := INSIDE.get(word):
            values = found.setdefault(inside, [])
            before = part[at - 1] if at else ""
            number_follows = part[at + 1 : at + 2] and part[at + 1][0].isdigit()
            if its and (is_floor(before, word) or (inside in FLOORS and before.isdigit() and not number_follows)):
                french = _FRENCH_ORDINAL.fullmatch(before)
                values.append(french[1] if french else its[-1])
                its.pop()
                takes_one = False
            else:
                key, takes_one = inside, True
                is_named = bool(before) and (is_name(before) or before in DIRECTIONS)
        elif takes_one:
            found[key].append(NUMBERS.get(word) or number_of(word))
            takes_one = False
        else:
            its.append(NUMBERS.get(word) or number_of(word))


def _joined(words: Iterable[str]) -> str:
    text = ""
    for word in words:
        for run in _RUNS.findall(word):
            short = run.lstrip("0") or "0"
            text += f"-{short}" if text[-1:].isdigit() and short[0].isdigit() else short
    return text

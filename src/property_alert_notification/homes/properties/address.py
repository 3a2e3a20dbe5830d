"""Reads the address of a home: its house number and street, and its unit, whichever way they are written. Pure.

Nothing is guessed: what is not understood stays as it is, so that two ways to write an address may be taken for two
homes, but two homes not for one.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from property_alert_notification.homes.properties.folding import fold, tokens_of
from property_alert_notification.homes.properties.houses import house_of
from property_alert_notification.homes.properties.street_kinds import ENDS, KINDS
from property_alert_notification.homes.properties.street_words import DIRECTIONS, MARKS, WITHOUT_UNIT
from property_alert_notification.homes.properties.streets import grid_of, has_street, is_house, split
from property_alert_notification.homes.properties.tails import (
    NOWHERE,
    Place,
    beside_place,
    follows_town,
    is_postal,
    place_of,
    unit_beside_place,
    without_place,
)
from property_alert_notification.homes.properties.units import apart, unit_beside_street, unit_of


class Address(NamedTuple):
    """A normal form: equal when two addresses are the same."""

    number: str = ""
    """Of the house; empty if it or the street is unknown."""
    street: str = ""
    unit: str = ""
    """Empty if none is named. It may be known without a house number: Lot 5 Main St."""


UNKNOWN = Address()

_NO_WORDS = frozenset({"na", "n/a", "none", "null", "-"})
"""What feeds write as the direction or the kind of a street that has none."""
_HIDDEN = frozenset({"undisclosed", "withheld", "tbd", "tba", "unknown", "confidential"})
_VAGUE = frozenset({"hidden", "block", "blk", "mile", "miles"})
_NO_ADDRESS = re.compile(r"^(address )?(is )?hidden\b(?!.*\d)|\bmiles? \w+ of\b|\bblock of\b|\b\d+00 bl(?:oc)?k\b")
_BOX = re.compile(
    r"\b(?:p o box|po box|pob|post office box|lockbox|postfach|apartado|apdo|casilla|boite postale|bp \d)\b[^,;]*"
)
_ROUTE = re.compile(
    r"(?:^|[,;(]\s*)(?:(?P<contract>hcr?|h c|(?:highway contract|star)(?: route| rte| rt)?)"
    r"|rr|r r|rural (?:route|rte|rt)|rfd|rd|route|rte|rt)"
    r"\s*(?:#|no )?\s*0*(?P<route>\d+[a-z]?)[\s,]*(?:box|bx)\s*(?:#|no )?\s*0*(?P<box>[a-z]?\d+(?:-?[a-z\d]+)?)\b"
)
"""The box of a rural route or highway contract route (USPS Publication 28, 24 and 25): RR 2 Box 15, HC 1 Box 20."""
_TITLE = re.compile(r",\s*(?=(?:jr|sr)\b)")
_PARTS = re.compile(r"[,;()|]")
_URBANIZATIONS = frozenset({"urb", "urbanizacion"})
"""Words before the name of a district that has streets of its own: two of them in a town may have a street A."""


def address_of(fields: Mapping[str, Any]) -> Address:
    """The address in a record."""
    place = place_of(fields)
    named = fold(fields.get("UnitNumber"))
    unit = "" if named in WITHOUT_UNIT else unit_of([apart(tokens_of(named))])
    street = _street_in_parts(fields)
    found = read_address(street, place) if street else UNKNOWN
    if found.street and (unit or found.unit or "UnparsedAddress" not in fields):
        return found._replace(unit=unit or found.unit)
    whole = read_address(str(fields.get("UnparsedAddress") or ""), place)
    if found.street:
        # Only the whole address may name it, in a record that has the parts of its street too.
        return found._replace(unit=whole.unit)
    return whole._replace(unit=unit or whole.unit or found.unit)


def are_apart(one: Address, other: Address) -> bool:
    """Whether two addresses of one parcel are known to be of two homes: they name two houses, or two units."""
    first, second = house_of(one.number), house_of(other.number)
    if first.differs(second):
        return True
    # The letter of a house may be written as its unit.
    mine = one.unit or ("" if second.letter else first.letter)
    theirs = other.unit or ("" if first.letter else second.letter)
    return bool(mine and theirs) and mine != theirs


def _street_in_parts(fields: Mapping[str, Any]) -> str:
    """The house number and street in their own fields; empty if one of them is not there."""
    number = fold(fields.get("StreetNumber") or fields.get("StreetNumberNumeric"))
    prefix, name, suffix, modifier, direction = (
        fold(fields.get(field))
        for field in ("StreetDirPrefix", "StreetName", "StreetSuffix", "StreetSuffixModifier", "StreetDirSuffix")
    )
    if not name or not number:
        return ""
    prefix, suffix, modifier, direction = (
        "" if part in _NO_WORDS else part for part in (prefix, suffix, modifier, direction)
    )
    words = name.split()
    if len(words) > 1:
        # Main St, with the suffix St
        prefix = "" if prefix == words[0] else prefix
        direction = "" if direction == words[-1] else direction
        kinds = [KINDS.get(word) for word in (words[-1], suffix)]
        suffix = "" if suffix == words[-1] or (kinds[0] and kinds[0] == kinds[1]) else suffix
    return " ".join(filter(None, (number, prefix, name, suffix, modifier, direction)))


def read_address(text: str, place: Place = NOWHERE) -> Address:
    """The address in a text; the town and the state of `place` may follow the street in it."""
    text = _BOX.sub("", _TITLE.sub(" ", fold(text)))
    if route := _ROUTE.search(text):
        beside = read_address(text[: route.start()] + "," + text[route.end() :], place)
        return beside if beside.street else _on_route(route)._replace(unit=beside.unit)
    parts = [apart(tokens) for part in _PARTS.split(text) if (tokens := tokens_of(part))]
    words = frozenset().union(*parts)
    if not parts or not words.isdisjoint(_HIDDEN) or (not words.isdisjoint(_VAGUE) and _NO_ADDRESS.search(text)):
        return Address(unit=_unit_alone(parts, place))
    streets = [
        without_place(part, place, follows=follows_town(after, place) if after else False)
        for part, after in zip(parts, [*parts[1:], []], strict=True)
    ]
    at = _street_among(parts, streets, place)
    if at is None:
        return Address(unit=_unit_alone(parts, place))
    street, after = streets[at], parts[at + 1 :]
    if after and set(after[0]) <= DIRECTIONS.keys() and not place.words.issuperset(after[0]):  # 500 C St, NW
        street, after = street + after[0], after[1:]
    if after and not (grid_of(street) or any(map(is_house, street))) and _is_number(after[0], place):  # Calle Mayor, 5
        street, after = street + after[0], after[1:]
    number, name, inside = split(street, place)
    if not name or not number.strip("0-/") or number in place.words:  # the number of 10115 Berlin is its postcode
        return Address(unit=_unit_alone(parts, place))
    district = next((part for part in parts if part and part[0] in _URBANIZATIONS and part is not parts[at]), [])
    outside = [unit_beside_place(part, place) for part in (*parts[:at], *after) if part and part is not district]
    return Address(number, " ".join([name, *district]), unit_of([*filter(None, outside), inside]))


def _on_route(found: re.Match[str]) -> Address:
    box = re.sub(r"-(?=[a-z])", "", found["box"])
    return Address(f"box {box}", f"{'hc' if found['contract'] else 'rr'} {found['route']}")


def _unit_alone(parts: Sequence[Sequence[str]], place: Place) -> str:
    """The unit in an address without a house number: Lot 5 Main St, TBD Main St Lot 5."""
    known = ([word for word in part if word not in _HIDDEN and word.strip("0")] for part in parts)
    streets = (beside_place(part, place) for part in known if part)
    return unit_of(unit for street in streets if (unit := unit_beside_street(street)))


def _street_among(parts: list[list[str]], streets: list[list[str]], place: Place) -> int | None:
    """Which part has the street; a house number before it is joined to it: 12, Rue de la Paix."""
    if (is_house(parts[0][0]) or grid_of(parts[0])) and has_street(streets[0]) and not _is_town(streets[0], place):
        return 0
    named = [at for at, part in enumerate(streets) if has_street(part)]
    if not named:
        return None
    first = named[0]
    if (
        first
        and not any(map(is_house, streets[first]))
        and len(parts[first - 1]) == 1
        and is_house(parts[first - 1][0])
    ):
        streets[first] = parts[first - 1] + streets[first]
        parts[first - 1].clear()
        return first
    # The Old Mill, 12 Church Lane
    return next((at for at in named if any(map(is_house, streets[at])) and not _is_town(parts[at], place)), first)


def _is_town(part: list[str], place: Place) -> bool:
    """Whether it is no street: 10115 Berlin."""
    if place.words.issuperset(part):
        return is_postal(part)
    return is_postal(part[:1]) and not any(KINDS.get(token) in ENDS for token in part)


def _is_number(part: list[str], place: Place) -> bool:
    """Whether it is the house number of the part before it, perhaps with a unit behind it."""
    at = part[0] in MARKS and len(part) > 1
    return is_house(part[at]) and not is_postal(part) and part[at] not in place.words

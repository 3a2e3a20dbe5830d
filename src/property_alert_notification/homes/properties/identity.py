"""What identifies a home in a record, and whether two records are of the same home. Pure.

The strongest thing that both records have decides: RESO's universal identifiers, else the parcel number within its
county, else the address with its unit. Coordinates alone never do.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from hashlib import blake2b
from math import cos, floor, hypot, radians
from typing import Any

from property_alert_notification.homes.properties.address import Address, address_of, are_apart
from property_alert_notification.homes.properties.folding import plain
from property_alert_notification.homes.properties.identifiers import (
    Universal,
    bare,
    is_same_number,
    parcel_of,
    universal_of,
)
from property_alert_notification.homes.properties.places import country_of, county_of, state_of, town_of

NEAR = 30.0
"""Metres between two records of one address at most."""

FAR = 2_000.0
"""Metres beyond which two records with one parcel number are of two homes: one number was mistyped."""

_FIELDS = (
    "PropertyType", "PropertySubType", "NumberOfUnitsTotal", "UniversalParcelId", "UniversalPropertyId", "ParcelNumber",
    "CountyOrParish", "StateOrProvince", "Country", "City", "PostalCity", "PostalCode", "StreetNumber",
    "StreetNumberNumeric", "StreetDirPrefix", "StreetName", "StreetSuffix", "StreetSuffixModifier", "StreetDirSuffix",
    "UnitNumber", "UnparsedAddress", "Latitude", "Longitude",
)  # fmt: skip
_NAMES_A_HOME = frozenset({"UniversalParcelId", "UniversalPropertyId", "ParcelNumber", "StreetName", "UnparsedAddress"})
_UNIVERSAL = ("UniversalParcelId", "UniversalPropertyId")
_FLATS = re.compile(r"apartment|condo|flat|stock ?coop|own ?your ?own|penthouse|wohnung|piso|departamento|apto")
_BUILDINGS = re.compile(r"income|multi|plex|building|commercial")
_METRES = 111_195.0
"""Of one degree of latitude."""
_CELL = 0.01
"""Degrees. Two homes that are near each other have a cell in common."""
_COLUMNS = round(360 / _CELL)
_APART = "\x1f"
"""What is between two fields in the store."""
_LONGEST = 500
"""Characters of a field. A longer one says nothing: the time to read it grows with the square of its length."""

FORM = 13
"""Of the keys that are stored, and of what is compared: it is another one with each change of how a record is read."""

MARK = f"{FORM}\x1e"
"""What an identity begins with in the store whose listing has keys of this form."""


class Evidence(IntEnum):
    """Why two records are of the same home; the strongest is the greatest."""

    ADDRESS = 1
    PARCEL = 2
    UNIVERSAL = 3


@dataclass(frozen=True, slots=True)
class Identity:
    """What identifies a home in one record."""

    to_let: bool
    """A home that is for sale and to let has two offers, which are told apart like two homes."""
    universal: Mapping[str, Universal]
    """By their notation."""
    parcel: str
    """As it is written, without blanks; empty if there is none."""
    county: str
    state: str
    country: str
    town: str
    postcode: str
    address: Address
    is_flat: bool
    is_building: bool
    point: tuple[float, float] | None
    """Longitude and latitude."""

    @property
    def named_by_address(self) -> bool:
        """Whether the address tells this home from others: that of a flat does not without its unit."""
        return bool(self.address.street and (self.address.unit or not self.is_flat))


def identifying(fields: Mapping[str, Any]) -> str:
    """The fields of a record that identify its home, as the store keeps them; empty if none does."""
    if _NAMES_A_HOME.isdisjoint(fields):
        return ""
    given = [str(fields.get(name, "")) for name in _FIELDS]
    text = _APART.join(given)
    if text.count(_APART) != len(given) - 1:
        text = _APART.join(one.replace(_APART, " ") for one in given)
    return MARK + text


def renewed(stored: str) -> str:
    """What is stored as the identity of a listing with keys of an older form, once it has those of this form."""
    return MARK + stored.rpartition("\x1e")[2]


def identity_of(stored: str) -> Identity:
    """Read what `identifying` wrote."""
    given = zip(_FIELDS, stored.rpartition("\x1e")[2].split(_APART), strict=False)
    fields = {name: value for name, value in given if value and len(value) <= _LONGEST}
    kinds = plain(f"{fields.get('PropertyType', '')} {fields.get('PropertySubType', '')}")
    longitude, latitude = fields.get("Longitude"), fields.get("Latitude")
    address = address_of(fields)
    units = fields.get("NumberOfUnitsTotal", "")
    several = units.isdecimal() and int(units) > 1
    return Identity(
        to_let="lease" in kinds,
        universal=universal_of(fields.get(name) for name in _UNIVERSAL),
        parcel=parcel_of(fields.get("ParcelNumber")),
        county=county_of(fields.get("CountyOrParish")),
        state=state_of(fields.get("StateOrProvince")),
        country=country_of(fields.get("Country")),
        town=town_of(fields.get("City") or fields.get("PostalCity")),
        postcode=_postcode(fields.get("PostalCode")),
        address=address,
        is_flat=_FLATS.search(kinds) is not None,
        is_building=not address.unit and (bool(_BUILDINGS.search(kinds)) or several),
        point=None if longitude is None or latitude is None else (float(longitude), float(latitude)),
    )


def keys_of(identity: Identity) -> set[int]:
    """Numbers of which two records of the same home have at least one in common. Others may have it too."""
    texts = [f"{name} {its.area}:{bare(its.parcel)}:{its.sub}" for name, its in identity.universal.items()]
    if identity.parcel:
        texts.append(f"parcel {bare(identity.parcel)}")
    if identity.named_by_address:
        home = f"{identity.address.number} {identity.address.street}, {identity.address.unit}"
        # Another record may have one of them only.
        town = identity.state + identity.town if identity.town else ""
        texts += [f"{home}, {place}" for place in (identity.postcode, town) if place]
        texts += [f"{home}, {cell}" for cell in _cells(identity.point)]
    return {_number(f"{identity.to_let} {text}") for text in texts}


def contradict(one: Identity, other: Identity) -> bool:
    """Whether they are known to be of two homes."""
    if one.to_let is not other.to_let:
        return True
    shared = one.universal.keys() & other.universal.keys()
    if any(not one.universal[name].is_same(other.universal[name]) for name in shared):
        return True
    # An identifier of a part of a parcel says more than the number of a house or unit.
    if are_apart(one.address, other.address):
        return not any(one.universal[name].sub for name in shared)
    return bool(not shared and one.parcel and other.parcel) and not _same_parcel(one, other)


def evidence(one: Identity, other: Identity) -> Evidence | None:
    """Why they are of the same home; None if they are not, or it cannot be said."""
    if contradict(one, other):
        return None
    shared = one.universal.keys() & other.universal.keys()
    if shared or (one.parcel and other.parcel):
        # A building for sale has the number of the flats in it, and one of two houses that of the other.
        is_other = one.address.unit != other.address.unit or _differ(one.address.number, other.address.number)
        if is_other and (one.is_building or other.is_building) and not any(one.universal[name].sub for name in shared):
            return None
        return Evidence.UNIVERSAL if shared else Evidence.PARCEL
    return Evidence.ADDRESS if _same_address(one, other) else None


def _same_parcel(one: Identity, other: Identity) -> bool:
    if not is_same_number(one.parcel, other.parcel):
        return False
    if _differ(one.country, other.country) or _differ(one.state, other.state) or _differ(one.county, other.county):
        return False
    if one.point and other.point and metres(one.point, other.point) > FAR:
        return False
    has_county = bool(one.county and other.county and one.state == other.state)
    return has_county or _same_place(one, other)


def _same_address(one: Identity, other: Identity) -> bool:
    if not (one.named_by_address and other.named_by_address) or one.address != other.address:
        return False
    if _differ(one.country, other.country) or _differ(one.state, other.state):
        return False
    if one.point and other.point:
        return metres(one.point, other.point) <= NEAR
    return _same_place(one, other)


def _same_place(one: Identity, other: Identity) -> bool:
    """Whether both are known to be in one town, or of one postcode."""
    if one.postcode and other.postcode:
        return one.postcode == other.postcode and not _differ(one.state, other.state)
    return bool(one.town and one.town == other.town and one.state == other.state)


def metres(one: tuple[float, float], other: tuple[float, float]) -> float:
    """The distance of two points that are not far from each other."""
    east = abs(one[0] - other[0])
    east = min(east, 360 - east) * cos(radians((one[1] + other[1]) / 2))
    return hypot(east, one[1] - other[1]) * _METRES


def _cells(point: tuple[float, float] | None) -> set[str]:
    """The cells that are near the point."""
    if point is None:
        return set()
    longitude, latitude = point
    north = NEAR * 1.01 / _METRES
    east = north / max(cos(radians(min(abs(latitude) + north, 90))), 0.01)
    columns = range(floor((longitude - east) / _CELL), floor((longitude + east) / _CELL) + 1)
    rows = range(floor((latitude - north) / _CELL), floor((latitude + north) / _CELL) + 1)
    return {f"{column % _COLUMNS} {row}" for column in columns for row in rows}


def _number(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big", signed=True)


def _differ(one: str, other: str) -> bool:
    return bool(one and other and one != other)


@lru_cache(maxsize=10_000)
def _squashed(value: str | None) -> str:
    return re.sub(r"[^0-9a-z]+", "", plain(value or ""))


@lru_cache(maxsize=10_000)
def _postcode(value: str | None) -> str:
    code = _squashed(value)
    return code[:5] if re.fullmatch(r"\d{9}", code) else code

"""The fields that a `$filter` may name, and what kind of values they have. Pure.

A name that is misspelt would match no home, and the user would wait in vain: only fields of RESO's Property resource
are known, and local ones, which have an underscore in their names.
"""

from collections.abc import Mapping
from difflib import get_close_matches
from enum import Enum, auto

from property_alert_notification.homes.reso import by_kind, words
from property_alert_notification.homes.reso.personal import is_personal


class Kind(Enum):
    """What kind of values a field has."""

    NUMBER = auto()
    WORD = auto()
    """One member of an enumeration."""
    SEVERAL = auto()
    """Several members of an enumeration."""
    TEXT = auto()
    SWITCH = auto()
    DAY = auto()
    TIME = auto()
    PLACE = auto()
    """`Coordinates`, for the functions `geo.distance` and `geo.intersects`."""
    LOCAL = auto()
    """A field of the feed's own: any."""


FEATURES = "Features"
"""The name for all fields with several values together. It is none of RESO's."""


ENUMERATIONS = by_kind.OTHER_WORDS | words.LOOKUPS.keys() | words.MULTIPLE | {FEATURES}
"""Fields with members of enumerations, which have two spellings."""

KINDS: Mapping[str, Kind] = {
    **dict.fromkeys(by_kind.TEXTS, Kind.TEXT),
    **dict.fromkeys(ENUMERATIONS, Kind.WORD),
    **dict.fromkeys((*words.MULTIPLE, FEATURES), Kind.SEVERAL),
    **dict.fromkeys(
        by_kind.OTHER_NUMBERS | words.MONEY | words.WHOLE | words.DECIMAL | words.AREAS.keys(), Kind.NUMBER
    ),
    **dict.fromkeys(by_kind.OTHER_SWITCHES | words.SWITCHES, Kind.SWITCH),
    **dict.fromkeys(by_kind.DAYS, Kind.DAY),
    **dict.fromkeys(by_kind.TIMES, Kind.TIME),
    "Coordinates": Kind.PLACE,
}
"""The fields that a search may name, but for local ones."""

_OFTEN_MEANT = {
    "baths": "BathroomsTotalInteger",
    "bathrooms": "BathroomsTotalInteger",
    "bathroomstotal": "BathroomsTotalInteger",
    "beds": "BedroomsTotal",
    "bedrooms": "BedroomsTotal",
    "price": "ListPrice",
    "sqft": "LivingArea",
    "status": "StandardStatus",
    "zip": "PostalCode",
    "zipcode": "PostalCode",
} | {name.lower(): name for name in KINDS}


def kind_of(name: str) -> Kind:
    """What kind of values a field has.

    Raises:
        ValueError: there is no such field, or this service does not keep it.
    """
    if is_personal(name):
        raise ValueError("is personal data, which this service does not keep")
    if (kind := KINDS.get(name)) is not None:
        return kind
    if "_" in name:
        return Kind.LOCAL
    close = [_OFTEN_MEANT[name.lower()]] if name.lower() in _OFTEN_MEANT else get_close_matches(name, KINDS, 1, 0.7)
    advice = f"did you mean {close[0]}?" if close else "local fields have an underscore in their names"
    raise ValueError(f"is no field of RESO's Property resource: {advice}")

"""What is different about a home that is no fact of its own, but may bring it into the range of a search. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from property_alert_notification.homes.criteria.comparable import keys_of, texts_of, unit_of
from property_alert_notification.homes.reso.words import AREAS

NAMED = (
    "BedroomsTotal",
    "BathroomsTotalInteger",
    "LivingArea",
    "LotSizeArea",
    "YearBuilt",
    "PropertyType",
    "PropertySubType",
    "City",
    "PostalCode",
)
"""The fields that an alert names, in this order."""

_WORDS = frozenset({"PropertyType", "PropertySubType", "City", "PostalCode"})
"""Those with words, of which another spelling is no difference."""


class Difference(NamedTuple):
    """A field that has another value."""

    field: str
    before: Any
    """None if the listing did not say. An area is one with its unit."""
    after: Any


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Difference]:
    """The fields that are different."""
    for field in NAMED:
        was, is_now = value_of(field, before), value_of(field, after)
        if not are_same(field, was, is_now):
            yield Difference(field, was, is_now)


def are_same(field: str, one: Any, other: Any) -> bool:
    """Whether two values of a field are the same to a search: "Seattle" and "SEATTLE" are one city."""
    return one == other or (field in _WORDS and keys_of(field, texts_of(one)) == keys_of(field, texts_of(other)))


def value_of(field: str, fields: Mapping[str, Any]) -> Any:
    """What a listing says of a field."""
    value = fields.get(field)
    return {"area": value, "unit": unit_of(field, fields)} if field in AREAS and value is not None else value

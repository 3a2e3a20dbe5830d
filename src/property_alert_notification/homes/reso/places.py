"""Names of places and postal codes: which say that there is none, and which lost a part of their form. Pure."""

import re
from collections.abc import Mapping
from typing import Any

from property_alert_notification.base.errors import InvalidField
from property_alert_notification.homes.reso.values import NO_VALUE
from property_alert_notification.homes.reso.words import squash

PLACES = frozenset(
    {"City", "PostalCity", "PostalCode", "CountyOrParish", "StateOrProvince", "Country"}
    | {"StreetName", "UnparsedAddress", "SubdivisionName"}
)
"""Fields in which a text such as `TBD` says that there is no value."""

_NAMES = frozenset(
    {("City", "none"), ("PostalCity", "none")} | {(name, "na") for name in ("StateOrProvince", "Country")}
)
"""Which of these texts are names all the same: a town and a province in Italy, and Namibia."""

_LONGEST_UNKNOWN = max(map(len, NO_VALUE))
_AMERICAN = frozenset({"us", "usa", "unitedstates", "unitedstatesofamerica"})
_BEGIN_WITH_ZERO = frozenset({"ct", "ma", "me", "nh", "nj", "ri", "vt", "pr", "vi"}) | {
    squash(name)
    for name in (
        *("Connecticut", "Massachusetts", "Maine", "New Hampshire", "New Jersey", "Rhode Island", "Vermont"),
        *("Puerto Rico", "Virgin Islands", "U.S. Virgin Islands"),
    )
}
"""States of America whose ZIP codes begin with 0. No other country has a state of this name and such a currency."""

_SHORT_ZIP = re.compile(r"\d{3,4}(-\d{4})?|\d{7,8}", re.ASCII)
_PREFIXED = re.compile(r"(?P<prefix>[A-Za-z]{2,3})[\s,-]+(?P<code>\d.*)", re.DOTALL)
_NO_CODE = re.compile(r"0+|9{5,}|0{5}-0{4}")


def read_places(kept: dict[str, Any]) -> None:
    """Remove texts that say that a place is unknown, and write the postal code in its own form.

    Raises:
        InvalidField: the postal code is none.
    """
    for name in kept.keys() & PLACES:
        value = kept[name]
        if isinstance(value, str) and len(value) <= _LONGEST_UNKNOWN:
            text = value.strip().lower()
            if text in NO_VALUE and (name, text) not in _NAMES:
                kept[name] = None
    if (code := kept.get("PostalCode")) is not None:
        kept["PostalCode"] = _postal_code(code, kept)


def _postal_code(value: Any, fields: Mapping[str, Any]) -> Any:
    if isinstance(value, list):
        return value
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool | float | dict) or (isinstance(value, int) and value < 0):
        raise InvalidField("PostalCode", "must be a text, such as 98177")
    text = str(value).strip()
    if text.isalnum() and len(text) == 5:  # the usual form
        return None if _NO_CODE.fullmatch(text) else text
    text = text.removesuffix(".0") if text.removesuffix(".0").isdecimal() else text
    prefixed = _PREFIXED.fullmatch(text)
    if prefixed and prefixed["prefix"].lower() in _of(fields, "StateOrProvince", "Country"):
        text = prefixed["code"]
    if _SHORT_ZIP.fullmatch(text) and _is_american(fields):
        # JSON numbers and spreadsheets have no zeros in front. No ZIP code has fewer than five digits.
        zip_code, dash, more = text.partition("-")
        text = f"{zip_code.zfill(9 if len(zip_code) > 5 else 5)}{dash}{more}"
    return None if _NO_CODE.fullmatch(text) else text


def _of(fields: Mapping[str, Any], *names: str) -> set[str]:
    return {value.strip().lower() for name in names if isinstance(value := fields.get(name), str)}


def _is_american(fields: Mapping[str, Any]) -> bool:
    if isinstance(country := fields.get("Country"), str):
        return squash(country) in _AMERICAN
    state = fields.get("StateOrProvince")
    return isinstance(state, str) and squash(state) in _BEGIN_WITH_ZERO and fields.get("currency") == "USD"

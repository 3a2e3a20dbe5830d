"""One Property record of a feed, as RESO's Common Format has it or nearly, and what this service understands of it."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from property_alert_notification.base.errors import InvalidField
from property_alert_notification.base.printable import is_printable, printable
from property_alert_notification.homes.reso import texts, times, values, words
from property_alert_notification.homes.reso.by_kind import read_by_kind
from property_alert_notification.homes.reso.coordinates import read_coordinates
from property_alert_notification.homes.reso.currencies import largest_amount, rounded
from property_alert_notification.homes.reso.limits import COUNTS, SUMS_AND_AREAS, keep_possible
from property_alert_notification.homes.reso.open_houses import OPEN_HOUSES, changed_at, open_houses_of
from property_alert_notification.homes.reso.personal import without_personal
from property_alert_notification.homes.reso.places import read_places
from property_alert_notification.homes.reso.size import UNPRINTABLE_NAME, check_size, shown_name

LONGEST_KEY = 255
"""Characters of a key."""

KEYS = frozenset({"ListingKey", "ListingKeyNumeric"})
"""The fields of which one has the key of a listing."""

FUTURE = timedelta(days=1)
"""How far ahead of our clock a feed's may be. One that says next year would win against all that follows until then."""

AHEAD = timedelta(minutes=5)
"""How far ahead of our clock the time of an open house may be. A later one is left out: it would hide what changes
until then."""

SOURCES = ("SourceSystemName", "OriginatingSystemName", "SourceSystemID", "OriginatingSystemID")
_CURRENCIES = ("currency", "Currency", "CurrencyCode", "ListPriceCurrency", "ListPriceCurrencyCode")
_REMOVED = ("@removed", "@odata.removed")
"""With these a delta of OData says that a record is deleted, or is no longer among those that may be seen."""
_LEFT_OUT = frozenset({*_CURRENCIES, *OPEN_HOUSES})
"""What is read into fields of this service's own."""


@dataclass(frozen=True, slots=True)
class Feed:
    """What is known of a feed, beside its records."""

    zone: ZoneInfo | None
    """The zone of times without an offset; None refuses them."""
    currency: str
    """The currency of amounts that name none."""


@dataclass(frozen=True, slots=True)
class ListingRecord:
    """A listing as a feed had it at one time."""

    source: str
    """The system whose ListingKey it is; empty if the feed does not name it."""
    listing_key: str
    modified_at: datetime
    """By the feed's own clock; that of this service if it is a deletion without a time."""
    fields: Mapping[str, Any]
    """All that is kept, under the names of RESO, or of the feed where RESO has none. A deleted listing has no more
    than its keys and `StandardStatus`: it is not to be shown any more."""
    is_dated: bool = True
    """Whether its feed says its time."""
    open_houses_at: datetime | None = None
    """When its open houses were changed last, if they say so. Servers keep them by themselves, and may leave
    `modified_at` as it was."""


def read(record: Any, feed: Feed, now: datetime) -> ListingRecord:
    """Read a record.

    Raises:
        InvalidField: a field cannot be understood without guessing; the error names it, and what to send.
    """
    if not isinstance(record, dict):
        raise InvalidField("value", "must be a list of objects, each a record of Property")
    check_size(record)
    key, source = key_of(record), _source_of(record)
    if not is_printable(record):
        record = _made_printable(record)
    modified_at = _field(record, "ModificationTimestamp", lambda value: times.moment(value, feed.zone))
    status = _status_of(record)
    is_deleted = status is words.StandardStatus.DELETE
    if modified_at is None and not is_deleted:
        raise InvalidField("ModificationTimestamp", "is missing: it says which of two records is newer")
    if modified_at is not None and modified_at > now + FUTURE:
        raise InvalidField("ModificationTimestamp", "is more than a day ahead of the clock of this service")
    if status is None:
        raise InvalidField("StandardStatus", "is missing: send one of RESO's StandardStatus, such as Active")
    is_dated, modified_at = modified_at is not None, modified_at or now
    fields = {} if is_deleted else _fields_of(record, feed)
    fields |= {"ListingKey": key, "StandardStatus": status.value, "ModificationTimestamp": times.as_text(modified_at)}
    if source:
        fields["SourceSystemName"] = source
    open_houses_at = None if is_deleted else changed_at(record, feed.zone, until=now + AHEAD)
    return ListingRecord(source, key, modified_at, fields, is_dated, open_houses_at)


def _made_printable(value: Any) -> Any:
    """The value with printable texts. A stray character of a text says nothing; a name with one means no field."""
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, list):
        return [_made_printable(part) for part in value]
    if not isinstance(value, dict):
        return value
    if (unprintable := next((name for name in value if not is_printable(name)), None)) is not None:
        raise InvalidField(shown_name(unprintable), UNPRINTABLE_NAME)
    return {name: _made_printable(part) for name, part in value.items()}


def key_of(record: Mapping[str, Any]) -> str:
    """The key of the listing.

    Raises:
        InvalidField: it has none.
    """
    key = record.get("ListingKey")
    key = record.get("ListingKeyNumeric") if key is None else key
    if isinstance(key, int) and not isinstance(key, bool):
        key = str(key)
    if not isinstance(key, str) or not key.strip() or len(key) > LONGEST_KEY or not key.isprintable() or "/" in key:
        problem = f"must be the key of the listing, 1 to {LONGEST_KEY} printable characters without a slash"
        raise InvalidField("ListingKey", problem)
    return key.strip()


def _source_of(record: Mapping[str, Any]) -> str:
    for name in SOURCES:
        if isinstance(source := record.get(name), str) and source.strip():
            if len(source) > LONGEST_KEY or not source.isprintable():
                raise InvalidField(name, f"must be at most {LONGEST_KEY} printable characters")
            return source.strip()
    return ""


def _status_of(record: Mapping[str, Any]) -> words.StandardStatus | None:
    # MLS Grid and others keep a record for a while that may no longer be seen.
    if _field(record, "MlgCanView", values.switch) is False:
        return words.StandardStatus.DELETE
    if any(_field(record, name, _is_removed) for name in _REMOVED):
        return words.StandardStatus.DELETE
    status = _field(record, "StandardStatus", lambda value: texts.word_of("StandardStatus", value))
    if status is None and isinstance(its := _alone(record.get("MlsStatus")), str):
        status = words.LOOKUPS["StandardStatus"].get(words.squash(words.member(its.strip())))
    return None if status is None else words.StandardStatus(status)


def _is_removed(value: Any) -> bool:
    if isinstance(value, dict):
        return True
    if value is None or isinstance(value, bool):
        return bool(value)
    raise ValueError('must be an object, such as {"reason": "deleted"}')


def _fields_of(record: Mapping[str, Any], feed: Feed) -> dict[str, Any]:
    kept: dict[str, Any] = {
        name: value
        for name, value in without_personal(record).items()
        if (value or value == 0) and name not in _LEFT_OUT and name[:1] != "@"
    }
    read_by_kind(kept, feed.zone)
    name = ""
    try:
        for name in kept.keys() & FIELDS.keys():
            kept[name] = FIELDS[name](kept[name])
    except ValueError as fault:
        raise InvalidField(name, str(fault)) from None
    keep_possible(kept, COUNTS)
    _read_baths(kept)
    _read_money(record, kept, feed)
    _read_areas(kept)
    keep_possible(kept, SUMS_AND_AREAS)
    _derive_lot(kept)
    read_places(kept)
    read_coordinates(kept)
    if (open_houses := open_houses_of(record, feed.zone)) is not None:
        kept["OpenHouse"] = open_houses
    return {name: value for name, value in kept.items() if value is not None}


def _field(record: Mapping[str, Any], name: str, understand: Callable[[Any], Any]) -> Any:
    try:
        return understand(_alone(record.get(name)))
    except ValueError as fault:
        raise InvalidField(name, str(fault)) from None


def _alone(value: Any) -> Any:
    """The value in a list of one; None if a list is empty."""
    if value.__class__ is not list or len(value) > 1:
        return value
    return value[0] if value else None


FIELDS: Mapping[str, Callable[[Any], Any]] = {
    **dict.fromkeys(words.WHOLE, values.whole),
    **dict.fromkeys(words.DECIMAL, values.not_negative),
    **dict.fromkeys(words.SWITCHES, values.switch),
    **dict.fromkeys(words.MULTIPLE, texts.words_of),
    "PropertySubType": texts.word_or_words_of,
    **{name: partial(texts.word_of, name) for name in words.LOOKUPS if name != "StandardStatus"},
}


def _read_baths(kept: dict[str, Any]) -> None:
    full, half = kept.get("BathroomsFull"), kept.get("BathroomsHalf")
    total = _field(kept, "BathroomsTotalInteger", lambda value: values.bathrooms(value, full, half))
    if total is None:
        total = values.bathrooms_of_kinds(kept)
    if total is None and (decimal := kept.get("BathroomsTotalDecimal")) is not None:
        with suppress(ValueError):  # of 2.2 it is not known
            total = values.bathrooms(decimal, full, half)
    kept["BathroomsTotalInteger"] = total


def _read_money(record: Mapping[str, Any], kept: dict[str, Any], feed: Feed) -> None:
    named = next((name for name in _CURRENCIES if record.get(name)), None)
    currency = None if named is None else _field(record, named, values.currency)
    # The price says which currency others have, if nothing else does.
    for name in sorted(kept.keys() & words.MONEY, key=lambda one: (one != "ListPrice", one)):
        usual = currency or feed.currency
        amount, its = _field(kept, name, partial(values.money, usual=usual))
        kept[name] = None if amount == 0 and name in words.PRICES else amount
        if its is not None and name == "ListPrice" and currency is None:
            currency = its
        elif its is not None and its != usual:
            raise InvalidField(name, "names another currency than the record")
    kept["currency"] = currency = currency or feed.currency
    largest = largest_amount(currency)
    for name in sorted(kept.keys() & words.MONEY):
        if (kept[name] or 0) > largest:
            raise InvalidField(name, f"must be at most {largest:,} {currency}")
        if isinstance(kept[name], float) and name in words.PRICES:
            kept[name] = rounded(kept[name], currency) or None


def _read_areas(kept: dict[str, Any]) -> None:
    for name in kept.keys() & words.AREAS.keys():
        kept[name], unit = _field(kept, name, values.area)
        units = words.AREAS[name]
        said = kept.get(units) if units else {"LotSizeAcres": "Acres"}.get(name, "Square Feet")
        if unit is not None and said not in (None, unit):
            raise InvalidField(name, "names another unit than the record")
        if unit is not None and units:
            kept[units] = unit


def _derive_lot(kept: dict[str, Any]) -> None:
    """The area of the lot with its unit, if only a field says it that has its unit in its name."""
    area = kept.get("LotSizeArea")
    if area is not None and kept.get("LotSizeUnits") is not None:
        return
    units = (("LotSizeSquareFeet", "Square Feet"), ("LotSizeAcres", "Acres"))
    said = [(kept[name], unit) for name, unit in units if kept.get(name) is not None]
    if said:
        area, unit = next((one for one in said if one[0] == area), said[0])
        kept |= {"LotSizeArea": area, "LotSizeUnits": unit}

"""Reads `Criteria` of a saved search. Pure."""

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from difflib import get_close_matches
from typing import Any

from property_alert_notification.base.errors import InvalidField
from property_alert_notification.homes.criteria.comparable import (
    DEFAULT_UNIT,
    main_units,
    minor_units,
    words_in,
)
from property_alert_notification.homes.criteria.expression import (
    And,
    Excluding,
    Expression,
    HasAll,
    HasAny,
    Keywords,
    OneOf,
    Or,
    Range,
    Within,
)
from property_alert_notification.homes.criteria.known_fields import FEATURES, KINDS
from property_alert_notification.homes.criteria.read_areas import read_area
from property_alert_notification.homes.criteria.shown import shown
from property_alert_notification.homes.reso import texts, values
from property_alert_notification.homes.reso.values import Number
from property_alert_notification.homes.reso.words import LOOKUPS

MOST_WORDS, LONGEST_WORD = 200, 255
"""Words of one condition, and characters of one word."""

MOST_DECIMALS = 6
"""Of a bound."""

_ONE_OF = (
    "PropertyType",
    "PropertySubType",
    "StandardStatus",
    "City",
    "PostalCode",
    "StateOrProvince",
    "CountyOrParish",
)
_RANGES = ("ListPrice", "BedroomsTotal", "BathroomsTotalInteger", "LivingArea", "LotSizeArea", "YearBuilt")
CONDITIONS = (*_ONE_OF, *_RANGES, "Area", "Keywords", FEATURES)
_BESIDE_BOUNDS: Mapping[str, str] = {"ListPrice": "currency", "LivingArea": "units", "LotSizeArea": "units"}


def read_criteria(criteria: Any, currency: str, place: str = "Criteria") -> Expression:
    """The conditions of a search, all of which a home must meet. Amounts that name no currency are in `currency`.

    Raises:
        InvalidField: a part cannot be understood; `field` is its place, such as `Criteria.ListPrice.min`.
    """
    _check_names(criteria, (*CONDITIONS, "Exclude"), place)
    parts = list(_conditions(criteria, currency, place, excluding=False))
    if (excluded := criteria.get("Exclude")) is not None:
        where = f"{place}.Exclude"
        _check_names(excluded, CONDITIONS, where)
        # A home is left out for any of them.
        parts += [Excluding(part) for part in _conditions(excluded, currency, where, excluding=True)]
    return And(tuple(parts))


def _check_names(given: Any, known: tuple[str, ...], place: str) -> None:
    if not isinstance(given, Mapping):
        raise InvalidField(place, "must be an object of conditions")
    for name in given:
        if name not in known:
            if name in KINDS:
                raise InvalidField(f"{place}.{name}", "is no condition of Criteria: write a $filter in SearchQuery")
            close = get_close_matches(shown(name), known, 1, 0.5)
            advice = f"did you mean {close[0]}?" if close else f"known are {', '.join(known)}"
            raise InvalidField(f"{place}.{shown(name)}", f"is not known: {advice}")


def _conditions(given: Mapping[str, Any], currency: str, place: str, *, excluding: bool) -> Iterator[Expression]:
    for name in CONDITIONS:
        if (value := given.get(name)) is None:
            continue
        where = f"{place}.{name}"
        if name in _RANGES:
            yield _range(name, value, currency, where)
        elif name == "Area":
            yield Within(read_area(value, where))
        else:
            yield _of_words(name, tuple(_words(name, value, where)), excluding=excluding)


def _of_words(name: str, words: tuple[str, ...], *, excluding: bool) -> Expression:
    """A home must have all features and keywords that a search names, and none of those that it excludes."""
    if name == FEATURES:
        return HasAny(name, words) if excluding else HasAll(name, words)
    if name == "Keywords":
        return Or(tuple(Keywords((word,)) for word in words)) if excluding else Keywords(words)
    return OneOf(name, words)


def _words(name: str, given: Any, place: str) -> Iterator[str]:
    if isinstance(given, str):
        given = [given]
    if not isinstance(given, list) or not 0 < len(given) <= MOST_WORDS:
        raise InvalidField(place, f"must be a list of 1 to {MOST_WORDS} words; leave it out to set no condition")
    seen = set()
    for n, word in enumerate(given):
        found = _word(name, word, f"{place}[{n}]")
        if found not in seen:
            seen.add(found)
            yield found


def _word(name: str, given: Any, place: str) -> str:
    if name == "PostalCode" and isinstance(given, int) and not isinstance(given, bool):
        raise InvalidField(place, 'must be a text in quotes, such as "98101": a number loses its leading zeros')
    if not isinstance(given, str) or not given.strip() or len(given) > LONGEST_WORD or not given.isprintable():
        raise InvalidField(place, f"must be a text of 1 to {LONGEST_WORD} printable characters")
    if name == "Keywords" and not words_in(given):
        raise InvalidField(place, "must have a letter or a digit")
    if name not in LOOKUPS:
        return given.strip()
    try:
        return texts.word_of(name, given) or given
    except ValueError as fault:
        raise InvalidField(place, str(fault)) from None


def _range(name: str, given: Any, currency: str, place: str) -> Range:
    beside = _BESIDE_BOUNDS.get(name)
    known = ("min", "max", *((beside,) if beside else ()))
    if not isinstance(given, Mapping):
        raise InvalidField(place, 'must be an object with bounds, such as {"min": 3} or {"min": 2, "max": 4}')
    _check_names(given, known, place)
    unit = _beside(name, given, place)
    usual = unit or currency
    low, high = (_bound(name, given.get(bound), f"{place}.{bound}", usual) for bound in ("min", "max"))
    if name == "ListPrice":
        unit = _one_currency(low[1], high[1], unit, place) or currency
    elif beside:
        unit = _one_currency(low[1], high[1], unit, place) or DEFAULT_UNIT
    lowest, highest = (
        _in_minor_units(bound, unit, f"{place}.{key}") if name == "ListPrice" and unit else bound
        for key, (bound, _) in (("min", low), ("max", high))
    )
    if lowest is None and highest is None:
        raise InvalidField(place, "must have `min`, `max` or both")
    if lowest is not None and highest is not None and lowest > highest:
        raise InvalidField(f"{place}.min", "must not be more than `max`")
    return Range(name, lowest, highest, unit)


def _beside(name: str, given: Mapping[str, Any], place: str) -> str | None:
    """The currency or the unit that is said beside the bounds."""
    beside = _BESIDE_BOUNDS.get(name)
    value = given.get(beside) if beside else None
    if beside is None or value is None:
        return None
    try:
        found = values.currency(value) if beside == "currency" else texts.word_of("LivingAreaUnits", value)
    except ValueError as fault:
        raise InvalidField(f"{place}.{beside}", str(fault)) from None
    units = dict.fromkeys(LOOKUPS["LivingAreaUnits"].values())
    if found is None or (beside == "units" and found not in units):
        raise InvalidField(f"{place}.{beside}", f"must be one of {', '.join(units)}")
    return found


def _one_currency(low: str | None, high: str | None, beside: str | None, place: str) -> str | None:
    said = {one for one in (low, high, beside) if one}
    if len(said) > 1:
        raise InvalidField(place, "names more than one currency or unit")
    return said.pop() if said else None


def _baths(value: Any) -> Number | None:
    """Half a bathroom counts as one, as in the records of listings: 1.5 is one full and one half."""
    try:
        return values.bathrooms(value, None, None)
    except ValueError:
        raise ValueError("must be a whole number or end in .5; each bathroom, full or half, counts as one") from None


def _plain(read: Callable[[Any], Number | None]) -> Callable[[Any], tuple[Number | None, str | None]]:
    return lambda value: (read(value), None)


_READERS: Mapping[str, Callable[[Any], tuple[Number | None, str | None]]] = {
    "BathroomsTotalInteger": _plain(_baths),
    "LivingArea": values.area,
    "LotSizeArea": values.area,
}


def _bound(name: str, given: Any, place: str, currency: str) -> tuple[Number | None, str | None]:
    """A bound, and the currency or unit that it names; `currency` is what a symbol such as `$` may mean."""
    try:
        if name == "ListPrice":
            number, unit = values.money(given, currency)
        else:
            number, unit = _READERS.get(name, _plain(values.whole))(given)
    except ValueError as fault:
        raise InvalidField(place, str(fault)) from None
    if given is not None and number is None:
        raise InvalidField(place, "must be a number; leave it out to set no bound")
    if number is not None and round(number, MOST_DECIMALS) != number:
        raise InvalidField(place, f"must have at most {MOST_DECIMALS} decimals")
    return number, unit


def _in_minor_units(amount: Number | None, currency: str, place: str) -> int | None:
    if amount is None:
        return None
    minor = minor_units(amount, currency)
    if main_units(minor, currency) != Decimal(repr(amount)):
        raise InvalidField(place, "has more decimals than its currency")
    return minor

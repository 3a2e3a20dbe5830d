"""Gives the numbers of a filter their currencies and units, and makes ranges of them. Pure.

`currency eq 'EUR' and ListPrice le 400000` asks for euros: what is said beside a number counts for it, and for all that
is nested in its neighbours. Beside `currency in ('EUR','CHF')` an amount counts in each of them. An amount is not in
euros beside `currency ne 'EUR'`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from itertools import chain

from property_alert_notification.homes.criteria.comparable import DEFAULT_UNIT
from property_alert_notification.homes.criteria.expression import And, Compare, Expression, Not, OneOf, Or, Range
from property_alert_notification.homes.reso.currencies import MINOR_DIGITS
from property_alert_notification.homes.reso.values import Number
from property_alert_notification.homes.reso.words import AREAS, MONEY, WHOLE

_UNITS_IN_NAMES = {"LotSizeAcres": "Acres", "LotSizeSquareFeet": "Square Feet"}
BATHROOMS = "BathroomsTotalInteger"
COUNTED = {*WHOLE, BATHROOMS}
HALF = 0.5
MOST_CURRENCIES = 10
"""Beside one amount, of which each becomes a condition."""
_FIELDS_OF_UNITS = frozenset(filter(None, AREAS.values()))


@dataclass(frozen=True, slots=True)
class Units:
    """What is said beside a number."""

    currencies: tuple[str, ...]
    """Those that an amount may be in; none if all are excluded."""
    of_areas: Mapping[str, str]
    """The units of areas, by the fields that have them."""

    def beside(self, parts: tuple[Expression, ...]) -> "Units":
        currencies, excluded, of_areas = self.currencies, set[str](), dict(self.of_areas)
        for part in parts:
            if its := _currencies_in(part):
                currencies = its
            elif isinstance(part, Not):
                excluded.update(_currencies_in(part.part))
            elif isinstance(part, OneOf) and part.field in _FIELDS_OF_UNITS and len(part.words) == 1:
                of_areas[part.field] = part.words[0]
        return Units(tuple(one for one in currencies if one not in excluded), of_areas)


def _currencies_in(part: Expression) -> tuple[str, ...]:
    """The currencies of which a home has one if the condition is true; none if it is about something else."""
    match part:
        case OneOf("currency", words):
            return words
        case Or(parts):
            found = [_currencies_in(one) for one in parts]
            return tuple(dict.fromkeys(chain.from_iterable(found))) if all(found) else ()
    return ()


def with_units(expression: Expression, currency: str) -> Expression:
    """The expression with ranges in place of comparisons with numbers, and with parts of the same kind joined.

    Raises:
        ValueError: an amount is beside too many currencies, or its currency is excluded beside it.
    """
    return _settled(And((expression,)), Units((currency,), {}))


def _settled(expression: Expression, units: Units) -> Expression:
    match expression:
        case And():
            parts = tuple(_flat(expression))
            beside = units.beside(parts)
            return And(tuple(_settled(part, beside) for part in parts))
        case Or(parts):
            return Or(tuple(_settled(part, units) for part in parts))
        case Not(part):
            return Not(_settled(part, units))
        case Compare(field, operator, value) if isinstance(value, int | float) and not isinstance(value, bool):
            return _range(field, operator, value, units)
    return expression


def _flat(expression: And) -> Iterator[Expression]:
    for part in expression.parts:
        if isinstance(part, And):
            yield from _flat(part)
        else:
            yield part


def _range(field: str, operator: str, value: Number, units: Units) -> Expression:
    if field in MONEY:
        return _in_each([_amount(field, operator, value, one) for one in units.currencies])
    if field in COUNTED:
        return _whole(field, operator, _count(field, operator, Decimal(repr(value))), None)
    unit = None
    if field in AREAS:
        unit = _UNITS_IN_NAMES.get(field) or units.of_areas.get(AREAS[field] or "") or DEFAULT_UNIT
    match operator:
        case "ge":
            return Range(field, value, None, unit)
        case "le":
            return Range(field, None, value, unit)
        case "gt":
            return Not(Range(field, None, value, unit))
        case "lt":
            return Not(Range(field, value, None, unit))
    return Range(field, value, value, unit)


def _amount(field: str, operator: str, value: Number, currency: str) -> Range:
    return _whole(field, operator, Decimal(repr(value)).scaleb(MINOR_DIGITS.get(currency, 2)), currency)


def _in_each(amounts: Sequence[Range]) -> Expression:
    """One amount, or the one in the currency of the home: those in the other ones are false, and not unknown."""
    if len(amounts) == 1:
        return amounts[0]
    if not amounts:
        raise ValueError("excludes the currency of its amount: name another one beside it, as in currency eq 'EUR'")
    if len(amounts) > MOST_CURRENCIES:
        raise ValueError(f"must have at most {MOST_CURRENCIES} currencies beside an amount, not {len(amounts)}")
    return Or(tuple(And((OneOf("currency", (one.unit or "",)), one)) for one in amounts))


def _count(field: str, operator: str, bound: Decimal) -> Decimal:
    # A half bathroom counts as one, as in `Criteria`.
    is_half = field == BATHROOMS and bound % 1 == Decimal(repr(HALF)) and operator in ("eq", "le")
    return bound.to_integral_value(ROUND_CEILING) if is_half else bound


def _whole(field: str, operator: str, bound: Decimal, unit: str | None) -> Range:
    """The range of whole numbers that the comparison allows; none at all where `low` is more than `high`."""
    floor, ceiling = int(bound.to_integral_value(ROUND_FLOOR)), int(bound.to_integral_value(ROUND_CEILING))
    match operator:
        case "ge":
            return Range(field, ceiling, None, unit)
        case "gt":
            return Range(field, floor + 1, None, unit)
        case "le":
            return Range(field, None, floor, unit)
        case "lt":
            return Range(field, None, ceiling - 1, unit)
    return Range(field, ceiling, floor, unit)

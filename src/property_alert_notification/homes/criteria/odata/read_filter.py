"""Reads the `$filter` of a saved search. Pure."""

from property_alert_notification.base.errors import InvalidField
from property_alert_notification.homes.criteria.expression import Expression
from property_alert_notification.homes.criteria.odata.parse import parse
from property_alert_notification.homes.criteria.odata.units import with_units


def read_filter(filter_: str, currency: str, field: str = "SearchQuery") -> Expression:
    """The conditions of a search, in the same form as those of `Criteria`.

    `field` is the field of the call that has the filter. Amounts are in `currency` if the filter compares `currency`
    with no other one beside them.

    Raises:
        InvalidField: a part is not understood; the error names it and its column, counted from 1. Or an amount is
            beside too many currencies, or its currency is excluded beside it.
    """
    parsed = parse(filter_, field)
    try:
        return with_units(parsed, currency)
    except ValueError as error:
        raise InvalidField(field, str(error)) from None

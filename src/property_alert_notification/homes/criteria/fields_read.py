"""Which fields of a listing decide whether it meets a condition. Pure."""

from property_alert_notification.homes.criteria.evaluate import COORDINATES
from property_alert_notification.homes.criteria.expression import (
    Compare,
    Expression,
    HasAll,
    HasAny,
    IsMissing,
    OneOf,
    Range,
    Text,
)
from property_alert_notification.homes.criteria.known_fields import FEATURES
from property_alert_notification.homes.reso.words import AREAS, MONEY

CURRENCY = "currency"


def fields_read(condition: Expression) -> tuple[str, ...]:
    """The fields that a condition on one field looks at: with an amount its currency, with an area its unit.

    Other conditions have none here: those on places, on all features or keywords, and those with parts.
    """
    match condition:
        case Range(field) if field in MONEY:
            return field, CURRENCY
        case Range(field) if units := AREAS.get(field):
            return field, units
        case Compare(field) | Range(field) | OneOf(field) | HasAll(field) | HasAny(field) | Text(field):
            return () if field == FEATURES else (field,)
        case IsMissing(field) if field not in (FEATURES, COORDINATES):
            return (field,)
    return ()

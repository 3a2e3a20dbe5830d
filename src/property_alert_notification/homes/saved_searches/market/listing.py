"""A listing on the market, and whether it meets one condition. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias
from uuid import UUID

import pydantic_core

from property_alert_notification.base.damaged import UNREADABLE, left_out
from property_alert_notification.homes.criteria.evaluate import evaluate
from property_alert_notification.homes.criteria.expression import And, Expression
from property_alert_notification.homes.saved_searches.market.queries import MarketRecord

Fields: TypeAlias = Mapping[str, Any]


class OnMarket(NamedTuple):
    """A listing on the market."""

    home: UUID
    """Of all listings of one home the same."""
    fields: Fields


def listing_of(one: MarketRecord) -> OnMarket:
    """A stored listing.

    Raises:
        ValueError, TypeError: it is damaged.
    """
    return OnMarket(one.home, fields_of(one.record))


def fields_of(record: str) -> Fields:
    """The fields of a stored record.

    Raises:
        ValueError, TypeError: it is damaged.
    """
    return dict(pydantic_core.from_json(record))


def conditions_of(expression: Expression) -> Sequence[Expression]:
    """The parts that must all be true."""
    return expression.parts if isinstance(expression, And) else (expression,)


def matches_condition(condition: Expression, fields: Fields) -> bool:
    """Whether a listing meets a condition. A damaged one meets none, so that it does not stop the comparison."""
    try:
        return evaluate(condition, fields) is True
    except UNREADABLE as error:
        left_out("listing.unreadable", error)
        return False

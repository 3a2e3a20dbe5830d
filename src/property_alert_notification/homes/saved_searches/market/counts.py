"""Counts what an expression matches, and what it would match without each of its conditions. Pure."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

from property_alert_notification.base.damaged import UNREADABLE, left_out
from property_alert_notification.homes.criteria.evaluate import evaluate
from property_alert_notification.homes.criteria.expression import And, Expression, Within
from property_alert_notification.homes.saved_searches.market.queries import MarketRecord

Fields = Mapping[str, Any]

SHOWN = 20
"""Matching listings of one preview."""


class OnMarket(NamedTuple):
    """A listing on the market."""

    home: UUID
    """Of all listings of one home the same."""
    fields: Fields


@dataclass(slots=True)
class Matches:
    """What an expression matches among some listings. A home with several listings counts once."""

    conditions: Sequence[Expression]
    """The parts that a listing must meet, all of them."""
    considered: int = 0
    """How many listings were compared."""
    homes: set[UUID] = field(default_factory=set)
    """Those that match under one of their listings."""
    first: list[Fields] = field(default_factory=list)
    """The first of the matching listings, one of each home."""
    only_missing: list[set[UUID]] = field(default_factory=list)
    """For each condition, the homes with a listing that does not match because of it alone."""

    @property
    def matching(self) -> int:
        """How many homes match."""
        return len(self.homes)

    def without(self, place: int) -> int:
        """How many homes would match without this condition."""
        return len(self.homes | self.only_missing[place])


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
    return dict(json.loads(record))


def conditions_of(expression: Expression) -> Sequence[Expression]:
    """The parts that must all be true."""
    return expression.parts if isinstance(expression, And) else (expression,)


def count(
    expression: Expression, listings: Iterable[OnMarket], *, is_over: Callable[[], bool] = lambda: False
) -> Matches:
    """Compare listings in their order, until `is_over` says that it has taken long enough.

    A listing whose seller does not allow that it is shown matches nothing.
    """
    conditions = conditions_of(expression)
    # An area may have hundreds of corners, so it is compared last.
    order = sorted(range(len(conditions)), key=lambda place: isinstance(conditions[place], Within))
    found = Matches(conditions, only_missing=[set() for _ in conditions])
    for one in listings:
        if is_over():
            break
        found.considered += 1
        if may_be_shown(one.fields):
            _compare(found, [(place, conditions[place]) for place in order], one)
    return found


def _compare(found: Matches, conditions: Sequence[tuple[int, Expression]], one: OnMarket) -> None:
    missing: int | None = None
    for place, condition in conditions:
        if not matches_condition(condition, one.fields):
            if missing is not None:
                return
            missing = place
    if missing is not None:
        found.only_missing[missing].add(one.home)
        return
    if one.home not in found.homes and len(found.first) < SHOWN:
        found.first.append(one.fields)
    found.homes.add(one.home)


def may_be_shown(fields: Fields) -> bool:
    """Whether the seller allows that the listing is shown on the Internet, which alerts are part of."""
    return fields.get("InternetEntireListingDisplayYN") is not False


def matches_condition(condition: Expression, fields: Fields) -> bool:
    """Whether a listing meets a condition. A damaged one meets none, so that it does not stop the comparison."""
    try:
        return evaluate(condition, fields) is True
    except UNREADABLE as error:
        left_out("listing.unreadable", error)
        return False

"""Counts what an expression matches, and what it would match without each of its conditions. Pure."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

from property_alert_notification.base.damaged import UNREADABLE, left_out, readable
from property_alert_notification.homes.criteria.evaluate import evaluate
from property_alert_notification.homes.criteria.expression import And, Expression, OneOf, Range, Within
from property_alert_notification.homes.criteria.known_fields import FEATURES
from property_alert_notification.homes.listings.history import decode_facts
from property_alert_notification.homes.reso.words import AREAS, ChangeType
from property_alert_notification.homes.saved_searches.market.queries import MarketRecord, RecentChange

Fields = Mapping[str, Any]

SHOWN = 20
"""Matching listings of one preview."""

_DAY = 86_400.0
_CURRENCY = "currency"
_PLAIN = frozenset({str, int, float, type(None)})
"""The types of single values. True is not among them: it is equal to 1, and is no number."""


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
    return OnMarket(one.home, _fields_of(one.record))


def _fields_of(record: str) -> Fields:
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


def matching(expression: Expression, listings: Sequence[Fields]) -> list[int]:
    """The places of the listings that match and may be shown.

    They are compared condition by condition: many listings have the same value, and it is compared once.
    """
    left = [place for place, fields in enumerate(listings) if may_be_shown(fields)]
    for condition in sorted(conditions_of(expression), key=lambda one: isinstance(one, Within)):
        left = list(_meeting(condition, listings, left))
    return left


def _meeting(condition: Expression, listings: Sequence[Fields], some: Iterable[int]) -> Iterator[int]:
    """The places of those that meet a condition."""
    if not isinstance(condition, OneOf | Range) or condition.field == FEATURES:
        yield from (place for place in some if matches_condition(condition, listings[place]))
        return
    names = condition.field, _CURRENCY, AREAS.get(condition.field) or condition.field
    known: dict[tuple[Any, ...], bool] = {}
    for place in some:
        fields = listings[place]
        values = tuple([fields.get(name) for name in names])
        if not _PLAIN.issuperset(map(type, values)):  # a list of values, or damaged
            verdict = matches_condition(condition, fields)
        elif values in known:
            verdict = known[values]
        else:
            verdict = known[values] = matches_condition(condition, fields)
        if verdict:
            yield place


@dataclass(frozen=True, slots=True)
class PastChange:
    """A change that a search may have alerted to."""

    kinds: frozenset[ChangeType]
    fields: Fields


@dataclass(frozen=True, slots=True)
class History:
    """Changes of some days."""

    changes: Sequence[PastChange]
    days: float
    total: int
    """How many changes there were; `changes` may be some of them."""

    def per_day(self, expression: Expression, kinds: Iterable[ChangeType]) -> float | None:
        """How many alerts a day an expression would have led to; None without changes."""
        if not self.changes:
            return None
        wanted = frozenset(kinds)
        alerts = len(matching(expression, [one.fields for one in self.changes if wanted & one.kinds]))
        return round(alerts * (self.total / len(self.changes)) / self.days, 2)


def history_of(recent: Sequence[RecentChange], *, most: int) -> History:
    """The changes that were read; of more than `most` every second, third or further one."""
    told = [one for one in recent if one.facts != "[]"]
    if not told:
        return History((), 1.0, 0)
    days = max((told[0].modified_at - told[-1].modified_at).total_seconds() / _DAY, 1.0)
    step = -(-len(told) // most)
    return History(list(readable(told[::step], _past, "change.unreadable")), days, len(told))


def _past(change: RecentChange) -> PastChange:
    kinds = frozenset(fact.change_type for fact in decode_facts(change.facts))
    return PastChange(kinds, _fields_of(change.record))

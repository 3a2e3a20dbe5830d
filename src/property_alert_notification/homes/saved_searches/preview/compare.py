"""Compares listings with a search that is not saved. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from property_alert_notification.base.damaged import readable
from property_alert_notification.homes.criteria.expression import Expression
from property_alert_notification.homes.reso.words import ChangeType
from property_alert_notification.homes.saved_searches.estimate import warnings_of
from property_alert_notification.homes.saved_searches.market.counts import (
    Matches,
    conditions_of,
    count,
    listing_of,
)
from property_alert_notification.homes.saved_searches.market.history import history_of
from property_alert_notification.homes.saved_searches.market.queries import MarketRecord, RecentChange
from property_alert_notification.homes.saved_searches.words import SearchWarning

_SHOWN = (
    *("ListingKey", "ListingId", "StandardStatus", "PropertyType", "PropertySubType", "ListPrice", "currency"),
    *("UnparsedAddress", "City", "StateOrProvince", "PostalCode", "BedroomsTotal", "BathroomsTotalInteger"),
    *("LivingArea", "LivingAreaUnits", "ListingURL", "ModificationTimestamp"),
)
"""The fields of a listing that a preview shows."""
_ADDRESS = "UnparsedAddress"

MOST_CHANGES = 2_000
"""Changes that are compared."""


@dataclass(frozen=True, slots=True)
class Market:
    """What is compared: listings and changes as they are stored."""

    total: int
    """How many listings are on the market."""
    records: Sequence[MarketRecord]
    """Those of the newest ones."""
    recent: Sequence[RecentChange]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a search matches."""

    matching: int
    """How many homes."""
    is_exact: bool
    compared: int
    total: int
    first: Sequence[Mapping[str, Any]]
    per_day: float | None
    warnings: tuple[SearchWarning, ...]
    without: Sequence[tuple[Expression, int]]
    """Each condition, and how many homes would match without it."""

    @property
    def advised(self) -> tuple[Expression, int] | None:
        """The condition to change, and how many homes would match without it.

        If nothing matches, the one that keeps most homes away. If too much does, the one that keeps fewest away.
        """
        if not self.warnings or not self.without:
            return None
        if SearchWarning.MATCHES_NOTHING in self.warnings:
            best = max(self.without, key=lambda one: one[1])
            return best if best[1] else None
        return min(self.without, key=lambda one: one[1])


def compare(
    expression: Expression,
    kinds: Iterable[ChangeType],
    market: Market,
    *,
    too_many: int,
    is_over: Callable[[], bool],
) -> Outcome:
    """Compare the newest listings with an expression, until `is_over` says that it has taken long enough."""
    found = count(expression, readable(market.records, listing_of, "listing.unreadable"), is_over=is_over)
    is_whole = found.considered == market.total
    scale = 1.0 if is_whole or not found.considered else market.total / found.considered
    matching = round(found.matching * scale)
    return Outcome(
        matching=matching,
        is_exact=is_whole,
        compared=found.considered,
        total=market.total,
        first=[_shown(fields) for fields in found.first],
        per_day=history_of(market.recent, most=MOST_CHANGES).per_day(expression, kinds),
        warnings=warnings_of(matching, is_whole=True, too_many=too_many),
        without=_without(found, conditions_of(expression), scale),
    )


def _without(found: Matches, conditions: Sequence[Expression], scale: float) -> list[tuple[Expression, int]]:
    return [(condition, round(found.without(place) * scale)) for place, condition in enumerate(conditions)]


def _shown(fields: Mapping[str, Any]) -> dict[str, Any]:
    is_hidden = fields.get("InternetAddressDisplayYN") is False
    return {name: fields[name] for name in _SHOWN if name in fields and not (is_hidden and name == _ADDRESS)}

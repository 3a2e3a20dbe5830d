"""What a search that is not saved would match and alert, with which condition to change. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from property_alert_notification.homes.criteria.expression import Expression
from property_alert_notification.homes.matching.accept_word import leaves_of
from property_alert_notification.homes.properties.shown_address import shown_address
from property_alert_notification.homes.reso.words import ChangeType
from property_alert_notification.homes.saved_searches.estimate import warnings_of
from property_alert_notification.homes.saved_searches.market.history import history_of
from property_alert_notification.homes.saved_searches.market.kept import Compared
from property_alert_notification.homes.saved_searches.market.listing import conditions_of
from property_alert_notification.homes.saved_searches.market.queries import RecentChanges
from property_alert_notification.homes.saved_searches.words import SearchWarning

_SHOWN = (
    *("ListingKey", "ListingId", "StandardStatus", "PropertyType", "PropertySubType", "ListPrice", "currency"),
    *("UnparsedAddress", "City", "StateOrProvince", "PostalCode", "BedroomsTotal", "BathroomsTotalInteger"),
    *("LivingArea", "LivingAreaUnits", "ListingURL", "ModificationTimestamp"),
)
"""The fields of a listing that a preview shows."""
_ADDRESS = "UnparsedAddress"

_MOST_CHANGED = 2_000
"""Listings whose changes are compared."""
_CONDITIONS = 50
"""How many conditions a search may have for all of these changes to be compared: 6,000 with 440 took two seconds."""


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
    without_is_exact: bool

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


def most_changed(expression: Expression) -> int:
    """Of how many listings the changes are compared: of a search with hundreds of conditions, of fewer."""
    conditions = sum(1 for _ in leaves_of(expression))
    return _MOST_CHANGED * _CONDITIONS // max(conditions, _CONDITIONS)


def outcome_of(
    expression: Expression,
    kinds: Iterable[ChangeType],
    compared: Compared,
    recent: RecentChanges,
    *,
    too_many: int,
) -> Outcome:
    """What an expression matches, and would have alerted; from a part of the market it is estimated."""
    total, found, first = compared
    history = history_of(recent)
    matches = found.matching * _scale(found.compared, total)
    scale = _scale(found.compared_without, total)
    return Outcome(
        matching=round(matches),
        is_exact=found.compared == total,
        compared=found.compared,
        total=total,
        first=[_shown(fields) for fields in first],
        per_day=history.per_day(history.matching(expression), kinds),
        warnings=warnings_of(round(matches), is_whole=True, too_many=too_many),
        without=[
            (condition, round(matches + count * scale))
            for condition, count in zip(conditions_of(expression), found.without, strict=True)
        ],
        without_is_exact=found.compared_without == total,
    )


def _scale(compared: int, total: int) -> float:
    return total / compared if compared else 1.0


def _shown(fields: Mapping[str, Any]) -> dict[str, Any]:
    its = {**fields, _ADDRESS: shown_address(fields)}
    return {name: value for name in _SHOWN if (value := its.get(name)) is not None}

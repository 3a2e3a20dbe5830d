"""How often a search would have alerted in the last weeks. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from property_alert_notification.base.damaged import readable
from property_alert_notification.homes.criteria.expression import Expression
from property_alert_notification.homes.listings.history import decode_facts
from property_alert_notification.homes.reso.words import ChangeType
from property_alert_notification.homes.saved_searches.market.grouped import GroupedListings, Places, places_of
from property_alert_notification.homes.saved_searches.market.listing import Fields, fields_of
from property_alert_notification.homes.saved_searches.market.queries import RecentChange, RecentChanges

_DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class PastChange:
    """A change that a search may have alerted to."""

    kinds: frozenset[ChangeType]
    fields: Fields


@dataclass(frozen=True)
class History:
    """Changes of some days."""

    changes: Sequence[PastChange]
    days: float
    scale: float
    """How many changes each of these stands for."""

    @cached_property
    def _grouped(self) -> GroupedListings:
        return GroupedListings([one.fields for one in self.changes])

    def matching(self, expression: Expression) -> Places:
        """The changes after which an expression matched."""
        return self._grouped.matching(expression)

    def per_day(self, matching: Places, kinds: Iterable[ChangeType]) -> float | None:
        """How many alerts a day these changes would have led to, of those that are of these kinds; None without any."""
        if not self.changes:
            return None
        wanted = frozenset(kinds)
        asked_for = places_of([not wanted.isdisjoint(one.kinds) for one in self.changes])
        return round((matching & asked_for).bit_count() * self.scale / self.days, 2)


def history_of(recent: RecentChanges) -> History:
    """The changes that were read, as far as they are facts."""
    told = [one for one in recent.changes if one.facts != "[]"]
    if not told:
        return History((), 1.0, 1.0)
    times = [one.modified_at for one in told] + ([recent.first] if recent.first is not None else [])
    days = max((max(times) - min(times)).total_seconds() / _DAY, 1.0)
    return History(list(readable(told, _past, "change.unreadable")), days, recent.scale)


def _past(change: RecentChange) -> PastChange:
    kinds = frozenset(fact.change_type for fact in decode_facts(change.facts))
    return PastChange(kinds, fields_of(change.record))

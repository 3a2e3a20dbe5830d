"""Estimates what a search will match, from a small sample that each process keeps: quick enough for every save."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from math import sqrt

from property_alert_notification.base.clock import Clock
from property_alert_notification.base.damaged import readable
from property_alert_notification.database import Database
from property_alert_notification.homes.criteria.expression import Expression
from property_alert_notification.homes.reso.words import ChangeType
from property_alert_notification.homes.saved_searches.market import queries
from property_alert_notification.homes.saved_searches.market.grouped import GroupedListings, Places, numbers_of
from property_alert_notification.homes.saved_searches.market.history import History, history_of
from property_alert_notification.homes.saved_searches.market.listing import OnMarket, listing_of
from property_alert_notification.homes.saved_searches.market.queries import MarketRecord, RecentChanges
from property_alert_notification.homes.saved_searches.words import SearchWarning

PERIOD = timedelta(days=28)
"""Of the changes from which alerts a day are estimated."""
_SAMPLED = 150
"""Listings whose changes are compared, and listings that are, when a user waits."""
WITHOUT_HASTE = 2_000
"""Listings that are compared when no user waits."""
_DEVIATIONS = 2.0
"""Standard deviations by which a count of the sample is taken to be too high by chance."""
_AGE, _AGE_OF_ALL = 300.0, 1.0
"""Seconds after which a sample is read again, and one that is the whole market, which may be growing."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What is expected of a search."""

    per_day: float | None = None
    """Alerts a day; None if no listing has changed yet."""
    warnings: tuple[SearchWarning, ...] = ()


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a sample says of an expression, whichever changes it is to alert to."""

    warnings: tuple[SearchWarning, ...]
    history: History
    matching: Places
    """The changes of the history after which the expression matched."""

    def by(self, kinds: Iterable[ChangeType]) -> Estimate:
        """What is expected of a search with this expression that alerts to changes of these kinds."""
        return Estimate(self.history.per_day(self.matching, kinds), self.warnings)


@dataclass(frozen=True)
class Sample:
    """Some listings on the market and some changes."""

    history: History
    listings: Sequence[OnMarket]
    total: int
    """How many listings are on the market."""

    @property
    def is_whole(self) -> bool:
        """Whether it has all listings on the market."""
        return len(self.listings) == self.total

    @cached_property
    def _grouped(self) -> GroupedListings:
        return GroupedListings([one.fields for one in self.listings])

    def forecast(self, expression: Expression, *, too_many: int) -> Forecast:
        """What is expected of an expression."""
        return Forecast(self.warnings(expression, too_many=too_many), self.history, self.history.matching(expression))

    def warnings(self, expression: Expression, *, too_many: int) -> tuple[SearchWarning, ...]:
        """What is remarkable about an expression.

        A part of the market does not show what all of it lacks. That it matches too many is said only if it is sure:
        of 100,000 listings each of 150 stands for 667.
        """
        # A home with several listings counts once.
        found = self._grouped.matching(expression)
        matching = len({self.listings[place].home for place in numbers_of(found)})
        sure = matching if self.is_whole else matching - _DEVIATIONS * sqrt(matching)
        at_least = sure * self.total / len(self.listings) if self.listings else 0.0
        return warnings_of(at_least, is_whole=self.is_whole, too_many=too_many)


def _age_of(sample: Sample) -> float:
    """For how many seconds a sample is used. An empty one is read again at once (2 ms): a feed may just have begun."""
    return (_AGE_OF_ALL if sample.is_whole else _AGE) if sample.total else 0.0


def warnings_of(matching: float, *, is_whole: bool, too_many: int) -> tuple[SearchWarning, ...]:
    """What is remarkable about a search that matches so many homes; `is_whole` says that all were compared."""
    if matching > too_many:
        return (SearchWarning.MATCHES_TOO_MANY,)
    return (SearchWarning.MATCHES_NOTHING,) if is_whole and not matching else ()


class Estimator:
    """Keeps a sample, and reads it again when it is old."""

    def __init__(self, database: Database, clock: Clock, *, too_many: int, sampled: int = _SAMPLED) -> None:
        self._database = database
        self._clock = clock
        self._too_many = too_many
        self._sampled = sampled
        self._sample: Sample | None = None
        self._read_at = 0.0

    def forecast(self, expression: Expression) -> Forecast:
        """What is expected of an expression, about, by the sample that was read last.

        Hundreds of conditions take a second and longer: then it is for a thread.
        """
        return self._current.forecast(expression, too_many=self._too_many)

    def is_too_wide(self, expression: Expression) -> bool:
        """Whether an expression matches too many homes, by the same sample."""
        return SearchWarning.MATCHES_TOO_MANY in self._current.warnings(expression, too_many=self._too_many)

    @property
    def _current(self) -> Sample:
        assert self._sample is not None  # noqa: S101 - the caller awaited `ready`
        return self._sample

    async def ready(self) -> None:
        """Read a sample, unless there is one that is young enough."""
        now, sample = self._clock.monotonic(), self._sample
        if sample is None or now - self._read_at >= _age_of(sample):
            self._sample, self._read_at = await self._read(), now

    async def _read(self) -> Sample:
        async with self._database.reading() as connection:
            total, records = await queries.sample_of_market(connection, limit=self._sampled)
            recent = await queries.recent_changes(connection, within=PERIOD, limit=_SAMPLED)
        return await asyncio.to_thread(_sample_of, total, records, recent)


def _sample_of(total: int, records: Sequence[MarketRecord], recent: RecentChanges) -> Sample:
    read = list(readable(records, listing_of, "listing.unreadable"))
    # What cannot be read matches nothing, so it does not count.
    return Sample(history_of(recent), read, total - len(records) + len(read))

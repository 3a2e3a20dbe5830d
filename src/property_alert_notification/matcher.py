"""The matcher: compares the changes of listings with all saved searches, and alerts people.

Run it as `property-alerts matcher`.
"""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Self
from uuid import UUID

import structlog

from property_alert_notification import wiring
from property_alert_notification.base.settings import load
from property_alert_notification.base.supervise import Loop, Service, end
from property_alert_notification.feedback.unsubscribe.tokens import Tokens
from property_alert_notification.homes.alerts.matcher import Matcher
from property_alert_notification.homes.alerts.searches import Searches
from property_alert_notification.homes.alerts.settings import MatcherSettings
from property_alert_notification.homes.alerts.shards.keeper import ShardKeeper
from property_alert_notification.homes.alerts.shards.shard import Shard
from property_alert_notification.homes.matching.index import SearchIndex
from property_alert_notification.homes.saved_searches.estimate import WITHOUT_HASTE, Estimator
from property_alert_notification.homes.saved_searches.settings import SearchSettings
from property_alert_notification.homes.search_life.checks import SearchChecks
from property_alert_notification.homes.search_life.first_alerts import FirstAlerts
from property_alert_notification.notification_worker.process import run_process
from property_alert_notification.notifications.create import Planner
from property_alert_notification.wiring import Parts

log = structlog.get_logger()


def create_searches() -> Searches:
    """An empty index of searches."""
    return Searches(SearchIndex())


class Matching:
    """The loops of one matcher, as an asynchronous context: they run from entering until leaving it."""

    def __init__(
        self, parts: Parts, *, create: Callable[[], Searches] = create_searches, shards: int | None = None
    ) -> None:
        """`shards` is `MATCHER_SHARDS` unless it is given."""
        self._parts = parts
        planner = wiring.planner(parts.settings, parts.clock, parts.categories)

        def create_matcher(shard: Shard, holder: UUID) -> Matcher:
            return Matcher(
                parts.database,
                planner,
                parts.metrics,
                shard=shard,
                holder=holder,
                create_searches=create,
                wake=parts.wake,
            )

        self._shards = ShardKeeper(
            parts.database,
            parts.clock,
            parts.metrics,
            parts.supervisor,
            shards=load(MatcherSettings).shards if shards is None else shards,
            create_matcher=create_matcher,
        )
        self._first_alerts = FirstAlerts(parts.database, planner, create_index=SearchIndex, wake=parts.wake)
        self._checks = _checks(parts, planner)
        self._loops: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        start = self._parts.supervisor.start
        self._loops = [
            start("matcher_shards", self._knowing_categories(self._shards.run)),
            start("first_alerts", self._knowing_categories(self._first_alerts.run)),
            start("search_checks", self._knowing_categories(self._checks.run)),
        ]
        log.info("matcher.started")
        return self

    def _knowing_categories(self, run: Service) -> Service:
        """A loop that starts after the categories have been read from the store, because its decisions need them."""

        async def begin(loop: Loop) -> None:
            await self._parts.categories.was_read()
            await run(loop)

        return begin

    async def __aexit__(self, *_: object) -> None:
        await end(*self._loops)
        log.info("matcher.stopped")


def _checks(parts: Parts, planner: Planner) -> SearchChecks:
    settings = load(SearchSettings)
    return SearchChecks(
        parts.database,
        planner,
        Estimator(parts.database, parts.clock, too_many=settings.too_many_matches, sampled=WITHOUT_HASTE),
        Tokens(parts.settings.link_keys),
        base_url=parts.settings.base_url,
        unopened=timedelta(days=settings.unopened_days),
        wake=parts.wake,
    )


def main() -> None:
    """Run a matcher with the settings of the environment; exits with one line if one of them is invalid."""
    run_process(Matching)

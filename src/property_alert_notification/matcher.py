"""The matcher: compares the changes of listings with all saved searches, and alerts people.

Run it as `property-alerts matcher`.
"""

import asyncio
from collections.abc import Callable
from typing import Self

import structlog

from property_alert_notification import wiring
from property_alert_notification.base import logs
from property_alert_notification.base.console import finish_streams, prepare_streams
from property_alert_notification.base.errors import ConfigurationError
from property_alert_notification.base.process import (
    exit_with_error,
    new_event_loop,
    stop_signals,
    tune_garbage_collector,
)
from property_alert_notification.base.settings import Settings
from property_alert_notification.base.supervise import Loop, end
from property_alert_notification.homes.alerts.matcher import Matcher
from property_alert_notification.homes.alerts.searches import Searches
from property_alert_notification.homes.criteria.expression import from_json
from property_alert_notification.homes.matching.index import SearchIndex
from property_alert_notification.homes.search_life.first_alerts import FirstAlerts
from property_alert_notification.notification_worker.telemetry import telemetry
from property_alert_notification.preflight import load_settings
from property_alert_notification.wiring import Parts

log = structlog.get_logger()


def create_searches() -> Searches:
    """An empty index of searches."""
    return Searches(SearchIndex(), from_json)


class Matching:
    """The loops of one matcher, as an asynchronous context: they run from entering until leaving it."""

    def __init__(self, parts: Parts, *, create: Callable[[], Searches] = create_searches) -> None:
        self._parts = parts
        planner = wiring.planner(parts.settings, parts.clock, parts.categories)
        self._matcher = Matcher(parts.database, planner, parts.metrics, create_searches=create, wake=parts.wake)
        self._first_alerts = FirstAlerts(parts.database, planner, create_index=SearchIndex, wake=parts.wake)
        self._loops: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        start = self._parts.supervisor.start
        self._loops = [start("matcher", self._match), start("first_alerts", self._make_first_alerts)]
        log.info("matcher.started")
        return self

    async def _match(self, loop: Loop) -> None:
        await self._parts.categories.was_read()
        await self._matcher.run(loop)

    async def _make_first_alerts(self, loop: Loop) -> None:
        await self._parts.categories.was_read()
        await self._first_alerts.run(loop)

    async def __aexit__(self, *_: object) -> None:
        await end(*self._loops)
        log.info("matcher.stopped")


async def work(settings: Settings) -> None:
    """Match until SIGTERM or SIGINT.

    Raises:
        ConfigurationError: a setting is wrong, or the store's schema is old.
    """
    stop = asyncio.Event()
    with stop_signals(stop.set):
        async with wiring.assemble(settings) as parts, telemetry(parts), Matching(parts):
            tune_garbage_collector()
            await stop.wait()


def main() -> None:
    """Run a matcher with the settings of the environment; exits with one line if one of them is invalid."""
    prepare_streams()
    try:
        settings = load_settings()
        logs.configure(level=settings.log_level, as_json=settings.logs_as_json)
        with asyncio.Runner(loop_factory=new_event_loop) as runner:
            runner.run(work(settings))
    except ConfigurationError as error:
        exit_with_error(error)
    finally:
        finish_streams()

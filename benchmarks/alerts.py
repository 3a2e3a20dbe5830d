"""The whole way of an alert: from records of listings to the told ledger, and to the provider.

A matcher works in a process of its own, as `property-alerts matcher` runs it, beside the API and a worker.
"""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import alerts_ledger
from benchmarks.accept import PATIENT
from benchmarks.alerts_calls import send_all
from benchmarks.alerts_edits import Edited, measure_edits
from benchmarks.alerts_latency import Reached, measure_latency
from benchmarks.alerts_workload import Market
from benchmarks.children import Child, answer_of
from benchmarks.limits import AtLeast
from benchmarks.stores import Store

QUICK_SEARCHES = 5_000
SCAN = 100.0
"""Scans a second of the machine for which the goals are."""

GOALS = {
    "SQLite + embedded": {"waiting": 1_000.0, "at once": 400.0},
    "PostgreSQL + RabbitMQ": {"waiting": 500.0, "at once": 300.0},
}
"""Changes a second, by store: all searches wait for their digests; one of twenty alerts at once."""

MATCHER = ("-m", "property_alert_notification.cli", "matcher")
WITHOUT_SMS = {"SMS_PROVIDER": "none"}
PATIENCE = 900.0
"""Seconds for one step."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is measured."""

    waiting: tuple[int, int] = (1_000, 5)
    """Homes, and records of each, that are matched while all searches wait for their digests."""
    at_once: tuple[int, int] = (1_000, 2)
    """The same while one search of twenty alerts at once."""
    events: int = 600
    """One a second twenty times."""
    edits: int = 1_000


QUICK = Effort((40, 2), (40, 2), 40, 5)


@dataclass(frozen=True, slots=True)
class Speed:
    """How fast changes were matched and committed."""

    case: str
    changes: int
    per_second: float
    cpu_us: float
    """Of the matcher, for one change."""
    store_cpu_us: float
    alerts: float
    """Of one change."""

    def goal(self, store: str, scan_ms: float) -> AtLeast:
        """Its goal on a machine that is as fast as this one."""
        wanted = GOALS[store][self.case]
        return AtLeast(wanted * (1_000 / scan_ms) / SCAN, "{:,.0f}/s")


@dataclass(frozen=True, slots=True)
class Alerting:
    """One store with one number of searches."""

    store: str
    searches: int
    scan_ms: float
    fill_seconds: float
    matcher_mb: float
    speeds: list[Speed]
    edited: Edited
    reached: Reached
    missing: int
    """Alerts that were expected and not submitted, or submitted and not expected; changes that were not matched."""


def measure(store: Store, searches: int, effort: Effort, progress: Callable[[str], None]) -> Alerting:
    """Measure one store.

    Raises:
        ChildFailed: a process could not be started, or gave up.
    """
    settings = store.fresh()
    progress(f"{store.title}: filling it with {searches:,} searches")
    filled = fill(settings, searches, markets_of(effort))
    return measure_filled(store, settings, searches, filled, effort, progress)


def markets_of(effort: Effort) -> list[Market]:
    """The homes of the three parts."""
    return [Market("Waiting", *effort.waiting), Market("Once", *effort.at_once), Market("Latency", effort.events)]


def fill(settings: dict[str, str], searches: int, markets: list[Market]) -> dict[str, Any]:
    """Fill a store; returns what the child says."""
    command = ("-m", "benchmarks.alerts_fill", str(searches), *(one.text for one in markets))
    filled = answer_of(command, settings, patience=60 + searches / 200)
    os.sync()  # gigabytes that are still to be written would hold up the commits that are measured
    return filled


def measure_filled(
    store: Store,
    settings: dict[str, str],
    searches: int,
    filled: dict[str, Any],
    effort: Effort,
    progress: Callable[[str], None],
) -> Alerting:
    """Measure with a store that `fill` has filled."""
    url = settings["DATABASE_URL"]
    waiting, at_once, latency = markets_of(effort)
    given = settings | PATIENT | WITHOUT_SMS
    with Child(("-m", "benchmarks.serve", "ours"), given) as api:
        port = api.read()["port"]
        with Child(MATCHER, given) as matcher:
            progress(f"{store.title}: from the event to the provider")
            with worker(given) as (sender, arrivals):
                expected = filled["alerts"]["Latency"]
                reached = measure_latency(url, port, latency, matcher, sender, arrivals, expected=expected)
            progress(f"{store.title}: saving and changing searches")
            edited = measure_edits(url, port, api, effort.edits)
        progress(f"{store.title}: matching while all searches wait")
        alerts_ledger.let_all_wait(url, wait=True)
        accepted = send_all(port, waiting.calls())
        with Child(MATCHER, given) as matcher:
            speeds = [_speed(store, url, matcher, "waiting", waiting.records)]
        progress(f"{store.title}: matching while one search of twenty alerts at once")
        alerts_ledger.let_all_wait(url, wait=False)
        accepted += send_all(port, at_once.calls())
        with Child(MATCHER, given) as matcher:
            speeds.append(_speed(store, url, matcher, "at once", at_once.records))
            memory = matcher.memory_mb(peak=True)
    expected += filled["alerts"]["Once"]
    return Alerting(
        store=store.title,
        searches=searches,
        scan_ms=filled["scan_ms"],
        fill_seconds=filled["seconds"],
        matcher_mb=memory,
        speeds=speeds,
        edited=edited,
        reached=reached,
        missing=abs(expected - alerts_ledger.count_alerts(url)) + waiting.records + at_once.records - accepted,
    )


def _speed(store: Store, url: str, matcher: Child, case: str, changes: int) -> Speed:
    """How fast a matcher that has just been started does so many changes, which wait."""
    before = alerts_ledger.count_alerts(url)
    done = alerts_ledger.wait_until_matched(
        url,
        patience=PATIENCE,
        costs=lambda: (matcher.cpu_seconds(), store.cpu_seconds()),
        check=matcher.raise_if_ended,
    )
    cpu, stores = (spent / max(done.numbers, 1) * 1e6 for spent in done.spent)
    per_second = done.numbers / max(done.seconds, 1e-9)
    alerts = (alerts_ledger.count_alerts(url) - before) / changes
    return Speed(case, changes, per_second, cpu, stores, alerts)


@contextmanager
def worker(settings: dict[str, str]) -> Iterator[tuple[Child, Path]]:
    """A worker with the instant provider, and the file of what that gets, which is written at the end."""
    with tempfile.NamedTemporaryFile() as arrivals:
        given = settings | {"EMAIL_PROVIDER": "instant", "BENCHMARK_ARRIVALS": arrivals.name}
        with Child(("-m", "benchmarks.instant_worker"), given) as child:
            yield child, Path(arrivals.name)

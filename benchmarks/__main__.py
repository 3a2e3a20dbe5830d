"""The command: runs the measurements one after the other, since two at a time would measure each other."""

import signal
import sys
import tempfile
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from rich.console import Console

from benchmarks import (
    accept,
    alerts,
    alerts_burst,
    alerts_shards,
    callbacks,
    digests,
    drain,
    history,
    latency,
    listings,
    matching,
    people,
    unaddressed,
    webhooks,
)
from benchmarks.children import ChildFailed
from benchmarks.report import Report
from benchmarks.stores import Store, StoreName, open_store
from tests.services.process import ServiceFailed, ServiceMissing

DISK = "/var/tmp"
"""Where stores are kept: /tmp may be memory, where a flush costs nothing."""

Choice = TypeVar("Choice", bound=StrEnum)

console = Console(stderr=True)


class Measurement(StrEnum):
    """What can be measured."""

    ACCEPT = "accept"
    HISTORY = "history"
    DRAIN = "drain"
    LATENCY = "latency"
    CALLBACKS = "callbacks"
    WEBHOOKS = "webhooks"
    LISTINGS = "listings"
    MATCHING = "matching"
    ALERTS = "alerts"
    BURST = "burst"
    SHARDS = "shards"
    PEOPLE = "people"
    DIGESTS = "digests"
    UNADDRESSED = "unaddressed"


def bench(
    *,
    quick: Annotated[bool, typer.Option("--quick", help="A few seconds: shows that it runs, not how fast.")] = False,
    only: Annotated[Measurement | None, typer.Option(help="Measure this alone.")] = None,
    store: Annotated[StoreName | None, typer.Option(help="Measure on this store alone.")] = None,
    searches: Annotated[
        int, typer.Option(help="Saved searches that listings are matched against, in `matching` and `alerts`.")
    ] = matching.SEARCHES,
    shards: Annotated[
        int, typer.Option(min=1, max=64, help="Shards of users, and as many matchers, in `shards`; beside one.")
    ] = 4,
    json: Annotated[Path | None, typer.Option(help="Keep the results in this file, as JSON.")] = None,
) -> None:
    """Measure how fast notifications are accepted and delivered on this machine."""
    tempfile.tempdir = DISK
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    report = Report()
    try:
        measurements, stores = _chosen(only, Measurement), _chosen(store, StoreName)
        _measure(report, quick=quick, measurements=measurements, stores=stores, searches=searches, shards=shards)
    except (ServiceMissing, ServiceFailed, ChildFailed) as fault:
        console.print(str(fault), style="red", markup=False, soft_wrap=True)
        raise typer.Exit(2) from None
    # Without a terminal the width is unknown.
    report.show(Console(width=None if sys.stdout.isatty() else 120))
    if json is not None:
        report.write(json)
    raise typer.Exit(0 if report.is_correct else 1)


def _measure(
    report: Report,
    *,
    quick: bool,
    measurements: list[Measurement],
    stores: list[StoreName],
    searches: int,
    shards: int,
) -> None:
    notifications = drain.QUICK_NOTIFICATIONS if quick else drain.NOTIFICATIONS
    with console.status("Starting") as status:
        if Measurement.DRAIN in measurements:
            status.update("The SMTP library alone")
            report.limits.append(drain.measure_smtp_limit(notifications))
        if Measurement.MATCHING in measurements:
            # It needs no store.
            count, events = (matching.QUICK_SEARCHES, matching.QUICK_EVENTS) if quick else (searches, matching.EVENTS)
            report.matching.append(matching.measure(count, events, status.update))
        for name in stores if measurements != [Measurement.MATCHING] else []:
            status.update(f"Starting {name}")
            with open_store(name) as opened:
                _measure_store(report, opened, name, quick=quick, measurements=measurements, progress=status.update)
                _measure_homes(
                    report, opened, quick=quick, measurements=measurements, searches=searches, progress=status.update
                )
                if Measurement.SHARDS in measurements:
                    count, homes = (
                        (alerts_shards.QUICK_SEARCHES, alerts_shards.QUICK_HOMES)
                        if quick
                        else (min(searches, alerts_shards.SEARCHES), alerts_shards.HOMES)
                    )
                    report.shards += alerts_shards.measure(opened, count, homes, (1, shards), status.update)


def _measure_store(
    report: Report,
    opened: Store,
    name: StoreName,
    *,
    quick: bool,
    measurements: list[Measurement],
    progress: Callable[[str], None],
) -> None:
    notifications = drain.QUICK_NOTIFICATIONS if quick else drain.NOTIFICATIONS
    if Measurement.ACCEPT in measurements:
        effort = accept.QUICK if quick else accept.Effort()
        report.accept += accept.measure(opened, effort, progress)
    if Measurement.HISTORY in measurements:
        rows = history.QUICK_ROWS if quick else history.ROWS
        effort = accept.QUICK if quick else accept.Effort()
        report.history.append(history.measure(opened, rows, effort, progress))
    if Measurement.DRAIN in measurements:
        if name is StoreName.POSTGRESQL:
            report.limits.append(drain.measure_broker_limit(opened, notifications))
        cases = drain.QUICK_CASES if quick else drain.FLOORS
        report.drain += drain.measure(opened, notifications, cases, progress)
    if Measurement.LATENCY in measurements:
        seconds = latency.QUICK_SECONDS if quick else latency.SECONDS
        report.latency.append(latency.measure(opened, seconds, progress))
    if Measurement.CALLBACKS in measurements:
        seconds = callbacks.QUICK_SECONDS if quick else callbacks.SECONDS
        effort = accept.QUICK if quick else accept.Effort()
        report.callbacks.append(callbacks.measure(opened, seconds, effort, progress))
    if Measurement.WEBHOOKS in measurements:
        report.webhooks.append(webhooks.measure(opened, webhooks.QUICK if quick else webhooks.Effort(), progress))
    _measure_people(report, opened, quick=quick, measurements=measurements, progress=progress)


def _measure_homes(
    report: Report,
    opened: Store,
    *,
    quick: bool,
    measurements: list[Measurement],
    searches: int,
    progress: Callable[[str], None],
) -> None:
    if Measurement.LISTINGS in measurements:
        homes = listings.QUICK_LISTINGS if quick else listings.LISTINGS
        report.listings.append(listings.measure(opened, homes, progress))
    if Measurement.ALERTS in measurements:
        count, effort = (alerts.QUICK_SEARCHES, alerts.QUICK) if quick else (searches, alerts.Effort())
        report.alerts.append(alerts.measure(opened, count, effort, progress))
    if Measurement.BURST in measurements:
        burst = alerts_burst.QUICK if quick else alerts_burst.Effort()
        report.bursts.append(alerts_burst.measure(opened, burst, progress))


def _measure_people(
    report: Report, opened: Store, *, quick: bool, measurements: list[Measurement], progress: Callable[[str], None]
) -> None:
    if Measurement.PEOPLE in measurements:
        users = people.QUICK_USERS if quick else people.USERS
        batches = people.QUICK_BATCHES if quick else people.BATCHES
        report.people.append(people.measure(opened, users, batches, progress))
    if Measurement.DIGESTS in measurements:
        numbers = digests.QUICK_DIGESTS if quick else digests.DIGESTS
        report.digests += digests.measure(opened, numbers, progress)
    if Measurement.UNADDRESSED in measurements:
        seconds = unaddressed.QUICK_SECONDS if quick else unaddressed.SECONDS
        report.unaddressed += unaddressed.measure(opened, seconds, progress)


def _chosen(one: Choice | None, every: type[Choice]) -> list[Choice]:
    return list(every) if one is None else [one]


if __name__ == "__main__":
    typer.run(bench)

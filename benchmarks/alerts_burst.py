"""Many changes of listings at once, and how long an urgent notification waits meanwhile."""

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from benchmarks import alerts_ledger
from benchmarks.accept import PATIENT
from benchmarks.alerts import MATCHER, PATIENCE, WITHOUT_SMS, fill, worker
from benchmarks.alerts_calls import Caller, calling, send_all
from benchmarks.alerts_workload import Market
from benchmarks.children import Child
from benchmarks.limits import AtMost
from benchmarks.stores import Store

LONGEST = AtMost(1.0, "urgent within {:.0f} s")
EVERY = 1.0
"""Seconds between two urgent notifications."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is measured."""

    searches: int = 100_000
    homes: int = 2_000
    updates: int = 50
    """Of each home."""

    @property
    def market(self) -> Market:
        """Its homes."""
        return Market("Burst", self.homes, self.updates)


QUICK = Effort(5_000, 40, 5)


@dataclass(frozen=True, slots=True)
class Burst:
    """One store."""

    store: str
    searches: int
    updates: int
    alerts: int
    accepted_s: float
    """Until the API had taken all."""
    matched_s: float
    sent_s: float
    """Until the last alert was sent; both from the first call."""
    urgent: int
    urgent_s: float
    """The longest time from the call with an urgent notification until the provider had it."""
    missing: int
    """Updates that were not accepted or not matched; alerts, and urgent notifications, too few or too many."""


def measure(store: Store, effort: Effort, progress: Callable[[str], None]) -> Burst:
    """Measure one store.

    Raises:
        ChildFailed: a process could not be started, or gave up.
    """
    settings = store.fresh()
    progress(f"{store.title}: filling it with {effort.searches:,} searches")
    filled = fill(settings, effort.searches, [effort.market])
    return measure_filled(store, settings, filled, effort, progress)


def measure_filled(
    store: Store, settings: dict[str, str], filled: dict[str, Any], effort: Effort, progress: Callable[[str], None]
) -> Burst:
    """Measure with a store that `fill` has filled."""
    market = effort.market
    url, given = settings["DATABASE_URL"], settings | PATIENT | WITHOUT_SMS
    progress(f"{store.title}: {market.records:,} updates at once")
    with (
        Child(("-m", "benchmarks.serve", "ours"), given) as api,
        Child(MATCHER, given) as matcher,
        worker(given) as (sender, arrivals),
    ):
        port = api.read()["port"]

        def check() -> None:
            for child in (api, matcher, sender):
                child.raise_if_ended()

        urgent = Urgent(port)
        urgent.start()
        began = time.monotonic()
        accepted = send_all(port, market.calls())
        accepted_s = time.monotonic() - began
        alerts_ledger.wait_until_matched(url, patience=PATIENCE, check=check)
        matched_s = time.monotonic() - began
        alerts_ledger.wait_until_sent(url, patience=PATIENCE, check=check)
        urgent.end()
        alerts_ledger.wait_until_sent(url, patience=PATIENCE, check=check)
        sent_s = time.monotonic() - began
        sender.stop()
        arrived = {to: at for at, to, _ in json.loads(arrivals.read_text()) if to in urgent.began_at}
    made = alerts_ledger.count_alerts(url)
    expected = sum(filled["alerts"].values())
    waited = [arrived[to] - at for to, at in urgent.began_at.items() if to in arrived]
    return Burst(
        store=store.title,
        searches=effort.searches,
        updates=market.records,
        alerts=made,
        accepted_s=accepted_s,
        matched_s=matched_s,
        sent_s=sent_s,
        urgent=len(waited),
        urgent_s=max(waited),
        missing=market.records - accepted + abs(expected - made) + len(urgent.began_at) - len(waited),
    )


class Urgent(threading.Thread):
    """Sends an urgent notification each second."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self.began_at: dict[str, float] = {}
        """By recipient."""
        self._port = port
        self._ends = threading.Event()

    def run(self) -> None:
        with calling(self._port) as connection:
            caller, number = Caller(connection), 0
            while number == 0 or not self._ends.wait(EVERY):
                number += 1
                to = f"urgent.{number}@example.com"
                self.began_at[to] = time.monotonic()
                caller.send_urgent(number % 1_000 + 1, to)

    def end(self) -> None:
        """Send no more."""
        self._ends.set()
        self.join()

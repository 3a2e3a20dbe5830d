"""How long it takes from the event of a listing until the provider has its alerts, at a steady rate."""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import alerts_ledger
from benchmarks.alerts_calls import Caller, at_rate, calling, percentile
from benchmarks.alerts_workload import Market
from benchmarks.children import Child
from benchmarks.limits import AtMost

RATE = 20.0
"""Events a second."""

P99 = AtMost(2.0, "p99 {:.0f} s")
PATIENCE = 300.0

Arrivals = Sequence[tuple[float, str, str]]
"""The instant, the recipient and the subject of messages."""


@dataclass(frozen=True, slots=True)
class Reached:
    """Alerts from the beginning of the call with their event until the provider had them."""

    events: int
    alerts: int
    p50_s: float
    p99_s: float
    longest_s: float
    missing: int
    """Alerts that did not reach the provider, or did so twice."""


def measure_latency(
    url: str, port: int, market: Market, matcher: Child, worker: Child, arrivals: Path, *, expected: int
) -> Reached:
    """Send one new listing after the other while matcher and worker have nothing else to do; ends the worker."""
    began_at: dict[str, float] = {}
    with calling(port) as connection:
        Caller(connection).save(1, -1)
    # The matcher has read all searches when it has seen this one.
    alerts_ledger.wait_until_matched(url, patience=PATIENCE, check=matcher.raise_if_ended)
    with calling(port) as connection:
        caller = Caller(connection)
        for home in at_rate(market.homes, RATE):
            began_at[market.address(home)] = time.monotonic()
            caller.send([market.record(home, 0)])
    alerts_ledger.wait_until_matched(url, patience=PATIENCE, check=matcher.raise_if_ended)
    alerts_ledger.wait_until_sent(url, patience=PATIENCE, check=worker.raise_if_ended)
    worker.stop()
    return summary(json.loads(arrivals.read_text()), began_at, expected=expected)


def summary(arrivals: Arrivals, began_at: Mapping[str, float], *, expected: int) -> Reached:
    """The times of the alerts about these homes, whose addresses end their subjects."""
    took, once = [], set()
    for at, to, subject in arrivals:
        address = subject.rpartition(": ")[2]
        if address in began_at:
            took.append(at - began_at[address])
            once.add((to, address))
    return Reached(
        events=len(began_at),
        alerts=len(took),
        p50_s=percentile(took, 50),
        p99_s=percentile(took, 99),
        longest_s=max(took),
        missing=abs(expected - len(once)) + len(took) - len(once),
    )

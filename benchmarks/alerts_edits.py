"""How long it takes to save and to change a search, one after the other, and until the matcher has seen it."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks import alerts_ledger
from benchmarks.alerts_calls import Caller, calling, percentile
from benchmarks.children import Child
from benchmarks.limits import AtMost

P99 = AtMost(5.0, "p99 {:.0f} ms")
SEEN = AtMost(1.0, "seen within {:.0f} s")
LOOK_EVERY = 10
"""Edits between two of which it is seen how soon the matcher has read them."""

WARM = 40
"""Calls of each kind before those that are measured: each connection to PostgreSQL prepares its statements."""

PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Edited:
    """Edits of saved searches through the API."""

    edits: int
    """Of each kind."""
    create_p50_ms: float
    create_p99_ms: float
    change_p50_ms: float
    change_p99_ms: float
    cpu_ms: float
    """Of the API, for one."""
    seen_s: float
    """The longest time until the matcher had read one."""
    failed: int


def measure_edits(url: str, port: int, api: Child, edits: int) -> Edited:
    """Save searches, and change each once, while a matcher has nothing else to do."""
    created: list[float] = []
    changed: list[float] = []
    seen: list[float] = []
    with calling(port) as connection:
        caller = Caller(connection)
        for number in range(-WARM - 1, -1):
            _, place = caller.save(1, number)
            if place is not None:
                caller.change(place, number - WARM)
        before, places = api.cpu_seconds(), []
        for number in range(edits):
            took, place = caller.save(number + 2, number)
            created.append(took)
            places += [] if place is None else [place]
            _look(url, number, seen)
        done = 0
        for number, place in enumerate(places):
            took, is_changed = caller.change(place, number + edits)
            changed.append(took)
            done += is_changed
            _look(url, number, seen)
        spent = api.cpu_seconds() - before
    return Edited(
        edits=edits,
        create_p50_ms=_ms(created, 50),
        create_p99_ms=_ms(created, 99),
        change_p50_ms=_ms(changed, 50),
        change_p99_ms=_ms(changed, 99),
        cpu_ms=spent / (2 * edits) * 1_000,
        seen_s=max(seen),
        failed=edits - done,
    )


def _look(url: str, number: int, seen: list[float]) -> None:
    if number % LOOK_EVERY == 0:
        began = time.monotonic()
        alerts_ledger.wait_until_matched(url, patience=PATIENCE)
        seen.append(time.monotonic() - began)


def _ms(seconds: Sequence[float], percent: float) -> float:
    return percentile(seconds, percent) * 1_000

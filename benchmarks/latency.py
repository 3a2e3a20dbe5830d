"""How long it takes from the beginning of a call until the provider has the email, at a steady rate.

On SQLite the API works too, as `make run` has it; on PostgreSQL the worker is a process of its own.
"""

import json
import statistics
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from benchmarks import accept, ledger
from benchmarks.children import Child, answer_of
from benchmarks.drain import WORKER, smtp_settings
from benchmarks.limits import AtMost
from benchmarks.stores import Store

RATE = 200.0
"""Notifications per second."""
SECONDS = 15.0
WARM_UP = 2.0
QUICK_SECONDS = 0.5
"""Of the warm-up, too."""

P50 = AtMost(25.0, "p50 {:.0f} ms")
P99 = AtMost(150.0, "p99 {:.0f} ms")

_NO_SMS = {"SMS_HTTP_URL": "http://127.0.0.1:9/"}
"""No broker listens there, and none is needed."""


@dataclass(frozen=True, slots=True)
class Latency:
    """One store."""

    store: str
    rate: float
    notifications: int
    p50_ms: float
    p99_ms: float
    longest_ms: float
    failed: int
    """Calls that were not answered 200."""
    missing: int
    doubled: int


def measure(store: Store, seconds: float, progress: Callable[[str], None]) -> Latency:
    """Measure one store.

    Raises:
        ChildFailed: a process could not be started, or gave up.
    """
    progress(f"{store.title}: {RATE:.0f} notifications a second, from the call to the provider")
    settings = store.fresh()
    key = answer_of(("-m", "benchmarks.fill", "0"), settings, patience=60)["key"]
    with (
        tempfile.NamedTemporaryFile() as arrivals,
        Child(("-m", "benchmarks.sink", f"--arrivals={arrivals.name}")) as sink,
    ):
        settings |= accept.PRODUCTION | accept.PATIENT | smtp_settings(sink.read()["port"]) | _NO_SMS
        with ExitStack() as stack:
            whole = "whole" if store.works_in_one_process else "ours"
            api = stack.enter_context(Child(("-m", "benchmarks.serve", whole), settings))
            port = api.read()["port"]
            if not store.works_in_one_process:
                stack.enter_context(Child(WORKER, settings))
            _trickle("warm-up", port, key, min(WARM_UP, seconds))  # what is done for the first time, only once
            calls = _trickle("counted", port, key, seconds)
            ledger.wait_until_ended(settings["DATABASE_URL"], patience=60, check=api.raise_if_ended)
        sink.stop()
        return _summary(store, calls, sink.read(), json.load(arrivals))


def _trickle(name: str, port: int, key: str, seconds: float) -> dict[str, Any]:
    options = {"name": name, "port": port, "key": key, "rate": RATE, "count": round(RATE * seconds)}
    arguments = [f"--{option}={value}" for option, value in options.items()]
    return answer_of(("-m", "benchmarks.trickle", *arguments), patience=60 + seconds)


def _summary(store: Store, calls: dict[str, Any], report: dict[str, Any], arrived: dict[str, float]) -> Latency:
    began: dict[str, float] = calls["began_at"]
    took = [1_000 * (arrived[to] - at) for to, at in began.items() if to in arrived]
    centiles = statistics.quantiles(took, n=100, method="inclusive")
    return Latency(
        store=store.title,
        rate=RATE,
        notifications=len(began),
        p50_ms=centiles[49],
        p99_ms=centiles[98],
        longest_ms=max(took),
        failed=calls["failed"],
        missing=len(began) - len(took),
        doubled=report["messages"] - report["distinct"],
    )

"""How fast a worker tells endpoints what happened: alone, and while it delivers a backlog.

Beside it stands what the HTTP client alone can post to the same receiver. And what a message costs more when its event
is recorded for an endpoint, in pairs of drains: nothing is called in those.
"""

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass

from benchmarks import ledger
from benchmarks.children import Child, answer_of
from benchmarks.drain import INSTANT_WORKER
from benchmarks.limits import AtLeast, AtMost
from benchmarks.stores import Store

ENDPOINTS = 4
GOAL = AtLeast(2_000, "{:,.0f}")
"""Calls per second beside sending."""
RECORDED = AtMost(1.10, "{:.2f} x")
"""CPU time of a message whose event is recorded for an endpoint, to one without an endpoint."""

SLOWEST = 20
"""Messages or calls per second below which the wait ends."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is measured."""

    events: int = 5_000
    messages: int = 20_000
    pairs: int = 3


QUICK = Effort(events=50, messages=100, pairs=0)


@dataclass(frozen=True, slots=True)
class Told:
    """One store."""

    store: str
    endpoints: int
    limit_per_second: float
    """Calls that the HTTP client alone makes."""
    limit_cpu_us: float
    alone_per_second: float
    """Calls while nothing else is to do, from the first to the last."""
    alone_cpu_us: float
    """Microseconds of a processor that the worker took for each, its start included."""
    alone_store_cpu_us: float
    """And the store's own processes, if it has any."""
    beside_per_second: float
    """Calls while two workers deliver a backlog and what it becomes, from the first call to the last."""
    messages: int
    messages_per_second: float
    """Messages of that backlog, from the start of the workers to the last one."""
    recorded: list[float]
    """CPU time of a drain with an endpoint that is blocked, the store's included, to one without, for each pair."""
    missing: int
    """Calls that did not arrive; each event is due once at each endpoint."""
    doubled: int

    @property
    def ratio(self) -> float:
        """Calls alone to those of the HTTP client alone."""
        return self.alone_per_second / self.limit_per_second


def measure(store: Store, effort: Effort, progress: Callable[[str], None]) -> Told:
    """Measure one store.

    Raises:
        ChildFailed: a process could not be started, or gave up.
    """
    progress(f"{store.title}: webhooks of the HTTP client alone")
    with Child(("-m", "benchmarks.webhook_receiver")) as receiver:
        load = (str(receiver.read()["port"]), str(effort.events), str(ENDPOINTS))
        limit = answer_of(("-m", "benchmarks.webhook_calls_alone", *load), patience=60 + effort.events)
    alone = _send(store, effort.events, 0, 1, progress)
    beside = _send(store, 0, effort.messages, 2, progress)
    recorded = [_recorded(store, effort.messages, progress) for _ in range(effort.pairs)]
    return Told(
        store=store.title,
        endpoints=ENDPOINTS,
        limit_per_second=limit["per_second"],
        limit_cpu_us=limit["cpu_us"],
        alone_per_second=alone["per_second"],
        alone_cpu_us=alone["cpu_us"],
        alone_store_cpu_us=alone["store_cpu_us"],
        beside_per_second=beside["per_second"],
        messages=effort.messages,
        messages_per_second=beside["messages_per_second"],
        recorded=recorded,
        missing=int(alone["missing"] + beside["missing"]),
        doubled=int(alone["doubled"] + beside["doubled"]),
    )


def _send(store: Store, events: int, messages: int, workers: int, progress: Callable[[str], None]) -> dict[str, float]:
    """Let workers send what was recorded, and what becomes of these messages."""
    progress(f"{store.title}: webhooks of {events + messages:,} events to {ENDPOINTS} endpoints")
    settings, calls = store.fresh(), (events + messages) * ENDPOINTS
    patience = 60 + calls / SLOWEST
    with Child(("-m", "benchmarks.webhook_receiver")) as receiver:
        load = (str(receiver.read()["port"]), str(ENDPOINTS), str(events))
        answer_of(("-m", "benchmarks.webhook_endpoints", *load), settings, patience=patience)
        if messages:
            answer_of(("-m", "benchmarks.fill", str(messages)), settings, patience=patience)
        drained = _run_workers(store, settings, workers, patience, wait_for_calls=True)
        receiver.stop()
        arrived = receiver.read()
    return {
        "per_second": arrived["messages"] / (arrived["last_at"] - arrived["first_at"]),
        "cpu_us": drained["cpu"] / calls * 1_000_000,
        "store_cpu_us": drained["store_cpu"] / calls * 1_000_000,
        "messages_per_second": messages / drained["seconds"],
        "missing": calls - arrived["distinct"],
        "doubled": arrived["messages"] - arrived["distinct"],
    }


def _recorded(store: Store, messages: int, progress: Callable[[str], None]) -> float:
    """The CPU time of a drain with a blocked endpoint to that of one without."""
    spent = []
    for endpoints in (0, 1):
        progress(f"{store.title}: {messages:,} messages, {endpoints} endpoints that are not called")
        settings, patience = store.fresh(), 60 + messages / SLOWEST
        load = ("9", str(endpoints), "0", "--blocked")
        answer_of(("-m", "benchmarks.webhook_endpoints", *load), settings, patience=patience)
        answer_of(("-m", "benchmarks.fill", str(messages)), settings, patience=patience)
        drained = _run_workers(store, settings, 1, patience, wait_for_calls=False)
        spent.append(drained["cpu"] + drained["store_cpu"])
    return spent[1] / spent[0]


def _run_workers(
    store: Store, settings: dict[str, str], workers: int, patience: float, *, wait_for_calls: bool
) -> dict[str, float]:
    """Run workers until no message is open, and then until no call is."""
    given, url = settings | {"EMAIL_PROVIDER": "instant"}, settings["DATABASE_URL"]
    began, stores = time.monotonic(), store.cpu_seconds()
    with ExitStack() as stack:
        children = [stack.enter_context(Child(INSTANT_WORKER, given)) for _ in range(workers)]

        def check() -> None:
            for child in children:
                child.raise_if_ended()

        ledger.wait_until_ended(url, patience=patience, check=check)
        seconds = time.monotonic() - began
        if wait_for_calls:
            ledger.wait_until_called(url, patience=patience, check=check)
        spent, by_store = sum(one.cpu_seconds() for one in children), store.cpu_seconds() - stores
    return {"cpu": spent, "store_cpu": by_store, "seconds": seconds}

"""How fast workers deliver what waits in the store, to a sink and to a provider that takes no time.

Beside them stand this machine's own limits: how fast the SMTP library alone hands the same messages over, and how fast
messages that nobody does anything with come through RabbitMQ.
"""

import importlib.util
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import ledger
from benchmarks.children import Child, answer_of
from benchmarks.limits import AtLeast, AtMost
from benchmarks.stores import Store

NOTIFICATIONS = 50_000
QUICK_NOTIFICATIONS = 200
QUICK_CASES = (("smtp", 2), ("instant", 1))
"""By provider and number of workers."""

_PER_SECOND = "{:,.0f}"
FLOORS = {
    ("smtp", 1): AtLeast(1_800, _PER_SECOND),
    ("smtp", 2): AtLeast(2_600, _PER_SECOND),
    ("instant", 1): AtLeast(3_000, _PER_SECOND),
    ("instant", 2): AtLeast(4_000, _PER_SECOND),
}
"""Notifications per second, by provider and number of workers: below these something is broken. The aims of
docs/performance.md are higher. They are printed, and fail nothing: a slow machine is no mistake."""
MEMORY = AtMost(200.0, "{:.0f} MB")
"""Of one worker."""

SLOWEST = 20
"""Notifications per second below which the wait ends."""


@dataclass(frozen=True, slots=True)
class Drained:
    """One backlog, delivered."""

    store: str
    provider: str
    workers: int
    notifications: int
    per_second: float
    """From the first message at the provider to the last."""
    per_second_from_start: float
    """From the start of the workers' processes to the last message."""
    fill_per_second: float
    """How fast the backlog was accepted, without HTTP."""
    cpu_us: float
    """Microseconds of a processor that the workers took for each notification, their start included."""
    store_cpu_us: float
    """And the store's own processes, if it has any."""
    memory_mb: float
    """Of the largest worker, at most."""
    duplicates: int
    missing: int
    """Notifications that did not reach the provider."""
    unsettled: int
    """Notifications that the store does not hold to be sent."""


@dataclass(frozen=True, slots=True)
class Limit:
    """What this machine does at best."""

    what: str
    messages: int
    per_second: float


def measure_smtp_limit(messages: int) -> Limit:
    """Hand messages to a sink with nothing but the library.

    Raises:
        ChildFailed: the sink or the library gave up.
    """
    with Child(("-m", "benchmarks.sink")) as sink:
        port = sink.read()["port"]
        answer_of(("-m", "benchmarks.smtp_alone", str(port), str(messages)), patience=60 + messages / SLOWEST)
        sink.stop()
        report = sink.read()
    return Limit("the SMTP library alone", messages, report["messages"] / (report["last_at"] - report["first_at"]))


def measure_broker_limit(store: Store, messages: int) -> Limit:
    """Let messages through the store's broker, and do nothing with them.

    Raises:
        ChildFailed: it gave up.
    """
    url = store.fresh()["QUEUE_BROKER_URL"]
    report = answer_of(("-m", "benchmarks.consume", url, str(messages)), patience=60 + messages / SLOWEST)
    return Limit("RabbitMQ alone", messages, messages / report["seconds"])


def measure(
    store: Store, notifications: int, cases: Iterable[tuple[str, int]], progress: Callable[[str], None]
) -> Iterator[Drained]:
    """Deliver one backlog after the other, in each case by that provider and that number of workers.

    Raises:
        ChildFailed: a process could not be started, or gave up.
    """
    for provider, workers in cases:
        yield _drain(store, store.fresh(), provider, workers, notifications, progress)


def measure_again(store: Store, settings: dict[str, str], notifications: int, progress: Callable[[str], None]) -> float:
    """Notifications per second that one worker delivers to the instant provider, beside what the store holds already.

    Raises:
        ChildFailed: a process could not be started, or gave up.
    """
    return _drain(store, settings, "instant", 1, notifications, progress).per_second


def smtp_settings(port: int) -> dict[str, str]:
    """What sends email to the sink."""
    return {
        "EMAIL_PROVIDER": "smtp",
        "EMAIL_FROM": "alerts@example.com",
        "SMTP_HOST": "127.0.0.1",
        "SMTP_PORT": str(port),
        "SMTP_STARTTLS": "off",
    }


def _drain(
    store: Store,
    settings: dict[str, str],
    provider: str,
    workers: int,
    notifications: int,
    progress: Callable[[str], None],
) -> Drained:
    """Fill, deliver, stop; the report is the sink's or, without one, the workers' own."""
    url, patience = settings["DATABASE_URL"], 60 + notifications / SLOWEST
    progress(f"{store.title}: accepting {notifications:,} notifications")
    filled = answer_of(("-m", "benchmarks.fill", str(notifications)), settings, patience=patience)
    progress(f"{store.title}: delivering them, {workers} to the provider {provider}")
    with ExitStack() as stack:
        sinks: list[Child] = []
        command, given = INSTANT_WORKER, settings | {"EMAIL_PROVIDER": "instant"}
        if provider == "smtp":
            sinks = [stack.enter_context(Child(("-m", "benchmarks.sink")))]
            command, given = WORKER, settings | smtp_settings(sinks[0].read()["port"])
        sent_before = ledger.count_by_state(url, channel="email").get("sent", 0)
        started_at, stores = time.monotonic(), store.cpu_seconds()
        children = [stack.enter_context(Child(command, given)) for _ in range(workers)]
        ledger.wait_until_ended(url, patience=patience, check=lambda: _raise_if_ended(children))
        spent, spent_by_store = sum(one.cpu_seconds() for one in children), store.cpu_seconds() - stores
        memory = max(one.memory_mb(peak=True) for one in children)
        for child in [*children, *sinks]:
            child.stop()
        report = _merge([child.read() for child in sinks or children])
    sent = ledger.count_by_state(url, channel="email").get("sent", 0) - sent_before
    return Drained(
        store=store.title,
        provider=provider,
        workers=workers,
        notifications=notifications,
        per_second=report["messages"] / max(report["last_at"] - report["first_at"], 1e-9),
        per_second_from_start=report["messages"] / (report["last_at"] - started_at),
        fill_per_second=filled["notifications"] / filled["seconds"],
        cpu_us=spent / notifications * 1_000_000,
        store_cpu_us=spent_by_store / notifications * 1_000_000,
        memory_mb=memory,
        duplicates=max(report["messages"] - notifications, report["messages"] - report["distinct"]),
        missing=max(notifications - report["distinct"], 0),
        unsettled=notifications - sent,
    )


def _raise_if_ended(children: Sequence[Child]) -> None:
    for one in children:
        one.raise_if_ended()


def _merge(reports: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """What several saw together; whom two of them saw, is among the messages that are too many."""
    return {
        "messages": sum(one["messages"] for one in reports),
        "distinct": sum(one["distinct"] for one in reports),
        "first_at": min(one["first_at"] for one in reports if one["messages"]),
        "last_at": max(one["last_at"] for one in reports),
    }


def _worker() -> Path:
    """The script, where the package is installed."""
    package = importlib.util.find_spec("property_alert_notification")
    assert package is not None
    assert package.origin is not None
    return Path(package.origin).parent / "notification_worker" / "worker.py"


WORKER: Sequence[str] = (str(_worker()),)
"""The command that an operator would give to Python."""

INSTANT_WORKER: Sequence[str] = ("-m", "benchmarks.instant_worker")

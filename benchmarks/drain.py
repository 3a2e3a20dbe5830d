"""How fast one worker process delivers what waits in the store, to a sink and to a provider that takes no time.

Beside the sink stands the machine's own limit: how fast the SMTP library alone hands the same messages over.
"""

import importlib.util
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import ledger
from benchmarks.children import Child, answer_of
from benchmarks.stores import Store

NOTIFICATIONS = 20_000
QUICK_NOTIFICATIONS = 500

FLOOR = 600.0
"""Notifications per second."""

SLOWEST = 20
"""Notifications per second below which the wait is given up."""


@dataclass(frozen=True, slots=True)
class Drained:
    """One backlog, delivered."""

    store: str
    provider: str
    notifications: int
    per_second: float
    """From the first message at the provider to the last."""
    per_second_from_start: float
    """From the start of the worker's process to the last message."""
    fill_per_second: float
    """How fast the backlog was accepted, without HTTP."""
    duplicates: int
    missing: int
    """Notifications that did not reach the provider."""
    unsettled: int
    """Notifications that the store does not hold to be sent."""


@dataclass(frozen=True, slots=True)
class HandedOver:
    """What the SMTP library does alone."""

    messages: int
    per_second: float


def measure_limit(messages: int) -> HandedOver:
    """Hand messages to a sink with nothing but the library.

    Raises:
        ChildFailed: the sink or the library gave up.
    """
    with Child(("-m", "benchmarks.sink")) as sink:
        port = sink.read()["port"]
        answer_of(("-m", "benchmarks.hand_over", str(port), str(messages)), patience=60 + messages / SLOWEST)
        sink.stop()
        report = sink.read()
    return HandedOver(messages, report["messages"] / (report["last_at"] - report["first_at"]))


def measure_smtp(store: Store, notifications: int, progress: Callable[[str], None]) -> Drained:
    """Deliver a backlog to a sink, by the worker that an operator would start.

    Raises:
        ChildFailed: a process could not be started, or gave up.
    """
    with Child(("-m", "benchmarks.sink")) as sink:
        settings = {
            "EMAIL_PROVIDER": "smtp",
            "EMAIL_FROM": "alerts@example.com",
            "SMTP_HOST": "127.0.0.1",
            "SMTP_PORT": str(sink.read()["port"]),
            "SMTP_STARTTLS": "off",
        }
        return _drain(store, "smtp", notifications, (str(_worker()),), settings, sink, progress)


def measure_instant(store: Store, notifications: int, progress: Callable[[str], None]) -> Drained:
    """Deliver a backlog to a provider within the worker that takes everything at once.

    Raises:
        ChildFailed: a process could not be started, or gave up.
    """
    command = ("-m", "benchmarks.instant_worker")
    return _drain(store, "instant", notifications, command, {"EMAIL_PROVIDER": "instant"}, None, progress)


def _drain(
    store: Store,
    provider: str,
    notifications: int,
    command: tuple[str, ...],
    provider_settings: dict[str, str],
    sink: Child | None,
    progress: Callable[[str], None],
) -> Drained:
    """Fill, deliver, stop; the report is the sink's or, without one, the worker's own."""
    settings = store.fresh()
    patience = 60 + notifications / SLOWEST
    progress(f"{store.title}: accepting {notifications:,} notifications")
    filled = answer_of(("-m", "benchmarks.fill", str(notifications)), settings, patience=patience)
    progress(f"{store.title}: delivering them, provider {provider}")
    started_at = time.monotonic()
    with Child(command, settings | provider_settings) as worker:
        ledger.wait_until_ended(settings["DATABASE_URL"], patience=patience, look=worker.raise_if_ended)
        worker.stop()
        if sink is not None:
            sink.stop()
        report = (sink or worker).read()
    states = ledger.count_by_state(settings["DATABASE_URL"], channel="email")
    return _result(store, provider, notifications, filled, report, started_at, states)


def _result(
    store: Store,
    provider: str,
    notifications: int,
    filled: dict[str, Any],
    report: dict[str, Any],
    started_at: float,
    states: dict[str, int],
) -> Drained:
    return Drained(
        store=store.title,
        provider=provider,
        notifications=notifications,
        per_second=report["messages"] / max(report["last_at"] - report["first_at"], 1e-9),
        per_second_from_start=report["messages"] / (report["last_at"] - started_at),
        fill_per_second=filled["notifications"] / filled["seconds"],
        duplicates=report["messages"] - report["distinct"],
        missing=notifications - report["distinct"],
        unsettled=notifications - states.get("sent", 0),
    )


def _worker() -> Path:
    """The script, where the package is installed."""
    package = importlib.util.find_spec("property_alert_notification")
    assert package is not None
    assert package.origin is not None
    return Path(package.origin).parent / "notification_worker" / "worker.py"

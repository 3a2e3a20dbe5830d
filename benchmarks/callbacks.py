"""How fast a process takes callbacks of a provider: 1,000 signed ones a second, each about a message of its own.

They arrive at their times, whatever became of those before: a service that falls behind is not given time to catch up.
The figure that means something on other machines is the ratio to accepting, which the same process is measured by.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from benchmarks import accept, ledger
from benchmarks.accept import Effort
from benchmarks.children import Child, answer_of
from benchmarks.limits import AtMost
from benchmarks.stores import Store

RATE = 1_000
"""Callbacks per second."""
SECONDS = 20.0
QUICK_SECONDS = 0.2

P99 = AtMost(100.0, "p99 {:.0f} ms")

SIGNING_KEY = "a-signing-key-of-benchmarks"
PROVIDER = {
    "EMAIL_PROVIDER": "mailgun",
    "EMAIL_FROM": "alerts@example.com",
    "MAILGUN_DOMAIN": "mg.example.com",
    "MAILGUN_API_KEY": "a-key-of-benchmarks",
    "MAILGUN_CALLBACK_KEY": SIGNING_KEY,
}
"""A provider that calls once for each event, and signs each call."""


@dataclass(frozen=True, slots=True)
class CalledBack:
    """One store."""

    store: str
    callbacks: int
    per_second: float
    p50_ms: float
    p99_ms: float
    longest_ms: float
    """From the time at which the provider wanted to call until its answer."""
    cpu_us: float
    """Microseconds of a processor that the API took for each callback."""
    store_cpu_us: float
    """And the store's own processes, if it has any."""
    accepted_per_second: float
    """Notifications that the same process accepts over 64 connections."""
    accept_cpu_us: float
    accept_store_cpu_us: float
    failed: int
    """Callbacks that were not answered 204."""
    missing: int
    """Callbacks that were answered, and did not move their delivery."""

    @property
    def ratio(self) -> float:
        """What a callback costs, the store included, to accepting a notification."""
        accepting = self.accept_cpu_us + self.accept_store_cpu_us
        return (self.cpu_us + self.store_cpu_us) / accepting


def measure(store: Store, seconds: float, effort: Effort, progress: Callable[[str], None]) -> CalledBack:
    """Measure one store.

    Raises:
        ChildFailed: a process could not be started, or gave up.
    """
    count = round(RATE * seconds)
    progress(f"{store.title}: {count:,} messages that were sent")
    settings = store.fresh()
    key = answer_of(("-m", "benchmarks.fill", str(count)), settings, patience=600)["key"]
    ledger.finish_all(settings["DATABASE_URL"], provider="mailgun")
    serving = settings | accept.PRODUCTION | accept.PATIENT | PROVIDER
    with Child(("-m", "benchmarks.serve", "ours"), serving) as api:
        port = api.read()["port"]
        progress(f"{store.title}: notifications, for the ratio")
        accepted = accept.weigh(api, store, partial(accept.ask, port, key, accept.FLOOR_CONNECTIONS, effort))
        progress(f"{store.title}: {RATE:,} callbacks a second")
        calling = partial(answer_of, ("-m", "benchmarks.callback_load", str(port)), settings, patience=120 + seconds)
        called = accept.weigh(api, store, calling)
    arrived = ledger.count_by_state(settings["DATABASE_URL"], channel="email").get("delivered", 0)
    return CalledBack(
        store=store.title,
        callbacks=count,
        per_second=called["per_second"],
        p50_ms=called["p50_ms"],
        p99_ms=called["p99_ms"],
        longest_ms=called["longest_ms"],
        cpu_us=called["cpu_us"],
        store_cpu_us=called["store_cpu_us"],
        accepted_per_second=accepted["requests_per_second"],
        accept_cpu_us=accepted["cpu_us"],
        accept_store_cpu_us=accepted["store_cpu_us"],
        failed=int(called["failed"]),
        missing=count - arrived,
    )

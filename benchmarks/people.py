"""How long it takes to decide about a thousand messages to a thousand users who all differ, of a million.

Every user has quiet hours, caps and a frequency of their own, and a profile; each message is one to which all rules
apply. Beside it the same rows are read and nothing is decided.
"""

import statistics
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.children import answer_of
from benchmarks.limits import AtMost
from benchmarks.stores import Store

USERS = 1_000_000
QUICK_USERS = 2_000
BATCHES = 60
QUICK_BATCHES = 3

BATCH = 1_000
"""Users at once."""

STATEMENTS = AtMost(4, "{:.0f} statements")
TIME = AtMost(30.0, "{:.0f} ms")
"""For a batch of users who were never seen before, the median."""

_PERCENT = 100


@dataclass(frozen=True, slots=True)
class Deciding:
    """One store; milliseconds for a batch of 1,000."""

    store: str
    users: int
    batches: int
    statements: int
    """For a batch."""
    bare_ms: float
    """Reading the rows of the preferences alone; the median."""
    p50_ms: float
    """Of users who were not seen before."""
    p95_ms: float
    cpu_ms: float
    """Of that, what this process took of a processor."""
    warm_ms: float
    """Of the same users once more; the median."""
    decided: dict[str, int]
    """How many were sent, held, collected, suppressed."""
    missing: int
    """Messages about which nothing was decided."""

    @property
    def ratio(self) -> float:
        """Deciding, to reading alone."""
        return self.p50_ms / self.bare_ms


def measure(store: Store, users: int, batches: int, progress: Callable[[str], None]) -> Deciding:
    """Measure one store.

    Raises:
        ChildFailed: the child gave up.
    """
    progress(f"{store.title}: deciding about messages to {users:,} users")
    settings = store.fresh()
    answer_of(("-m", "benchmarks.fill", "0"), settings, patience=60)  # creates the tables
    found = answer_of(("-m", "benchmarks.resolve", str(users), str(batches), str(BATCH)), settings, patience=1_800)
    return Deciding(
        store=store.title,
        users=users,
        batches=batches,
        statements=found["statements"],
        bare_ms=_median(found["bare"]),
        p50_ms=_median(found["cold"]),
        p95_ms=statistics.quantiles(found["cold"], n=_PERCENT)[94] * 1_000,
        cpu_ms=_median(found["cold_cpu"]),
        warm_ms=_median(found["warm"]),
        decided=found["decided"],
        missing=batches * BATCH - sum(found["decided"].values()),
    )


def _median(seconds: list[float]) -> float:
    return statistics.median(seconds) * 1_000

"""What a change costs if several matchers share the users of one store: each reads it, and tells its own users."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from benchmarks import alerts_ledger
from benchmarks.accept import PATIENT
from benchmarks.alerts import MATCHER, PATIENCE, WITHOUT_SMS, fill
from benchmarks.alerts_calls import send_all
from benchmarks.alerts_workload import Market
from benchmarks.children import Child
from benchmarks.stores import Store

SEARCHES, QUICK_SEARCHES = 200_000, 5_000
HOMES, QUICK_HOMES = (1_000, 2), (20, 2)
"""Homes, and records of each."""


@dataclass(frozen=True, slots=True)
class Divided:
    """One number of shards, with a matcher for each."""

    store: str
    searches: int
    shards: int
    per_second: float
    """Changes that all shards have matched."""
    cpu_us: float
    """Of each matcher, for one change."""
    store_cpu_us: float
    memory_mb: float
    """Of the largest matcher."""
    alerts: float
    """Of one change."""
    missing: int
    """Alerts that were expected and not submitted, or submitted and not expected."""


class Matchers:
    """Matchers that work at the same time."""

    def __init__(self, children: Sequence[Child]) -> None:
        self._children = children

    def cpu_seconds(self) -> float:
        """Processor time of all."""
        return sum(one.cpu_seconds() for one in self._children)

    def memory_mb(self) -> float:
        """The memory of the largest one, at most."""
        return max(one.memory_mb(peak=True) for one in self._children)

    def raise_if_ended(self) -> None:
        """Raise if one of them has ended."""
        for one in self._children:
            one.raise_if_ended()


@contextmanager
def matchers(shards: int, settings: dict[str, str]) -> Iterator[Matchers]:
    """A matcher for each shard."""
    with ExitStack() as stack:
        each = settings | {"MATCHER_SHARDS": str(shards)}
        yield Matchers([stack.enter_context(Child(MATCHER, each)) for _ in range(shards)])


def measure(
    store: Store, searches: int, homes: tuple[int, int], shards: Sequence[int], progress: Callable[[str], None]
) -> list[Divided]:
    """Measure one store with each number of shards, one after the other.

    Raises:
        ChildFailed: a process could not be started, or gave up.
    """
    settings = store.fresh()
    markets = [Market(f"Shards{count}", *homes) for count in shards]
    progress(f"{store.title}: filling it with {searches:,} searches")
    expected = fill(settings, searches, markets)["alerts"]
    url, given = settings["DATABASE_URL"], settings | PATIENT | WITHOUT_SMS
    found = []
    with Child(("-m", "benchmarks.serve", "ours"), given) as api:
        port = api.read()["port"]
        for count, market in zip(shards, markets, strict=True):
            progress(f"{store.title}: matching with {count} shards")
            before = alerts_ledger.count_alerts(url)
            send_all(port, market.calls())
            with matchers(count, given) as working:
                done = alerts_ledger.wait_until_matched(
                    url,
                    patience=PATIENCE,
                    costs=lambda: (working.cpu_seconds(), store.cpu_seconds()),
                    check=working.raise_if_ended,
                )
                memory = working.memory_mb()
            alerts = alerts_ledger.count_alerts(url) - before
            cpu, stores = (spent / max(done.numbers, 1) * 1e6 for spent in done.spent)
            found.append(
                Divided(
                    store=store.title,
                    searches=searches,
                    shards=count,
                    per_second=done.numbers / max(done.seconds, 1e-9),
                    cpu_us=cpu / count,
                    store_cpu_us=stores,
                    memory_mb=memory,
                    alerts=alerts / market.records,
                    missing=abs(alerts - expected[market.name]),
                )
            )
    return found

"""How fast digests are made of what was collected, and handed to a provider that takes no time: two numbers of them."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass

from benchmarks import ledger
from benchmarks.children import Child, answer_of
from benchmarks.drain import INSTANT_WORKER, SLOWEST
from benchmarks.limits import AtMost
from benchmarks.stores import Store

DIGESTS = (10_000, 100_000)
QUICK_DIGESTS = (20, 200)
ITEMS = 5
"""Of each digest."""

LONGEST = AtMost(60.0, "{:.0f} s")
"""For the larger number, from the start of the workers' processes until each item has ended."""

MEMORY = AtMost(300.0, "{:.0f} MB")
"""Of one worker."""

LINEAR = AtMost(1.3, "linear")
"""What a digest costs among the larger number, to what it costs among the smaller one."""

_START = 3.0
"""Seconds that a worker takes to start, which are the same for any number."""


@dataclass(frozen=True, slots=True)
class Digested:
    """Digests of one number, made and delivered by two workers."""

    store: str
    digests: int
    items: int
    seconds: float
    """From the start of the workers' processes until the last item has ended."""
    collected_per_second: float
    """How fast the items were accepted, without HTTP."""
    memory_mb: float
    """Of the larger worker, at most."""
    cpu_us: float
    """Microseconds of a processor that the workers took for each digest, their start included."""
    store_cpu_us: float
    doubled: int
    """Digests that the provider got more than once."""
    missing: int
    """Digests that the provider did not get."""
    unsettled: int
    """Items and digests that the store does not hold to be sent."""


def growth(smaller: Digested, larger: Digested) -> float:
    """What a digest costs among many, to what it costs among few."""
    few, many = (max(one.seconds - _START, 0.1) / one.digests for one in (smaller, larger))
    return many / few


def measure(store: Store, numbers: tuple[int, ...], progress: Callable[[str], None]) -> Iterator[Digested]:
    """Make and deliver digests of each of these numbers, with two workers.

    Raises:
        ChildFailed: a process could not be started, or gave up.
    """
    for digests in numbers:
        yield _measure(store, digests, progress)


def _measure(store: Store, digests: int, progress: Callable[[str], None]) -> Digested:
    settings, patience = store.fresh(), 60 + digests * (ITEMS + 1) / SLOWEST
    url = settings["DATABASE_URL"]
    progress(f"{store.title}: collecting for {digests:,} digests")
    collected = answer_of(("-m", "benchmarks.collect", str(digests), str(ITEMS)), settings, patience=patience)
    progress(f"{store.title}: making and delivering them")
    with ExitStack() as stack:
        began, stores = time.monotonic(), store.cpu_seconds()
        given = settings | {"EMAIL_PROVIDER": "instant"}
        children = [stack.enter_context(Child(INSTANT_WORKER, given)) for _ in range(2)]

        def check() -> None:
            for child in children:
                child.raise_if_ended()

        ledger.wait_until_not_collected(url, patience=patience, check=check)
        seconds = time.monotonic() - began
        spent, spent_by_store = sum(one.cpu_seconds() for one in children), store.cpu_seconds() - stores
        memory = max(one.memory_mb(peak=True) for one in children)
        for child in children:
            child.stop()
        reports = [child.read() for child in children]
    messages, distinct = sum(one["messages"] for one in reports), sum(one["distinct"] for one in reports)
    return Digested(
        store=store.title,
        digests=digests,
        items=ITEMS,
        seconds=seconds,
        collected_per_second=collected["notifications"] / collected["seconds"],
        memory_mb=memory,
        cpu_us=spent / digests * 1_000_000,
        store_cpu_us=spent_by_store / digests * 1_000_000,
        doubled=max(messages - digests, messages - distinct),
        missing=max(digests - distinct, 0),
        unsettled=digests * (ITEMS + 1) - ledger.count_by_state(url, channel="email").get("sent", 0),
    )

"""What it costs to find the saved searches that match a listing, beside a plain scan of the same searches.

Speeds are by processor time of one thread, so that other work on the machine does not count.
"""

import asyncio
import gc
import itertools
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt
from sqlalchemy.ext.asyncio import create_async_engine

from benchmarks.limits import AtLeast, AtMost
from benchmarks.matching_load import Load
from benchmarks.matching_scan import Scan
from property_alert_notification.database import table_of
from property_alert_notification.homes.alerts.searches import Searches
from property_alert_notification.homes.criteria.expression import And, Expression, to_json
from property_alert_notification.homes.matching import numba_kernel, numpy_kernel
from property_alert_notification.homes.matching.index import SearchIndex
from property_alert_notification.homes.matching.kernels import Kernel
from property_alert_notification.homes.matching.pack import pack
from property_alert_notification.homes.saved_searches.models import SavedSearchVersion
from property_alert_notification.homes.saved_searches.versions.queries import versions_at

SEARCHES, QUICK_SEARCHES = 1_000_000, 5_000
EVENTS, QUICK_EVENTS = 3_000, 50
SCANS = 60
"""Listings that are also matched by the scan, which is slow; and compared."""

EDITS = 2_000
KERNELS = {"numpy": cast(Kernel, numpy_kernel), "numba": cast(Kernel, numba_kernel)}

RATIO = {"numpy": AtLeast(30, "{:.0f} x"), "numba": AtLeast(90, "{:.0f} x")}
TAIL = AtMost(0.1, "{:.1f} of a scan")
BYTES = AtMost(400, "{:.0f} B")
COLD_START = AtMost(15, "{:.0f} s")
"""For a million."""


@dataclass(frozen=True, slots=True)
class KernelSpeed:
    """One kernel."""

    kernel: str
    per_second: float
    p50_ms: float
    p99_ms: float
    ratio: float
    """To the scan."""


@dataclass(frozen=True, slots=True)
class Matched:
    """One number of searches."""

    searches: int
    events: int
    matches_per_event: float
    scan_ms: float
    wrong: int
    """Pairs of a search and a listing of which the scan and a kernel say different things."""
    cold_start_s: float
    bytes_per_search: float
    put_us: float
    put_p99_us: float
    remove_us: float
    kernels: list[KernelSpeed] = field(default_factory=list)


def measure(searches: int, events: int, progress: Callable[[str], None]) -> Matched:
    """Measure with that many searches."""
    load, scan = Load(), Scan()
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        store = Path(folder) / "searches.db"
        progress(f"Writing {searches:,} searches")
        _write(store, _added(load.searches(searches), scan))
        progress(f"Cold start with {searches:,} searches")
        index, cold_start, size = asyncio.run(_start_cold(store))
    scan.freeze()
    listings = load.listings(events)
    progress(f"Matching {events:,} listings against {searches:,} searches")
    right, scan_times = _scanned(scan, listings[:SCANS])
    scan_ms = float(np.mean(scan_times)) * 1e3
    kernels, counts, wrong = [], 0, 0
    for name, kernel in KERNELS.items():
        index.use(kernel)
        wrong += _count_wrong(index, listings, right)
        times, counts = _timed(index, listings)
        kernels.append(_speed(name, times * 1e3, scan_ms))
    puts, removes = _edit(index, list(load.searches(min(EDITS, searches))), searches)
    return Matched(
        searches=searches,
        events=events,
        matches_per_event=counts / events,
        scan_ms=scan_ms,
        wrong=wrong,
        cold_start_s=cold_start,
        bytes_per_search=size / searches,
        put_us=float(np.mean(puts)) * 1e6,
        put_p99_us=float(np.percentile(puts, 99)) * 1e6,
        remove_us=float(np.mean(removes)) * 1e6,
        kernels=kernels,
    )


def _speed(name: str, times_ms: npt.NDArray[np.float64], scan_ms: float) -> KernelSpeed:
    mean = float(np.mean(times_ms))
    p50, p99 = np.percentile(times_ms, [50, 99])
    return KernelSpeed(name, 1e3 / mean, float(p50), float(p99), scan_ms / mean)


def _added(searches: Iterator[Expression], scan: Scan) -> Iterator[str]:
    for search in searches:
        scan.add(cast(And, search))
        yield to_json(search)


def _write(store: Path, searches: Iterator[str]) -> None:
    """Write rows as the service does, with packed forms, and with an empty value in what the matcher does not read."""
    table = table_of(SavedSearchVersion)
    given = {"version": 1, "person": 1, "from_sequence": 1, "schedule_type": "ASAP", "change_types": "New Listing"}
    names = [column.name for column in table.c]
    empty = [given.get(column.name, None if column.nullable else "") for column in table.c]
    number_at, expression_at, packed_at = map(names.index, ("search_number", "expression", "packed"))
    with closing(sqlite3.connect(store)) as connection:
        connection.execute(f"CREATE TABLE {table.name} ({', '.join(names)}, PRIMARY KEY (search_number, version))")
        rows = ([*empty] for _ in itertools.count())
        connection.executemany(
            f"INSERT INTO {table.name} VALUES ({', '.join('?' * len(names))})",
            (
                _filled(row, {number_at: number, expression_at: text, packed_at: pack(text)})
                for (number, text), row in zip(enumerate(searches), rows, strict=False)
            ),
        )
        connection.commit()


def _filled(row: list[Any], values: dict[int, Any]) -> list[Any]:
    for place, value in values.items():
        row[place] = value
    return row


async def _start_cold(store: Path) -> tuple[SearchIndex, float, int]:
    """An index of all rows, the seconds that took, and by how many bytes this process is larger."""
    gc.collect()
    before, began = _resident(), time.process_time()
    index = SearchIndex(KERNELS["numpy"])
    searches = Searches(index)
    engine = create_async_engine(f"sqlite+aiosqlite:///{store}")
    async with engine.connect() as connection:
        await searches.read(versions_at(connection, 1))
        len(index)
    await engine.dispose()
    took = time.process_time() - began
    gc.collect()
    return index, took, _resident() - before


def _resident() -> int:
    pages = Path("/proc/self/statm").read_text().split()[1]
    return int(pages) * 4096


def _scanned(scan: Scan, listings: Sequence[dict[str, Any]]) -> tuple[list[npt.NDArray[np.int64]], list[float]]:
    found, times = [], []
    for listing in listings:
        began = time.thread_time()
        found.append(scan.match(listing))
        times.append(time.thread_time() - began)
    return found, times


def _count_wrong(index: SearchIndex, listings: Sequence[dict[str, Any]], right: Sequence[npt.NDArray[np.int64]]) -> int:
    return sum(len(np.setxor1d(index.match(listing), found)) for listing, found in zip(listings, right, strict=False))


def _timed(index: SearchIndex, listings: Sequence[dict[str, Any]]) -> tuple[npt.NDArray[np.float64], int]:
    times, matches = np.empty(len(listings)), 0
    for event, listing in enumerate(listings):
        began = time.thread_time()
        matches += len(index.match(listing))
        times[event] = time.thread_time() - began
    return times, matches


def _edit(index: SearchIndex, searches: Sequence[Expression], count: int) -> tuple[list[float], list[float]]:
    """The seconds of each edit of one search, and of each removal."""
    puts, removes = [], []
    for place, search in enumerate(searches):
        number = place * (count // len(searches))
        began = time.thread_time()
        index.put(number, search)
        len(index)  # it waits until the index is asked
        puts.append(time.thread_time() - began)
    for place in range(len(searches)):
        began = time.thread_time()
        index.remove(place * (count // len(searches)))
        removes.append(time.thread_time() - began)
    return puts, removes

"""What changes when a million notifications lie in the store: accepting, reading, delivering, deleting the old ones.

They come in as batches over HTTP, which measures the batch call and the memory of the process that takes them.
Then all of them are declared sent. Every figure is compared with the same one on the empty store, in pairs with a
bare FastAPI handler, so that what else the machine does falls on all of them.
"""

import http.client
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import accept, drain, ledger
from benchmarks.accept import Effort
from benchmarks.children import Child, answer_of
from benchmarks.limits import AtLeast, AtMost
from benchmarks.serve import PATH
from benchmarks.stores import Store
from benchmarks.workload import alerts

ROWS = 1_000_000
QUICK_ROWS = 1_000
AT_ONCE = 1_000
"""Notifications in one batch."""

BATCH = AtLeast(8_000.0, "{:,.0f}/s")
"""Notifications by one connection that sends batches."""
MEMORY = AtMost(50.0, "{:.0f} MB")
"""Growth of the process meanwhile."""
FLAT = AtLeast(0.8, "{:.0%} of the empty one")
"""What is accepted."""
DRAIN_FLAT = AtLeast(0.85, "{:.0%} of the empty one")
"""What a worker delivers."""
DRAINED = 0.02
"""Notifications that it delivers, of the rows."""
READ = AtMost(50.0, "{:.0f} ms")
"""The 99th percentile."""
READERS = 16

_READS = {
    "get": PATH + "{id}",
    "list": PATH + "?limit=20",
    "list of a user": PATH + "?user_id={user}",
    "list of a category": PATH + "?category=listing_alert",
    "list of what was sent": PATH + "?status=sent",
}


@dataclass(frozen=True, slots=True)
class Read:
    """One kind of question, asked by many at once."""

    kind: str
    per_second: float
    p50_ms: float
    p99_ms: float
    failed: int


@dataclass(frozen=True, slots=True)
class History:
    """One store, empty, filled, and while it is emptied."""

    store: str
    rows: int
    batch_per_second: float
    memory_mb: float
    """Growth of the process that accepted them all."""
    empty: float
    """Single POSTs per second, to those of the bare handler; medians of the pairs, over 64 connections."""
    full: float
    deleting: float
    """The same while another process deletes."""
    deleted_per_second: float
    reads: list[Read]
    drain_empty: float
    """Notifications per second that one worker delivers to an instant provider; medians."""
    drain_full: float
    failed: int
    missing: int
    """Notifications that were answered with an id and are not in the store."""


def measure(store: Store, rows: int, effort: Effort, progress: Callable[[str], None]) -> History:
    """Measure one store.

    Raises:
        ChildFailed: a side could not be started, or gave up.
    """
    settings = store.fresh()
    url = settings["DATABASE_URL"]
    key = answer_of(("-m", "benchmarks.fill", "0"), settings, patience=60)["key"]
    with (
        Child(("-m", "benchmarks.serve", "bare")) as bare,
        Child(("-m", "benchmarks.serve", "ours"), settings | accept.PRODUCTION | accept.PATIENT) as ours,
    ):
        ports = bare.read()["port"], ours.read()["port"]
        ask = _Asker(ports, key, effort)
        progress(f"{store.title}: accepting into the empty store")
        empty = ask.pairs()
        before = ledger.count_notifications(url)
        progress(f"{store.title}: {rows:,} notifications in batches of {AT_ONCE:,}")
        accepted, per_second, memory = _fill(ports[1], key, rows, ours)
        missing = accepted - (ledger.count_notifications(url) - before)
        ledger.finish_all(url)
        progress(f"{store.title}: accepting beside {rows:,} finished ones")
        full = ask.pairs()
        progress(f"{store.title}: reading beside {rows:,} finished ones")
        reads = [ask.read(kind, path, ledger.some_ids(url, 1_000)) for kind, path in _READS.items()]
        drain_empty, drain_full = _drain_both(store, settings, round(rows * DRAINED), effort, progress)
        progress(f"{store.title}: accepting while old ones are deleted")
        ledger.finish_all(url)
        deleting, deleted_per_second = _while_deleting(ask, url, settings)
    return History(
        store=store.title,
        rows=rows,
        batch_per_second=per_second,
        memory_mb=memory,
        empty=empty,
        full=full,
        deleting=deleting,
        deleted_per_second=deleted_per_second,
        reads=reads,
        drain_empty=drain_empty,
        drain_full=drain_full,
        failed=ask.failed,
        missing=missing,
    )


class _Asker:
    """Puts load on the bare handler and on ours."""

    def __init__(self, ports: tuple[int, int], key: str, effort: Effort) -> None:
        self._ports = ports
        self._key = key
        self._effort = effort
        self.failed = 0
        self.accepted = 0

    def pairs(self) -> float:
        """How many single POSTs ours answers for one of the bare handler."""
        ratios = []
        for _ in range(self._effort.pairs):
            bare, ours = accept.ask_both(self._ports, self._key, accept.FLOOR_CONNECTIONS, self._effort)
            self.failed += int(bare["failed"] + ours["failed"])
            self.accepted += int(ours["succeeded"])
            ratios.append(ours["requests_per_second"] / bare["requests_per_second"])
        return statistics.median(ratios)

    def read(self, kind: str, path: str, ids: Sequence[str]) -> Read:
        """Ask one kind of question."""
        with tempfile.TemporaryDirectory() as folder:
            paths = Path(folder) / "paths"
            paths.write_text("\n".join(path.format(id=id_, user=place % 1_000 + 1) for place, id_ in enumerate(ids)))
            answers = [accept.ask(self._ports[1], self._key, READERS, self._effort, paths=paths) for _ in range(3)]
        failed = int(sum(answer["failed"] for answer in answers))
        self.failed += failed
        per_second, p50, p99 = (
            statistics.median(answer[name] for answer in answers)
            for name in ("requests_per_second", "p50_ms", "p99_ms")
        )
        return Read(kind, per_second, p50, p99, failed)


def _drain_both(
    store: Store, full: dict[str, str], notifications: int, effort: Effort, progress: Callable[[str], None]
) -> tuple[float, float]:
    """Notifications per second from a store without history, and from this one, in turn."""
    pairs = [
        [drain.measure_again(store, settings, notifications, progress) for settings in (store.fresh(), full)]
        for _ in range(effort.pairs)
    ]
    empty, filled = (statistics.median(speeds) for speeds in zip(*pairs, strict=True))
    return empty, filled


def _fill(port: int, key: str, rows: int, child: Child) -> tuple[int, float, float]:
    """How many got an id, how many per second, and by how many MB the process grew."""
    body = json.dumps({"notifications": list(alerts(min(rows, AT_ONCE)))}).encode()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    accepted = _post(connection, key, body)  # what it needs for the first, it keeps
    memory, began = child.memory_mb(), time.monotonic()
    counted = sum(_post(connection, key, body) for _ in range(rows // AT_ONCE))
    took = time.monotonic() - began
    connection.close()
    return accepted + counted, counted / took, child.memory_mb() - memory


def _post(connection: http.client.HTTPConnection, key: str, body: bytes) -> int:
    headers = {
        "Content-Type": "application/json",
        "Authorization": f"Bearer {key}",
        "Idempotency-Key": f"batch-{time.time_ns()}",
    }
    connection.request("POST", f"{PATH}batch", body, headers)
    answer = json.loads(connection.getresponse().read())
    return sum("id" in result for result in answer["results"])


def _while_deleting(ask: _Asker, url: str, settings: dict[str, str]) -> tuple[float, float]:
    """Ours to the bare handler meanwhile, and how many notifications are deleted in a second."""
    before, accepted = ledger.count_notifications(url), ask.accepted
    with Child(("-m", "benchmarks.forget"), settings) as forgetting:
        forgetting.read()
        began = time.monotonic()
        ratio = ask.pairs()
        took = time.monotonic() - began
    deleted = before + (ask.accepted - accepted) - ledger.count_notifications(url)
    return ratio, deleted / took

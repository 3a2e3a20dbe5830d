"""What a run found: tables for people, JSON for programs."""

import dataclasses
import json
import os
import platform
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks import accept, digests, drain, history, latency, people
from benchmarks.accept import Accepting
from benchmarks.alerts import Alerting
from benchmarks.alerts_burst import Burst
from benchmarks.alerts_shards import Divided
from benchmarks.alerts_table import alerts_table, burst_table, shards_table
from benchmarks.callbacks import CalledBack
from benchmarks.callbacks_table import callbacks_table
from benchmarks.digests import Digested
from benchmarks.drain import Drained, Limit
from benchmarks.history import History
from benchmarks.latency import Latency
from benchmarks.listings import Listed
from benchmarks.listings_table import listings_table
from benchmarks.matching import Matched
from benchmarks.matching_table import matching_table
from benchmarks.people import Deciding
from benchmarks.unaddressed import Unaddressed
from benchmarks.unaddressed_table import unaddressed_table
from benchmarks.webhooks import Told
from benchmarks.webhooks_table import webhooks_table


@dataclass
class Report:
    """Everything that one run measured."""

    machine: dict[str, Any] = field(default_factory=lambda: machine())
    accept: list[Accepting] = field(default_factory=list)
    history: list[History] = field(default_factory=list)
    limits: list[Limit] = field(default_factory=list)
    drain: list[Drained] = field(default_factory=list)
    latency: list[Latency] = field(default_factory=list)
    callbacks: list[CalledBack] = field(default_factory=list)
    webhooks: list[Told] = field(default_factory=list)
    listings: list[Listed] = field(default_factory=list)
    matching: list[Matched] = field(default_factory=list)
    alerts: list[Alerting] = field(default_factory=list)
    bursts: list[Burst] = field(default_factory=list)
    shards: list[Divided] = field(default_factory=list)
    people: list[Deciding] = field(default_factory=list)
    digests: list[Digested] = field(default_factory=list)
    unaddressed: list[Unaddressed] = field(default_factory=list)

    @property
    def is_correct(self) -> bool:
        """Whether every request was answered 200 and stored, and every message arrived once and is known to have."""
        faults = [count for one in self.accept for count in (one.failed, one.not_stored)]
        faults += [count for one in self.history for count in (one.failed, one.missing)]
        faults += [count for one in self.drain for count in (one.duplicates, one.missing, one.unsettled)]
        faults += [count for one in self.latency for count in (one.failed, one.missing, one.doubled)]
        faults += [count for one in self.callbacks for count in (one.failed, one.missing)]
        faults += [count for one in self.webhooks for count in (one.missing, one.doubled)]
        faults += [one.failed for one in self.listings]
        faults += [one.wrong for one in self.matching]
        faults += [count for one in self.alerts for count in (one.missing, one.edited.failed, one.reached.missing)]
        faults += [one.missing for one in self.bursts]
        faults += [one.missing for one in self.shards]
        faults += [one.missing for one in self.people]
        faults += [count for one in self.digests for count in (one.doubled, one.missing, one.unsettled)]
        faults += [count for one in self.unaddressed for count in (one.failed, one.missing)]
        return not any(faults)

    def write(self, path: Path) -> None:
        """Keep it as JSON."""
        path.write_text(json.dumps(dataclasses.asdict(self), indent=2) + "\n")

    def show(self, console: Console) -> None:
        """Print it."""
        console.print("{cpus} processors, Python {python}, {system}, load {load} at the start".format(**self.machine))
        tables = (
            _accept_table(self.accept),
            *map(_history_table, self.history),
            _drain_table(self.drain, self.limits),
            _latency_table(self.latency),
            callbacks_table(self.callbacks),
            webhooks_table(self.webhooks),
            listings_table(self.listings),
            matching_table(self.matching),
            alerts_table(self.alerts),
            burst_table(self.bursts),
            shards_table(self.shards),
            _people_table(self.people),
            _digests_table(self.digests),
            unaddressed_table(self.unaddressed),
        )
        for table in tables:
            if table.row_count:
                console.print(table)
        if not self.is_correct:
            console.print("Requests failed, or messages were lost, doubled or not settled: see above.", style="red")


def machine() -> dict[str, Any]:
    """What the figures depend on, as far as it is known."""
    return {
        "cpus": os.cpu_count(),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "load": round(os.getloadavg()[0], 1),
    }


def _accept_table(results: list[Accepting]) -> Table:
    table = Table(title="POST /api/v1/notifications/, durable before it is answered")
    _add_columns(table, "store", "connections bare/s p99_ms ours/s p50_ms p99_ms ratio CPU_µs limits faults")
    for one in results:
        table.add_row(
            one.store,
            str(one.connections),
            f"{one.bare.requests_per_second:,.0f}",
            f"{one.bare.p99_ms:.1f}",
            f"{one.ours.requests_per_second:,.0f}",
            f"{one.ours.p50_ms:.1f}",
            f"{one.ours.p99_ms:.1f}",
            f"{one.ratio:.1%}",
            f"bare {one.bare.cpu_us:.0f}\nours {one.ours.cpu_us:.0f}\nstore {one.ours.store_cpu_us:.0f}",
            "\n".join(_accept_verdicts(one)),
            str(one.failed + one.not_stored),
        )
    return table


def _accept_verdicts(one: Accepting) -> Iterator[str]:
    if one.connections == accept.FLOOR_CONNECTIONS:
        yield accept.RATIO.verdict(one.ratio)
        yield accept.P99.verdict(one.ours.p99_ms / one.bare.p99_ms)
    if one.connections == 1:
        yield accept.P50.verdict(one.ours.p50_ms)


def _history_table(one: History) -> Table:
    table = Table(title=f"{one.store}, with {one.rows:,} finished notifications")
    _add_columns(table, "figure", "value limit")
    for figure, value, *limit in _history_rows(one):
        table.add_row(figure, value, *limit)
    return table


def _history_rows(one: History) -> Iterator[tuple[str, ...]]:
    yield "accepted in batches", f"{one.batch_per_second:,.0f}/s", history.BATCH.verdict(one.batch_per_second)
    yield "memory grew by", f"{one.memory_mb:.0f} MB", history.MEMORY.verdict(one.memory_mb)
    yield "single POSTs, empty store", f"{one.empty:.1%} of bare"
    yield "single POSTs, full store", f"{one.full:.1%} of bare", history.FLAT.verdict(one.full / one.empty)
    yield "single POSTs while deleting", f"{one.deleting:.1%} of bare", history.FLAT.verdict(one.deleting / one.empty)
    yield "deleted meanwhile", f"{one.deleted_per_second:,.0f}/s"
    yield "delivered, empty store", f"{one.drain_empty:,.0f}/s"
    delivered = history.DRAIN_FLAT.verdict(one.drain_full / one.drain_empty)
    yield "delivered, full store", f"{one.drain_full:,.0f}/s", delivered
    for read in one.reads:
        what = f"{read.kind}, {history.READERS} connections, p99"
        yield what, f"{read.p99_ms:.1f} ms", history.READ.verdict(read.p99_ms)


def _drain_table(results: list[Drained], limits: list[Limit]) -> Table:
    table = Table(title="Notifications delivered by worker processes")
    _add_columns(
        table, "store provider", "workers per_second with_its_start CPU_µs MB limits doubled missing unsettled"
    )
    for limit in limits:
        table.add_row(limit.what, "", "", f"{limit.per_second:,.0f}")
    for one in results:
        speed = drain.FLOORS[one.provider, one.workers].verdict(one.per_second)
        table.add_row(
            one.store,
            one.provider,
            str(one.workers),
            f"{one.per_second:,.0f}",
            f"{one.per_second_from_start:,.0f}",
            f"{one.cpu_us:.0f}\nstore {one.store_cpu_us:.0f}",
            f"{one.memory_mb:.0f}",
            f"{speed}\n{drain.MEMORY.verdict(one.memory_mb)}",
            str(one.duplicates),
            str(one.missing),
            str(one.unsettled),
        )
    return table


def _latency_table(results: list[Latency]) -> Table:
    table = Table(title=f"From the call to the provider, at {latency.RATE:.0f} notifications a second")
    _add_columns(table, "store", "p50_ms p99_ms longest_ms limits failed missing doubled")
    for one in results:
        table.add_row(
            one.store,
            f"{one.p50_ms:.1f}",
            f"{one.p99_ms:.1f}",
            f"{one.longest_ms:.0f}",
            f"{latency.P50.verdict(one.p50_ms)}\n{latency.P99.verdict(one.p99_ms)}",
            str(one.failed),
            str(one.missing),
            str(one.doubled),
        )
    return table


def _people_table(results: list[Deciding]) -> Table:
    table = Table(title=f"Deciding about {people.BATCH:,} messages to as many users, in milliseconds")
    _add_columns(table, "store", "users read_only p50 p95 CPU seen_before statements limits missing")
    for one in results:
        table.add_row(
            one.store,
            f"{one.users:,}",
            f"{one.bare_ms:.1f}",
            f"{one.p50_ms:.1f} ({one.ratio:.1f} x)",
            f"{one.p95_ms:.1f}",
            f"{one.cpu_ms:.1f}",
            f"{one.warm_ms:.1f}",
            str(one.statements),
            f"{people.TIME.verdict(one.p50_ms)}\n{people.STATEMENTS.verdict(one.statements)}",
            str(one.missing),
        )
    return table


def _digests_table(results: list[Digested]) -> Table:
    table = Table(title=f"Digests of {digests.ITEMS} items, made and delivered by two workers")
    _add_columns(table, "store", "digests seconds collected/s MB CPU_µs limits doubled missing unsettled")
    few: dict[str, Digested] = {}
    for one in results:
        smaller = few.setdefault(one.store, one)
        limits = [digests.MEMORY.verdict(one.memory_mb)]
        if smaller is not one:
            limits.append(digests.LONGEST.verdict(one.seconds))
            limits.append(digests.LINEAR.verdict(digests.growth(smaller, one)))
        table.add_row(
            one.store,
            f"{one.digests:,}",
            f"{one.seconds:.1f}",
            f"{one.collected_per_second:,.0f}",
            f"{one.memory_mb:.0f}",
            f"{one.cpu_us:.0f}\nstore {one.store_cpu_us:.0f}",
            "\n".join(limits),
            str(one.doubled),
            str(one.missing),
            str(one.unsettled),
        )
    return table


def _add_columns(table: Table, left: str, right: str) -> None:
    """Add a column for each heading, aligned on the left or on the right; `_` stands for a space."""
    for heading in left.split():
        table.add_column(heading.replace("_", " "))
    for heading in right.split():
        table.add_column(heading.replace("_", " "), justify="right")

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

from benchmarks import accept, drain, history
from benchmarks.accept import Accepting
from benchmarks.drain import Drained, HandedOver
from benchmarks.history import History


@dataclass
class Report:
    """Everything that one run measured."""

    machine: dict[str, Any] = field(default_factory=lambda: machine())
    accept: list[Accepting] = field(default_factory=list)
    history: list[History] = field(default_factory=list)
    smtp_limit: HandedOver | None = None
    drain: list[Drained] = field(default_factory=list)

    @property
    def is_correct(self) -> bool:
        """Whether every request was answered 200 and stored, and every message arrived once and is known to have."""
        faults = [count for one in self.accept for count in (one.failed, one.not_stored)]
        faults += [count for one in self.history for count in (one.failed, one.missing)]
        faults += [count for one in self.drain for count in (one.duplicates, one.missing, one.unsettled)]
        return not any(faults)

    def write(self, path: Path) -> None:
        """Keep it as JSON."""
        path.write_text(json.dumps(dataclasses.asdict(self), indent=2) + "\n")

    def show(self, console: Console) -> None:
        """Print it."""
        console.print("{cpus} processors, Python {python}, {system}, load {load} at the start".format(**self.machine))
        if self.accept:
            console.print(_accept_table(self.accept))
        for one in self.history:
            console.print(_history_table(one))
        if self.drain:
            console.print(_drain_table(self.drain, self.smtp_limit))
        if not self.is_correct:
            console.print("Requests failed, or messages were lost, doubled or not settled: see above.", style="red")


def machine() -> dict[str, Any]:
    """What the figures depend on, as far as it can be told."""
    return {
        "cpus": os.cpu_count(),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "load": round(os.getloadavg()[0], 1),
    }


def _accept_table(results: list[Accepting]) -> Table:
    table = Table(title="POST /api/v1/notifications/, durable before it is answered")
    headings = ("store", "connections", "bare/s", "p99 ms", "ours/s", "p50 ms", "p99 ms", "ratio", "limits", "faults")
    for heading in headings:
        table.add_column(heading, justify="left" if heading == "store" else "right")
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
            "\n".join(_accept_verdicts(one)),
            str(one.failed + one.not_stored),
        )
    return table


def _accept_verdicts(one: Accepting) -> Iterator[str]:
    if one.connections == accept.FLOOR_CONNECTIONS:
        yield _verdict(one.ratio >= accept.FLOOR, f"{accept.FLOOR:.0%}")
        ceiling = accept.P99_CEILING
        yield _verdict(one.ours.p99_ms <= ceiling * one.bare.p99_ms, f"p99 {ceiling:.0f} x bare")
    if one.connections == 1:
        yield _verdict(one.ours.p50_ms <= accept.P50_CEILING, f"p50 {accept.P50_CEILING:.0f} ms")


def _history_table(one: History) -> Table:
    table = Table(title=f"{one.store}, with {one.rows:,} finished notifications")
    for heading in ("figure", "value", "limit"):
        table.add_column(heading, justify="left" if heading == "figure" else "right")
    for figure, value, is_met, limit in _history_rows(one):
        table.add_row(figure, value, limit and _verdict(is_met, limit))
    return table


def _history_rows(one: History) -> Iterator[tuple[str, str, bool, str]]:
    yield "accepted in batches", f"{one.batch_per_second:,.0f}/s", *_at_least(one.batch_per_second, history.BATCH_FLOOR)
    yield "memory grew by", f"{one.memory_mb:.0f} MB", *_at_most(one.memory_mb, history.MEMORY_CEILING)
    yield "single POSTs, empty store", f"{one.empty:.1%} of bare", True, ""
    yield "single POSTs, full store", f"{one.full:.1%} of bare", *_at_least(one.full / one.empty, history.FLAT)
    flat = _at_least(one.deleting / one.empty, history.FLAT)
    yield "single POSTs while deleting", f"{one.deleting:.1%} of bare", *flat
    yield "deleted meanwhile", f"{one.deleted_per_second:,.0f}/s", True, ""
    for read in one.reads:
        ceiling = _at_most(read.p99_ms, history.READ_CEILING)
        yield f"{read.kind}, {history.READERS} connections, p99", f"{read.p99_ms:.1f} ms", *ceiling


def _at_least(value: float, limit: float) -> tuple[bool, str]:
    return value >= limit, f"{limit:,.0f}/s" if limit > 1 else f"{limit:.0%} of the empty one"


def _at_most(value: float, limit: float) -> tuple[bool, str]:
    return value <= limit, f"{limit:,.0f}"


def _drain_table(results: list[Drained], limit: HandedOver | None) -> Table:
    table = Table(title="Notifications delivered by one worker process")
    headings = ("store", "provider", "per second", "with its start", "floor", "doubled", "missing", "unsettled")
    for heading in headings:
        table.add_column(heading, justify="left" if heading in ("store", "provider") else "right")
    if limit is not None:
        table.add_row("the SMTP library alone", "smtp", f"{limit.per_second:,.0f}")
    for one in results:
        table.add_row(
            one.store,
            one.provider,
            f"{one.per_second:,.0f}",
            f"{one.per_second_from_start:,.0f}",
            _verdict(one.per_second >= drain.FLOOR, f"{drain.FLOOR:,.0f}"),
            str(one.duplicates),
            str(one.missing),
            str(one.unsettled),
        )
    return table


def _verdict(is_met: bool, floor: str) -> str:
    return f"[green]{floor} met[/]" if is_met else f"[red]{floor} not met[/]"

"""The tables of alerts, for people."""

from collections.abc import Iterator, Sequence

from rich.table import Table

from benchmarks import alerts_burst, alerts_edits, alerts_latency
from benchmarks.alerts import Alerting
from benchmarks.alerts_burst import Burst
from benchmarks.alerts_shards import Divided


def alerts_table(results: Sequence[Alerting]) -> Table:
    """A few rows for each store."""
    table = Table(title="From the event of a listing to the alert")
    table.add_column("store")
    for heading in ("figure", "value", "limit"):
        table.add_column(heading, justify="left" if heading == "figure" else "right")
    for one in results:
        for place, row in enumerate(_rows(one)):
            table.add_row(f"{one.store}\n{one.searches:,} searches" if place == 0 else "", *row)
    return table


def _rows(one: Alerting) -> Iterator[tuple[str, ...]]:
    yield "scan of all searches with numpy", f"{1e3 / one.scan_ms:,.0f}/s ({one.scan_ms:.1f} ms)"
    for speed in one.speeds:
        yield (
            f"{speed.case}: changes a second",
            f"{speed.per_second:,.0f} ({speed.per_second * one.scan_ms / 1e3:.1f} x the scan)",
            speed.goal(one.store, one.scan_ms).verdict(speed.per_second),
        )
        yield f"{speed.case}: CPU of matcher, store", f"{speed.cpu_us:,.0f}, {speed.store_cpu_us:,.0f} µs"
        if speed.alerts:
            yield (
                f"{speed.case}: alerts of a change, a second",
                f"{speed.alerts:.1f}, {speed.alerts * speed.per_second:,.0f}",
            )
    yield "memory of the matcher, at most", f"{one.matcher_mb:,.0f} MB"
    edited, reached = one.edited, one.reached
    for what, p50, p99 in (
        ("save", edited.create_p50_ms, edited.create_p99_ms),
        ("change", edited.change_p50_ms, edited.change_p99_ms),
    ):
        yield f"{what} a search, p50 and p99", f"{p50:.1f}, {p99:.1f} ms", alerts_edits.P99.verdict(p99)
    yield "either, CPU of the API", f"{edited.cpu_ms:.1f} ms"
    yield "seen by the matcher within", f"{edited.seen_s:.2f} s", alerts_edits.SEEN.verdict(edited.seen_s)
    yield (
        f"{alerts_latency.RATE:.0f} events a second to the provider, p50, p99, longest",
        f"{reached.p50_s:.2f}, {reached.p99_s:.2f}, {reached.longest_s:.2f} s ({reached.alerts:,} alerts)",
        alerts_latency.P99.verdict(reached.p99_s),
    )
    yield "faults", str(one.missing + edited.failed + reached.missing)


def burst_table(results: Sequence[Burst]) -> Table:
    """One row for each store."""
    table = Table(title="A burst of updates of listings, and urgent notifications meanwhile")
    table.add_column("store")
    for heading in ("searches", "updates", "alerts", "accepted, matched, sent", "urgent at most", "limit", "faults"):
        table.add_column(heading, justify="right")
    for one in results:
        table.add_row(
            one.store,
            f"{one.searches:,}",
            f"{one.updates:,}",
            f"{one.alerts:,}",
            f"{one.accepted_s:.0f}, {one.matched_s:.0f}, {one.sent_s:.0f} s",
            f"{one.urgent_s:.2f} s",
            alerts_burst.LONGEST.verdict(one.urgent_s),
            str(one.missing),
        )
    return table


def shards_table(results: Sequence[Divided]) -> Table:
    """One row for each number of shards."""
    table = Table(title="Several matchers at the same time, each for its users")
    table.add_column("store")
    for heading in (
        "searches",
        "shards",
        "changes a second",
        "CPU of each, store",
        "memory of each",
        "alerts",
        "faults",
    ):
        table.add_column(heading, justify="right")
    for one in results:
        table.add_row(
            one.store,
            f"{one.searches:,}",
            str(one.shards),
            f"{one.per_second:,.0f}",
            f"{one.cpu_us:,.0f}, {one.store_cpu_us:,.0f} µs",
            f"{one.memory_mb:,.0f} MB",
            f"{one.alerts:.1f}",
            str(one.missing),
        )
    return table

"""The table of callbacks, for people."""

from collections.abc import Sequence

from rich.table import Table

from benchmarks.callbacks import P99, RATE, CalledBack


def callbacks_table(results: Sequence[CalledBack]) -> Table:
    """One row for each store."""
    table = Table(title=f"{RATE:,} callbacks of a provider a second, durable before they are answered")
    table.add_column("store")
    for heading in ("answered/s", "p50 ms", "p99 ms", "longest ms", "CPU µs", "accepts/s", "limits", "faults"):
        table.add_column(heading, justify="right")
    for one in results:
        own, stores = one.cpu_us / one.accept_cpu_us, one.store_cpu_us
        table.add_row(
            one.store,
            f"{one.per_second:,.0f}",
            f"{one.p50_ms:.1f}",
            f"{one.p99_ms:.0f}",
            f"{one.longest_ms:.0f}",
            f"{one.cpu_us:.0f} ({own:.1f} x accept)\nstore {stores:.0f}\nboth {one.ratio:.1f} x accept",
            f"{one.accepted_per_second:,.0f}",
            P99.verdict(one.p99_ms),
            str(one.failed + one.missing),
        )
    return table

"""The table of listing events, for people."""

from collections.abc import Sequence

from rich.table import Table

from benchmarks.listings import BATCH, FLOOR, Listed


def listings_table(results: Sequence[Listed]) -> Table:
    """One row for each store."""
    table = Table(title=f"POST /api/v1/listing-events, {BATCH} records a call, durable before it is answered")
    table.add_column("store")
    for heading in ("records", "accepted/s", "CPU µs", "limits", "faults"):
        table.add_column(heading, justify="right")
    for one in results:
        verdict = FLOOR.verdict(one.per_second)
        rate = f"{one.per_second:,.0f}"
        table.add_row(one.store, f"{one.records:,}", rate, f"{one.cpu_us:.0f}", verdict, str(one.failed))
    return table

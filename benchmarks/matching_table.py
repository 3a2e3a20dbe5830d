"""The table of matching, for people."""

from collections.abc import Iterator, Sequence

from rich.table import Table

from benchmarks.matching import BYTES, COLD_START, RATIO, SEARCHES, TAIL, Matched


def matching_table(results: Sequence[Matched]) -> Table:
    """A few rows for each number of searches."""
    table = Table(title="Finding the saved searches that match a listing, on one thread")
    table.add_column("searches")
    for heading in ("figure", "value", "limit"):
        table.add_column(heading, justify="left" if heading == "figure" else "right")
    for one in results:
        for place, row in enumerate(_rows(one)):
            table.add_row(f"{one.searches:,}" if place == 0 else "", *row)
    return table


def _rows(one: Matched) -> Iterator[tuple[str, ...]]:
    yield "matches an event", f"{one.matches_per_event:.0f}"
    yield "scan of all searches with numpy", f"{1e3 / one.scan_ms:,.0f}/s ({one.scan_ms:.1f} ms)"
    for kernel in one.kernels:
        yield (
            f"{kernel.kernel}: events a second",
            f"{kernel.per_second:,.0f} ({kernel.ratio:.0f} x the scan)",
            RATIO[kernel.kernel].verdict(kernel.ratio),
        )
        yield (
            f"{kernel.kernel}: p50, p99",
            f"{kernel.p50_ms:.2f}, {kernel.p99_ms:.2f} ms",
            TAIL.verdict(kernel.p99_ms / one.scan_ms),
        )
    yield "memory for each search", f"{one.bytes_per_search:.0f} B", BYTES.verdict(one.bytes_per_search)
    cold = COLD_START.verdict(one.cold_start_s) if one.searches == SEARCHES else ""
    yield "cold start from rows", f"{one.cold_start_s:.1f} s", cold
    yield "edit of a search, mean and p99", f"{one.put_us:.0f}, {one.put_p99_us:.0f} µs"
    yield "removal of a search", f"{one.remove_us:.1f} µs"
    yield "wrong", str(one.wrong)

"""The table of notifications without addresses, for people."""

from collections.abc import Sequence

from rich.table import Table

from benchmarks.unaddressed import FLOOR, RATE, Unaddressed, rate_with_addresses


def unaddressed_table(results: Sequence[Unaddressed]) -> Table:
    """One row for each case; its rate is beside that of notifications with addresses on the same store."""
    table = Table(title=f"{RATE:,} notifications a second without addresses, by what the User service does")
    headings = (
        "store",
        "case",
        "accepted/s",
        "ratio",
        "p50 ms",
        "p99 ms",
        "asked",
        "all sent after, s",
        "limits",
        "faults",
    )
    for heading in headings:
        table.add_column(heading, justify="left" if heading in ("store", "case") else "right")
    for one in results:
        ratio = one.accepted_per_second / rate_with_addresses(results, one.store)
        table.add_row(
            one.store,
            one.case,
            f"{one.accepted_per_second:,.0f}",
            f"{ratio:.0%}",
            f"{one.p50_ms:.1f}",
            f"{one.p99_ms:.0f}",
            f"{one.asked:,}",
            f"{one.sent_after:.1f}",
            f"[green]{FLOOR:.0%} met[/]" if ratio >= FLOOR else f"[red]{FLOOR:.0%} not met[/]",
            str(one.failed + one.missing),
        )
    return table

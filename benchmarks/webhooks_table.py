"""The table of webhooks, for people."""

import statistics
from collections.abc import Iterator, Sequence

from rich.table import Table

from benchmarks.webhooks import GOAL, RECORDED, Told


def webhooks_table(results: Sequence[Told]) -> Table:
    """One row for each store."""
    table = Table(title="Webhooks, each signed, called and settled")
    table.add_column("store")
    headings = ("HTTP client/s", "alone/s", "CPU µs", "beside/s", "messages/s", "recording", "limits", "faults")
    for heading in headings:
        table.add_column(heading, justify="right")
    for one in results:
        table.add_row(
            one.store,
            f"{one.limit_per_second:,.0f}",
            f"{one.alone_per_second:,.0f} ({one.ratio:.0%})",
            f"HTTP client {one.limit_cpu_us:.0f}\nworker {one.alone_cpu_us:.0f}\nstore {one.alone_store_cpu_us:.0f}",
            f"{one.beside_per_second:,.0f}",
            f"{one.messages_per_second:,.0f}",
            " ".join(f"{ratio:.2f} x" for ratio in one.recorded),
            "\n".join(_verdicts(one)),
            str(one.missing + one.doubled),
        )
    return table


def _verdicts(one: Told) -> Iterator[str]:
    yield GOAL.verdict(one.beside_per_second)
    if one.recorded:
        yield RECORDED.verdict(statistics.median(one.recorded))

"""Counts the damaged rows of the store that this process left out."""

from collections import Counter
from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

LEFT_OUT = Counter[str]()
"""How often, by the event in the log."""


class DamagedRows(Collector):
    """The same, as Prometheus reads it."""

    def collect(self) -> Iterator[Metric]:
        """One counter, with a label for what the rows are."""
        found = CounterMetricFamily(
            "property_alerts_damaged_rows",
            "Damaged rows of the store that this process left out, by the event in the log.",
            labels=["event"],
        )
        for event, count in sorted(LEFT_OUT.items()):
            found.add_metric([event], count)
        yield found

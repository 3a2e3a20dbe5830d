"""How many requests were answered, and how long each took, by route and status.

A collector of our own: to count and time one request takes it half as long as the library takes to count it, which
locks for each step.
"""

from bisect import bisect_left
from collections.abc import Iterator
from itertools import accumulate

from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Seconds."""

_BOUNDS = [*map(str, BUCKETS), "+Inf"]


class Series:
    """The requests of one method, route and status. Only the event loop counts in it."""

    __slots__ = ("_counts", "seconds")

    def __init__(self) -> None:
        self._counts = [0] * len(_BOUNDS)
        self.seconds = 0.0
        """Of all of them together."""

    def observe(self, seconds: float) -> None:
        """Count one request that took so long."""
        self._counts[bisect_left(BUCKETS, seconds)] += 1
        self.seconds += seconds

    @property
    def counts(self) -> list[int]:
        """How many requests fell into each bucket and into no smaller one."""
        return self._counts


class RequestTimes(Collector):
    """Every series of a process, as Prometheus reads them."""

    def __init__(self) -> None:
        self._series: dict[tuple[str, str, int], Series] = {}

    def series(self, method: str, route: str, status: int) -> Series:
        """Where a request is counted; `route` is the template of its path."""
        return self._series.setdefault((method, route, status), Series())

    def collect(self) -> Iterator[Metric]:
        """The number of requests by exact status, their times by class of status."""
        requests = CounterMetricFamily(
            "property_alerts_http_requests", "Requests answered.", labels=["method", "route", "status"]
        )
        merged: dict[tuple[str, str, str], tuple[list[int], float]] = {}
        for (method, route, status), series in self._series.items():
            requests.add_metric([method, route, str(status)], sum(series.counts))
            labels = method, route, f"{status // 100}xx"
            counts, seconds = merged.get(labels, ([0] * len(_BOUNDS), 0.0))
            counts = [one + other for one, other in zip(counts, series.counts, strict=True)]
            merged[labels] = counts, seconds + series.seconds
        yield requests
        yield _times(merged)


def _times(merged: dict[tuple[str, str, str], tuple[list[int], float]]) -> HistogramMetricFamily:
    times = HistogramMetricFamily(
        "property_alerts_http_request_seconds",
        "From the head of a request until its answer begins.",
        labels=["method", "route", "status"],
    )
    for labels, (counts, seconds) in merged.items():
        buckets = list(zip(_BOUNDS, map(float, accumulate(counts)), strict=True))
        times.add_metric(labels, buckets, sum_value=seconds)
    return times

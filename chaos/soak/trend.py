"""Whether a gauge grows: the second half of a run against the first. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median, quantiles

WARM_UP = 0.2
"""Share of a run in which caches fill and pools open; it does not count."""

TOLERANCE = 0.1
"""Share by which the second half may lie above the first."""

SLACK = {"memory, MB": 4.0, "open files": 4.0, "connections": 2.0, "WAL, MB": 32.0}
"""How much it may, besides: what comes and goes with the noise."""


@dataclass(frozen=True, slots=True)
class Trend:
    """What one gauge did."""

    gauge: str
    first: float
    """The median of the first half, after the warm-up."""
    second: float
    high: float
    """What nine tenths of the second half stayed below."""
    most: float
    limit: float
    """What `high` may be."""

    @property
    def grows(self) -> bool:
        """Whether the second half lies above the first by more than noise."""
        return self.high > self.limit


def trend(gauge: str, values: Sequence[float]) -> Trend:
    """Compare the halves by what nine tenths of each stay below, which a few outliers do not move.

    Raises:
        ValueError: there are too few values to tell.
    """
    steady = values[int(len(values) * WARM_UP) :]
    half = len(steady) // 2
    if half < MOMENTS:
        raise ValueError(f"{gauge}: {len(values)} values say nothing")
    first, second = steady[:half], steady[half:]
    limit = _high(first) * (1 + TOLERANCE) + SLACK[gauge.partition(": ")[2]]
    return Trend(gauge, median(first), median(second), _high(second), max(values), limit)


MOMENTS = 5
"""Values of each half, at least."""


def _high(values: Sequence[float]) -> float:
    return quantiles(values, n=10)[-1]

"""The clock of the scenario, which stands still until it is told to go on."""

from datetime import UTC, datetime, timedelta

from property_alert_notification.base.clock import Clock

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class ScenarioClock(Clock):
    """Every part of every process has this one: two weeks pass in jumps."""

    def __init__(self, start: datetime) -> None:
        super().__init__()
        self._start = start
        self.moment = start

    def machine_time(self) -> int:
        return (self.moment - _EPOCH) // timedelta(microseconds=1) * 1000

    def monotonic(self) -> float:
        """Breakers and leases live through the two weeks, too; calls and waits take real time."""
        return super().monotonic() + (self.moment - self._start).total_seconds()

    def jitter(self) -> float:
        return 0.0

    def follow(self, store_time: datetime, *, asked_at: int, answered_at: int) -> float:
        """The store's own clock does not count here."""
        return 0.0

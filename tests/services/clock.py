"""The time of tests, which is the same whenever they run."""

from datetime import UTC, datetime, timedelta

from property_alert_notification.base.clock import Clock

BEGIN = datetime(2026, 12, 2, 21, 5, tzinfo=UTC)
"""When the tests of a process begin: a Wednesday. It is day in all of the United States, and evening in Berlin.

No hour of digests, no quiet hours, no law and no new day begin in the next fifty minutes in any zone that tests name.
"""

_BEGIN = (BEGIN - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) * 1000
_BEGAN = Clock().steady()


class SameDay(Clock):
    """Goes on like any clock, but begins at `BEGIN`, so that the hour, weekday and date of a run change no outcome.

    All of them in a process show the same time. What runs in a process of its own has the time of the machine.
    """

    def machine_time(self) -> int:
        return _BEGIN + self.steady() - _BEGAN

    def follow(self, store_time: datetime, *, asked_at: int, answered_at: int) -> float:
        """The store's own clock does not count here."""
        return 0.0

    @property
    def follows(self) -> bool:
        """So no store is asked for its time."""
        return True

"""The rate of a caller: a number of calls per second, minute, hour or day. Pure."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_PERIODS = {"s": 1, "min": 60, "h": 3_600, "day": 86_400}
_FORM = re.compile(r"([1-9][0-9]{0,8})/(s|min|h|day)")


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `limit` in each window of `period` seconds."""

    limit: int
    period: int

    def __str__(self) -> str:
        """The written form, such as `100/min`."""
        unit = next((name for name, seconds in _PERIODS.items() if seconds == self.period), f"{self.period}s")
        return f"{self.limit}/{unit}"

    def window(self, now: datetime) -> tuple[datetime, datetime]:
        """Start and end of the window that `now` lies in; windows are aligned to the period, in UTC."""
        start = datetime.fromtimestamp(now.timestamp() // self.period * self.period, UTC)
        return start, start + timedelta(seconds=self.period)


def parse_rate(text: str) -> Rate:
    """Read `100/min`.

    Raises:
        ValueError: it is not a rate; the text has an example.
    """
    parts = _FORM.fullmatch(text)
    if parts is None:
        raise ValueError("must be a number per s, min, h or day. Example: 100/min")
    return Rate(int(parts[1]), _PERIODS[parts[2]])

"""Spreads the messages to one provider evenly over each second. Pure."""


class Pace:
    """When each next message may begin."""

    def __init__(self, per_second: float | None) -> None:
        """None is at once."""
        self._gap = 0.0 if per_second is None else 1 / per_second
        self._next = float("-inf")

    def wait(self, now: float) -> float:
        """Seconds that the message has to wait whose turn it is; the next one follows a gap later."""
        begins = max(now, self._next)
        self._next = begins + self._gap
        return begins - now

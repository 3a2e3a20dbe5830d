"""Learns how many connections a server accepts from those it refuses. Pure.

When the server refuses a connection while others of ours work, those others are as many as it takes. After
`FIRST_PAUSE` one more is tried; each refusal doubles that pause, up to `LONGEST_PAUSE`, and a connection that is
taken brings it back. When none works any more, nothing is known: the server itself may have been down.

Instants are seconds on a clock that never runs backwards.
"""

FIRST_PAUSE = 5.0
LONGEST_PAUSE = 300.0


class ConnectionLimit:
    """The connections that one server takes from this worker."""

    def __init__(self, most: int) -> None:
        """`most` is what the settings allow."""
        self._most = most
        self._taken = most
        self._pause = FIRST_PAUSE
        self._more_at = float("-inf")

    def at(self, now: float) -> int:
        """How many may be open at this moment."""
        if self._taken < self._most and now >= self._more_at:
            return self._taken + 1
        return self._taken

    def refused(self, working: int, now: float) -> None:
        """The server refused a connection while `working` others of ours, at least one, worked."""
        known = self._taken < self._most
        if known and now < self._more_at and working >= self._taken:
            return  # this connection was begun before the limit was learned
        self._pause = min(self._pause * 2, LONGEST_PAUSE) if known else FIRST_PAUSE
        self._taken = max(1, min(working, self._most))
        self._more_at = now + self._pause

    def taken(self, working: int, now: float) -> None:
        """The server took a connection, and `working` of ours work now."""
        if working > self._taken:
            self._taken = min(working, self._most)
            self._pause = FIRST_PAUSE
            self._more_at = now + self._pause

    def forget(self) -> None:
        """None works any more."""
        self._taken, self._pause, self._more_at = self._most, FIRST_PAUSE, float("-inf")

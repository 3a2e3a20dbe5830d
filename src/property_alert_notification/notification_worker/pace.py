"""Spreads the messages to one provider over time, and learns its rate. Pure.

While nothing is known messages begin at once; `account_rate` keeps a rate that is set. A provider that says that it is
given too much teaches a rate:

- The first time, the messages that it took in the last second are the rate; it doubles every half second, until the
  provider says so again. From then on each such answer lowers the rate to `CUT` of it. Near the rate of the last answer
  it grows slowly; far below or above it, where the provider said nothing, it doubles every half second.
- Nothing begins for a moment after such an answer: for a tenth of the time since the provider last took a message, so
  that a limit by the minute or by the day loses at most that tenth.
- Answers to messages that began before the last cut teach nothing new.

Instants are seconds on a clock that never runs backwards.
"""

import math
from collections import deque

CUT = 0.93
GROWTH = 1.03
FAST_GROWTH = 4.0
"""How the rate changes: at each answer, in a second near the rate of the last answer, and in a second elsewhere."""

NEAR = (0.8, 1.25)
"""Of the rate of the last answer."""

LOWEST_RATE = 0.1
UNLIMITED = 1_000.0
"""Messages per second from which a learned rate is none any more."""

SHORTEST_HOLD = 0.1
LONGEST_HOLD = 300.0
HOLD_SHARE = 0.1

SMALLEST_GAP_IN_DOUBT = 0.05
"""Seconds between two messages while the provider has taken none since it was given too much."""

_REMEMBERED = 512


class Pace:
    """When each next message may begin."""

    def __init__(self) -> None:
        self._learned: float | None = None
        self._answered_at = 0.0
        """The rate at which the provider last throttled."""
        self._fast = True
        self._next = float("-inf")
        self._cut_at = float("-inf")
        self._lowered_at = float("-inf")
        self._grown_at = float("-inf")
        self._well_at: float | None = None
        self._in_doubt = False
        self._taken: deque[float] = deque(maxlen=_REMEMBERED)

    @property
    def per_second(self) -> float | None:
        """The rate that was learned."""
        return self._learned

    def wait(self, now: float) -> float:
        """Seconds until the next message may begin; a rate or a pause that is learned meanwhile changes that."""
        return max(0.0, self._next - now)

    def begin(self, now: float) -> None:
        """A message begins; the next one follows a gap later."""
        self._next = max(now, self._next) + self._gap()

    def well(self, now: float) -> None:
        """The provider took a message."""
        self._taken.append(now)
        self._well_at = now
        self._in_doubt = False
        if self._learned is None:
            return
        low, high = (share * self._answered_at for share in NEAR)
        growth = GROWTH if not self._fast and low < self._learned < high else FAST_GROWTH
        self._learned *= growth ** min(max(now - self._grown_at, 0.0), 1.0)
        self._grown_at = now
        if self._learned > UNLIMITED:
            self._learned, self._fast = None, True

    def throttled(self, began_at: float, now: float) -> float:
        """The provider was given too much by the message that began then; returns for how long nothing begins."""
        if began_at < self._cut_at:
            return self.wait(now)
        if self._learned is None:
            self._learned = max(self._taken_in_a_second(now) * CUT, 1.0)
        elif not self._in_doubt:  # it has taken some since the last cut
            self._answered_at = self._learned
            # A rate that grew slowly is nearly right, unless the provider takes far less than it did.
            is_old = now - self._lowered_at >= 1 and not self._fast
            most = 2 * self._taken_in_a_second(now) + 1 if is_old else math.inf
            self._learned = max(min(self._learned * CUT, most), LOWEST_RATE)
            self._fast, self._lowered_at = False, now
        if self._well_at is None:
            self._well_at = now
        hold = min(max(SHORTEST_HOLD, HOLD_SHARE * (now - self._well_at)), LONGEST_HOLD)
        self._in_doubt = True
        self._cut_at = self._grown_at = now
        self._next = max(self._next, now + hold)
        return hold

    def _gap(self) -> float:
        rate = self.per_second
        gap = 0.0 if rate is None else 1 / rate
        return max(gap, SMALLEST_GAP_IN_DOUBT) if self._in_doubt else gap

    def _taken_in_a_second(self, now: float) -> float:
        recent = sum(taken > now - 1 for taken in self._taken)
        if recent < _REMEMBERED:
            return float(recent)
        return recent / max(now - self._taken[0], 0.001)

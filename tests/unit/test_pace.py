"""How fast a provider is given messages."""

import math
from collections import deque
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from property_alert_notification.notification_worker.pace import Pace


def test_without_a_limit_nobody_waits() -> None:
    pace = Pace(None)

    assert [begin(pace, 0) for _ in range(1_000)] == [0] * 1_000


def test_a_crowd_is_spread_evenly() -> None:
    pace = Pace(4)

    assert [begin(pace, 10) for _ in range(5)] == [0, 0.25, 0.5, 0.75, 1]


def test_whoever_comes_late_does_not_wait_and_saved_nothing_up() -> None:
    pace = Pace(4)
    begin(pace, 0)

    assert [begin(pace, 100) for _ in range(2)] == [0, 0.25]


@given(st.floats(0.1, 1_000), st.lists(st.floats(0, 5), min_size=1, max_size=200))
def test_no_second_sees_more_than_its_share(per_second: float, gaps: list[float]) -> None:
    pace, now, begun = Pace(per_second), 0.0, []
    for gap in gaps:
        now += gap
        begun.append(now + begin(pace, now))

    for first in range(len(begun)):
        in_a_second = sum(begun[first] <= start < begun[first] + 1 for start in begun)
        assert in_a_second <= math.ceil(per_second) + 1


ROUND_TRIP = 0.005


def begin(pace: Pace, now: float) -> float:
    """The seconds that one message waits, which then begins."""
    wait = pace.wait(now)
    pace.begin(now + wait)
    return wait


def drive(pace: Pace, takes: Callable[[float], bool], until: float, since: float = 0.0) -> None:
    """Let eight senders send as fast as the pace allows, until that moment on a clock of their own."""
    ready, on_the_wire, now = 8, deque[float](), since
    while now < until:
        begins = now + pace.wait(now) if ready else math.inf
        ends = on_the_wire[0] + ROUND_TRIP if on_the_wire else math.inf
        now = min(begins, ends)
        if begins < ends:
            pace.begin(now)
            on_the_wire.append(now)
            ready -= 1
            continue
        began_at = on_the_wire.popleft()
        ready += 1
        if takes(began_at):
            pace.well(now)
        else:
            pace.throttled(began_at, now)


class Limiter:
    """A server that takes `most` messages in each window of so many seconds, or a message each `gap`."""

    def __init__(self, most: int, window: float, *, sliding: bool) -> None:
        self.taken: list[float] = []
        self._most, self._window, self._sliding = most, window, sliding

    def __call__(self, at: float) -> bool:
        since = at - self._window if self._sliding else at // self._window * self._window
        if sum(taken >= since for taken in self.taken[-self._most :]) >= self._most:
            return False
        self.taken.append(at)
        return True


@pytest.mark.parametrize("sliding", [True, False], ids=["sliding", "fixed"])
@pytest.mark.parametrize(("most", "window"), [(1, 0.05), (20, 1), (5, 1), (60, 60), (30, 10), (1, 2), (100, 1)])
def test_a_limit_of_the_provider_is_used_to_four_fifths(most: int, window: float, sliding: bool) -> None:
    pace, limiter = Pace(None), Limiter(most, window, sliding=sliding)
    seconds = max(30.0, 4 * window)

    drive(pace, limiter, seconds)

    assert len(limiter.taken) >= 0.8 * most / window * seconds


def test_a_quota_that_is_used_up_is_asked_for_ever_more_rarely() -> None:
    pace, now, asked = Pace(None), 0.0, 0
    while now < 86_400:
        now += max(pace.throttled(now, now), 0.01)
        asked += 1
    assert asked < 500


def test_what_began_before_a_cut_teaches_nothing_new() -> None:
    pace = Pace(None)
    for _ in range(100):
        pace.well(now=1)
    pace.throttled(began_at=1, now=1.1)
    before = pace.per_second

    for _ in range(7):
        pace.throttled(began_at=1, now=1.15)

    assert pace.per_second == before


def test_what_is_learned_never_exceeds_what_is_set() -> None:
    pace = Pace(4)
    pace.throttled(began_at=0, now=0)
    for second in range(1, 60):
        pace.well(now=second)
    assert pace.per_second == 4


def test_a_rate_that_was_lowered_too_far_comes_back_within_seconds() -> None:
    pace, limiter = Pace(None), Limiter(20, 1, sliding=True)
    drive(pace, limiter, 20)
    pace.well(now=30)
    pace.throttled(began_at=30, now=30)  # while hardly anything was sent
    assert (pace.per_second or 0) < 10

    before = len(limiter.taken)
    drive(pace, limiter, 50, since=30.5)

    assert len(limiter.taken) - before >= 0.8 * 20 * 19.5

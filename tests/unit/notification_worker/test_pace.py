"""How fast a provider is given messages."""

import math
from collections import deque
from collections.abc import Callable

import pytest

from property_alert_notification.notification_worker.pace import Pace


def test_without_a_limit_no_call_waits() -> None:
    pace = Pace()

    assert [begin(pace, 0) for _ in range(1_000)] == [0] * 1_000


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
    pace, limiter = Pace(), Limiter(most, window, sliding=sliding)
    seconds = max(30.0, 4 * window)

    drive(pace, limiter, seconds)

    assert len(limiter.taken) >= 0.8 * most / window * seconds


def test_a_used_up_quota_is_leased_less_and_less_often() -> None:
    pace, now, asked = Pace(), 0.0, 0
    while now < 86_400:
        now += max(pace.throttled(now, now), 0.01)
        asked += 1
    assert asked < 500


def test_calls_from_before_a_cut_do_not_change_the_rate() -> None:
    pace = Pace()
    for _ in range(100):
        pace.well(now=1)
    pace.throttled(began_at=1, now=1.1)
    before = pace.per_second

    for _ in range(7):
        pace.throttled(began_at=1, now=1.15)

    assert pace.per_second == before


def test_a_rate_that_was_lowered_too_far_recovers_within_seconds() -> None:
    pace, limiter = Pace(), Limiter(20, 1, sliding=True)
    drive(pace, limiter, 20)
    pace.well(now=30)
    pace.throttled(began_at=30, now=30)  # while hardly anything was sent
    assert (pace.per_second or 0) < 10

    before = len(limiter.taken)
    drive(pace, limiter, 50, since=30.5)

    assert len(limiter.taken) - before >= 0.8 * 20 * 19.5


def taught(taken: list[float], *, at: float = 10.0) -> Pace:
    """The pace of a provider that took messages at these moments and then said that it is given too much."""
    pace = Pace()
    for moment in taken:
        pace.well(moment)
    pace.throttled(began_at=at, now=at)
    return pace


@pytest.mark.parametrize(
    ("taken", "in_a_second"),
    [
        ([8.9] * 50 + [9.5] * 100, 100),
        ([9.75] + [9.9] * 511, 512 / 0.25),
        ([8 + number / 1_000 for number in range(2_000)], 1_000),
        ([10.0] * 600, 512 / 0.001),
    ],
    ids=["older ones do not count", "just as many as are remembered", "more than are remembered", "all at once"],
)
def test_the_first_answer_teaches_a_little_less_than_was_taken_in_the_last_second(
    taken: list[float], in_a_second: float
) -> None:
    assert taught(taken).per_second == pytest.approx(0.93 * in_a_second)


@pytest.mark.parametrize("taken", [[], [9.5], [3.0]])
def test_a_provider_that_took_hardly_anything_gets_one_message_in_a_second(taken: list[float]) -> None:
    assert taught(taken).per_second == 1


def test_a_rate_that_the_provider_accepts_doubles_every_half_second_until_it_is_none() -> None:
    pace, rates = taught([9.5] * 100), []
    for now in (10.5, 15, 15, 15.1, 16):
        pace.well(now)
        rates.append(pace.per_second)

    assert rates[:4] == pytest.approx([186, 744, 744, 744 * 4**0.1])
    assert rates[4] is None


def test_the_next_answers_lower_the_rate_by_a_fourteenth_and_it_grows_slowly_from_there() -> None:
    pace = taught([9.5] * 100)
    pace.well(10.5)
    pace.throttled(began_at=13, now=13)
    assert pace.per_second == pytest.approx(186 * 0.93)

    pace.well(13.5)
    assert pace.per_second == pytest.approx(186 * 0.93 * 1.03**0.5)


@pytest.mark.parametrize(
    ("later", "rate"), [(0.9, 186 * 0.93 * 1.03**0.75 * 0.93), (1.0, 2 * 1 + 1), (1.5, 2 * 1 + 1), (3.0, 1)]
)
def test_a_rate_that_has_grown_slowly_for_a_second_is_at_most_twice_what_was_taken(later: float, rate: float) -> None:
    pace = taught([9.5] * 100)
    pace.well(10.5)
    pace.throttled(began_at=13, now=13)
    pace.well(13.75)

    pace.throttled(began_at=13 + later, now=13 + later)

    assert pace.per_second == pytest.approx(rate)


def test_after_a_rate_was_forgotten_the_next_one_is_found_as_fast_as_the_first() -> None:
    pace, now = taught([9.5] * 100), 10.5
    pace.well(now)
    pace.throttled(began_at=now, now=now)
    while pace.per_second is not None:
        now += 1
        pace.well(now)
    for _ in range(180):
        pace.well(now + 0.5)
    pace.throttled(began_at=now + 1, now=now + 1)
    rate = pace.per_second
    assert rate == pytest.approx(180 * 0.93)

    pace.well(now + 1.5)

    assert pace.per_second == pytest.approx(2 * rate)


@pytest.mark.parametrize(("taken_at", "hold"), [(10.0, 0.1), (9.5, 0.1), (0.0, 1.0), (-90.0, 10.0), (-9_000.0, 300.0)])
def test_nothing_begins_for_a_tenth_of_the_time_since_a_message_was_taken(taken_at: float, hold: float) -> None:
    pace = Pace()
    pace.well(taken_at)

    assert pace.throttled(began_at=10, now=10) == hold
    assert pace.wait(10) == pytest.approx(hold)


def test_until_a_message_is_taken_again_there_are_twenty_in_a_second_at_most() -> None:
    pace = taught([9.5] * 100)
    pace.begin(11)
    assert pace.wait(11) == pytest.approx(0.05)

    pace.well(11.05)
    pace.begin(12)

    assert pace.wait(12) == pytest.approx(1 / 372)

"""How fast a provider is given messages."""

import math

from hypothesis import given
from hypothesis import strategies as st

from property_alert_notification.notification_worker.pace import Pace


def test_without_a_limit_nobody_waits() -> None:
    pace = Pace(None)

    assert [pace.wait(now=0) for _ in range(1_000)] == [0] * 1_000


def test_a_crowd_is_spread_evenly() -> None:
    pace = Pace(4)

    assert [pace.wait(now=10) for _ in range(5)] == [0, 0.25, 0.5, 0.75, 1]


def test_whoever_comes_late_does_not_wait_and_saved_nothing_up() -> None:
    pace = Pace(4)
    pace.wait(now=0)

    assert [pace.wait(now=100) for _ in range(2)] == [0, 0.25]


@given(st.floats(0.1, 1_000), st.lists(st.floats(0, 5), min_size=1, max_size=200))
def test_no_second_sees_more_than_its_share(per_second: float, gaps: list[float]) -> None:
    pace, now, begun = Pace(per_second), 0.0, []
    for gap in gaps:
        now += gap
        begun.append(now + pace.wait(now))

    for first in range(len(begun)):
        in_a_second = sum(begun[first] <= start < begun[first] + 1 for start in begun)
        assert in_a_second <= math.ceil(per_second) + 1

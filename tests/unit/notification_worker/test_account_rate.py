"""How the turns of a provider's account are used up."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from property_alert_notification.base.errors import StoreUnavailable
from property_alert_notification.notification_worker import account_rate
from property_alert_notification.notification_worker.account_rate import LATE, AccountRate, Turns
from tests.unit.notification_worker.test_providers import ManualClock


def test_turns_are_a_gap_apart_and_what_is_over_is_lost() -> None:
    turns = Turns(per_second=4)
    turns.add(10.0, 3)

    assert [turns.take(now) for now in (10.0, 10.6, 10.9)] == [10.0, 10.5, None]


@pytest.mark.parametrize(
    ("per_second", "waiting", "reserved"), [(100, 7, 7), (100, 500, 50), (1.25, 10, 1), (0.1, 1, 1), (100, 0, 1)]
)
def test_half_a_second_is_reserved_at_most(per_second: float, waiting: int, reserved: int) -> None:
    assert Turns(per_second).count(waiting) == reserved


class SharedTime:
    """The store's row: when the next turn of the account is."""

    def __init__(self, clock: ManualClock) -> None:
        self._clock = clock
        self._next = clock.now()
        self.outages = 0

    async def reserve(self, span: timedelta) -> datetime:
        if self.outages:
            self.outages -= 1
            raise StoreUnavailable
        begins = max(self._next, self._clock.now())
        self._next = begins + span
        return begins


class TellingClock(ManualClock):
    """A clock whose time of day moves with it."""

    def now(self) -> datetime:
        return super().now().replace(year=2026, month=1, day=1, hour=0, minute=0, second=0, microsecond=0) + timedelta(
            seconds=self.time
        )


@given(
    st.sampled_from([0.5, 1.25, 10, 75, 400]),
    st.lists(st.tuples(st.integers(0, 2), st.floats(0, 0.4), st.integers(1, 60)), min_size=1, max_size=120),
)
async def test_all_workers_together_never_begin_more_than_the_rate(
    per_second: float, messages: list[tuple[int, float, int]]
) -> None:
    clock = TellingClock()
    shared = SharedTime(clock)
    workers = [AccountRate("acme", per_second, shared.reserve, clock) for _ in range(3)]
    begun = []
    for worker, gap, waiting in messages:
        clock.time += gap
        begun.append(clock.time + await workers[worker].turn(waiting))

    for start in begun:
        late = max(LATE, 1 / per_second)
        in_a_second = sum(start <= other < start + 1 for other in begun)
        assert in_a_second <= per_second * (1 + late) + 1


async def test_a_lonely_worker_uses_the_whole_rate() -> None:
    clock = TellingClock()
    rate = AccountRate("acme", 50, SharedTime(clock).reserve, clock)
    started = clock.time
    for _ in range(100):
        clock.time += await rate.turn(waiting=100)

    assert clock.time - started == pytest.approx(99 / 50)


async def test_while_the_store_is_away_messages_wait_and_the_log_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(account_rate, "PAUSE", 0)
    clock = TellingClock()
    shared = SharedTime(clock)
    shared.outages = 3

    with capture_logs() as logs:
        assert await AccountRate("acme", 1, shared.reserve, clock).turn(waiting=1) == 0
    assert shared.outages == 0
    assert [(line["event"], line["part"]) for line in logs] == [
        ("part.waits", "rate of acme"),
        ("part.resumes", "rate of acme"),
    ]

"""How the turns of a provider's account are used up."""

import asyncio
from bisect import bisect_left
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from structlog.testing import capture_logs

from property_alert_notification.base.clock import Clock
from property_alert_notification.base.errors import StoreUnavailable
from property_alert_notification.notification_worker import account_rate
from property_alert_notification.notification_worker.account_rate import LATE, AccountRate, Turns
from property_alert_notification.operators.providers import accounts
from property_alert_notification.operators.providers.accounts import HORIZON, Reservation
from tests.unit.jumping_loop import LoopClock, run


def test_turns_are_a_gap_apart_and_what_is_over_is_lost() -> None:
    turns = Turns(per_second=4)
    turns.add(10.0, 3)

    assert [turns.take(now) for now in (10.0, 10.6, 10.9)] == [10.0, 10.5, None]


def test_a_turn_behind_others_is_left_for_them() -> None:
    turns = Turns(per_second=4)
    turns.add(10.0, 3)

    assert [turns.peek(10.0, behind=number) for number in range(4)] == [10.0, 10.25, 10.5, None]
    assert [turns.peek(10.3, behind=1), turns.peek(11.0)] == [10.5, None]


@pytest.mark.parametrize(
    ("per_second", "waiting", "reserved"), [(100, 7, 7), (100, 500, 50), (1.25, 10, 1), (0.1, 1, 1), (100, 0, 1)]
)
def test_half_a_second_is_reserved_at_most(per_second: float, waiting: int, reserved: int) -> None:
    assert Turns(per_second).count(waiting) == reserved


@pytest.mark.parametrize("per_second", [3, 7, 1 / 1728, 333.3, 3_000])
def test_no_gap_is_rounded_down(per_second: float) -> None:
    assert Turns(per_second).gap * per_second >= timedelta(seconds=1)


class SharedAccount:
    """The store's row about an account; each answer takes some time, the last for ever."""

    def __init__(self, clock: Clock, answers_after: Iterator[float]) -> None:
        self._clock = clock
        self._last: datetime | None = None
        self._answers_after = answers_after
        self.outages = 0
        self.asked = 0

    async def reserve(self, turns: accounts.Turns) -> Reservation:
        self.asked += 1
        if self.outages:
            self.outages -= 1
            raise StoreUnavailable
        now = self._clock.now()
        first = now + turns.lead
        if self._last is not None:
            first = max(first, self._last + turns.gap)
        reserved = first <= now + HORIZON
        if reserved:
            self._last = first + turns.gap * (turns.count - 1)
        await asyncio.sleep(next(self._answers_after, 0.001))
        return Reservation(first, reserved)


async def begin_all_the_time(rate: AccountRate, begun: list[float], *, messages: int, store: Iterator[float]) -> None:
    """One message after another is prepared, and its attempt is stored before it begins."""
    clock = LoopClock()

    async def begin() -> None:
        await asyncio.sleep(next(store, 0.002))
        await rate.take()
        begun.append(clock.monotonic())

    async with asyncio.TaskGroup() as calls:
        for left in range(messages, 0, -1):
            await rate.prepare(left)
            calls.create_task(begin())


def begun_by(workers: int, per_second: float, messages: int, stalls: list[float]) -> list[float]:
    """When the messages of some workers begin, if the store answers that late at first."""

    async def main() -> list[float]:
        begun: list[float] = []
        clock = LoopClock()
        account = SharedAccount(clock, iter(stalls))
        async with asyncio.TaskGroup() as all_workers:
            for number in range(workers):
                rate = AccountRate("acme", per_second, account.reserve, clock)
                store = iter(stalls[number % 3 :])
                all_workers.create_task(begin_all_the_time(rate, begun, messages=messages, store=store))
        return sorted(begun)

    return run(main())


@pytest.mark.parametrize("workers", [1, 8])
@pytest.mark.parametrize(
    "stalls",
    [[], [3.0] * 8, [1.0] * 20, [0.5] * 40, [0.05] * 200, [0.001, 12.0, 0.001], [0.0, 3.0] * 10, [0.3, 0.7, 40.0] * 3],
    ids=str,
)
@pytest.mark.parametrize("per_second", [1.25, 20, 75])
def test_all_workers_together_never_begin_more_than_the_rate_however_late_the_store_is(
    per_second: float, stalls: list[float], workers: int
) -> None:
    begun = begun_by(workers, per_second, 80 // workers, stalls)

    assert len(begun) == 80 // workers * workers
    most = max(number - bisect_left(begun, at - 1) for number, at in enumerate(begun))
    assert most <= per_second * (1 + LATE) + 1


@pytest.mark.parametrize("workers", [1, 8])
@pytest.mark.parametrize("gap", [15.0, 60.0, 1728.0])
def test_a_rate_of_a_few_messages_an_hour_is_kept_and_used_up(gap: float, workers: int) -> None:
    begun = begun_by(workers, 1 / gap, 2, [])

    assert len(begun) == 2 * workers
    assert all(gap * 0.999 <= later - earlier <= gap * 1.001 for earlier, later in pairwise(begun))


def test_workers_that_are_restarted_all_the_time_neither_break_nor_use_up_a_slow_rate() -> None:
    async def main() -> list[float]:
        begun: list[float] = []
        clock = LoopClock()
        account = SharedAccount(clock, iter(()))
        for _ in range(200):
            rate = AccountRate("acme", 1 / 600, account.reserve, clock)
            working = asyncio.create_task(begin_all_the_time(rate, begun, messages=9, store=iter(())))
            await asyncio.sleep(100)
            working.cancel()
        return begun

    begun = run(main())

    assert 15 < len(begun) <= 200 * 100 / 600 + 1
    assert min(later - earlier for earlier, later in pairwise(begun)) > 599


def test_a_higher_rate_holds_at_once() -> None:
    async def main() -> float:
        clock = LoopClock()
        account = SharedAccount(clock, iter(()))
        begun: list[float] = []
        slow, fast = (AccountRate("acme", per_second, account.reserve, clock) for per_second in (1 / 1728, 10))
        for rate, messages in ((slow, 1), (fast, 20)):
            await begin_all_the_time(rate, begun, messages=messages, store=iter(()))
        return clock.monotonic()

    assert run(main()) < 3


def test_a_worker_whose_loop_stood_still_takes_the_next_turns() -> None:
    async def main() -> list[float]:
        clock = LoopClock()
        begun: list[float] = []
        rate = AccountRate("acme", 20, SharedAccount(clock, iter(())).reserve, clock)
        for _ in range(10):
            await rate.prepare(10 - len(begun))
            if len(begun) == 3:
                await asyncio.sleep(5)
            await rate.take()
            begun.append(clock.monotonic())
        return begun

    begun = run(main())

    assert begun[3] - begun[2] > 5
    assert all(later - earlier > 0.04 for earlier, later in pairwise(begun))


def test_a_message_that_is_withdrawn_leaves_its_turn_to_the_next() -> None:
    async def main() -> float:
        clock = LoopClock()
        rate = AccountRate("acme", 1 / 60, SharedAccount(clock, iter(())).reserve, clock)
        for _ in range(5):
            await rate.prepare(1)
            rate.withdraw()
        await rate.prepare(1)
        await rate.take()
        return clock.monotonic()

    assert run(main()) < 1


def test_a_lonely_worker_uses_the_whole_rate_and_asks_for_half_a_second_at_a_time() -> None:
    async def main() -> tuple[list[float], int]:
        clock = LoopClock()
        account = SharedAccount(clock, iter(()))
        begun: list[float] = []
        rate = AccountRate("acme", 50, account.reserve, clock)
        await begin_all_the_time(rate, begun, messages=500, store=iter(()))
        return begun, account.asked

    begun, asked = run(main())

    assert begun[-1] - begun[0] == pytest.approx(499 / 50, rel=0.02)
    assert asked <= 25


def test_while_the_store_is_away_messages_wait_and_the_log_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(account_rate, "PAUSE", 0)

    async def main() -> int:
        account = SharedAccount(clock := LoopClock(), iter(()))
        account.outages = 3
        rate = AccountRate("acme", 1, account.reserve, clock)
        await rate.prepare(1)
        await rate.take()
        return account.outages

    with capture_logs() as logs:
        assert run(main()) == 0
    assert [(line["event"], line["part"]) for line in logs] == [
        ("part.waits", "rate of acme"),
        ("part.resumes", "rate of acme"),
    ]

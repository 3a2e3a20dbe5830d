"""Who may begin at a provider, and when the others are let in or sent away."""

import asyncio
from contextlib import AsyncExitStack
from typing import ClassVar

import pytest

from property_alert_notification.base.breaker import DOWN_IN_A_ROW, IN_DOUBT, SILENCE, UNANSWERED
from property_alert_notification.base.clock import Clock
from property_alert_notification.base.errors import OutcomeUnknown, ProviderDown
from property_alert_notification.base.metrics import Metrics
from property_alert_notification.base.vocabulary import BreakerState, Channel
from property_alert_notification.channels.base import Limits, OutgoingMessage, Receipt
from property_alert_notification.notification_worker.provider_handle import LONGEST_TURN, SOON, Call, ProviderHandle
from property_alert_notification.notification_worker.providers import SHORTEST_WAIT, ProviderPool
from property_alert_notification.notification_worker.verdict import Result
from property_alert_notification.operators.providers.accounts import Reservation


class ManualClock(Clock):
    """A clock that only moves when a test moves it."""

    def __init__(self) -> None:
        super().__init__()
        self.time = 1_000.0

    def monotonic(self) -> float:
        return self.time


class AnySender:
    """A provider with limits, to which nothing is ever sent."""

    channel: ClassVar[Channel] = Channel("email")
    name: ClassVar[str] = "nobody"
    key_window = None
    calls_back = False

    def __init__(self, at_once: int) -> None:
        self.limits = Limits(at_once)

    async def send(self, message: OutgoingMessage) -> Receipt:
        raise NotImplementedError

    async def check(self) -> str:
        raise NotImplementedError

    async def close(self) -> None:
        raise NotImplementedError


async def no_account(*_: object) -> Reservation:
    """A provider without a rate has no account to reserve."""
    raise NotImplementedError


class Office:
    """A provider and the messages that are to be submitted to it."""

    def __init__(self, at_once: int, *, concurrency: int = 100) -> None:
        self.clock = ManualClock()
        self.provider = ProviderHandle(
            "nobody",
            AnySender(at_once),
            self.clock,
            Metrics(),
            concurrency=concurrency,
            on_change=lambda: None,
            reserve=no_account,
        )
        self.running: dict[Call, AsyncExitStack] = {}
        self.sent_away = 0
        self._tasks: set[asyncio.Task[None]] = set()

    async def want(self, count: int, *, is_open: bool = False) -> None:
        """So many more would like to begin."""
        for _ in range(count):
            self._tasks.add(asyncio.create_task(self._begin(is_open=is_open)))
        await self.settle()

    async def _begin(self, *, is_open: bool) -> None:
        stack = AsyncExitStack()
        call = await stack.enter_async_context(self.provider.slot(probe=False, is_open=is_open))
        if call is None:
            self.sent_away += 1
            await stack.aclose()
        else:
            call.began_at = self.clock.monotonic()
            self.running[call] = stack

    async def end(self, call: Call, result: Result) -> None:
        """One of those that run ends."""
        await self.running.pop(call).aclose()
        self.provider.learn(result, call)
        await self.settle()

    async def end_one(self, result: Result) -> None:
        """The one that began first."""
        await self.end(next(iter(self.running)), result)

    async def settle(self) -> None:
        """Let every woken task run as far as it gets."""
        for _ in range(2 * len(self._tasks) + 2):
            await asyncio.sleep(0)

    async def close(self) -> None:
        """End all calls."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for stack in self.running.values():
            await stack.aclose()


async def test_few_are_let_in_until_something_goes_well_and_then_all_who_fit() -> None:
    office = Office(at_once=8)
    await office.want(20)
    assert len(office.running) == IN_DOUBT

    await office.end_one(Receipt())

    assert len(office.running) == 8
    await office.close()


@pytest.mark.parametrize("concurrency", [1, 2, 3, 8])
async def test_a_provider_that_hangs_is_noticed_however_few_calls_a_worker_makes(concurrency: int) -> None:
    office = Office(at_once=8, concurrency=concurrency)
    await office.want(10)
    running = min(concurrency, IN_DOUBT)
    assert (len(office.running), office.provider.hanging()) == (running, 0)

    office.clock.time += SILENCE
    office.provider.watch()
    await office.settle()

    assert office.provider.breaker.state is BreakerState.OPEN
    assert (office.provider.hanging(), office.sent_away) == (running, 10 - running)
    await office.close()


async def test_a_claim_stores_attempts_for_as_many_as_will_begin_soon() -> None:
    office = Office(at_once=8)
    assert office.provider.may_open() == IN_DOUBT
    await office.want(12)
    await office.end_one(Receipt())
    assert office.provider.may_open() == 8 + 1

    office.provider.reserve(probe=False, is_open=True)
    assert office.provider.may_open() == 8
    office.clock.time += SOON
    assert office.provider.may_open() == 7
    office.provider.release(probe=False, is_open=True)
    assert office.provider.may_open() == 8
    await office.close()


async def test_a_long_wait_with_a_stored_attempt_ends_and_other_waits_continue() -> None:
    office = Office(at_once=1)
    await office.want(1)
    await office.end_one(Receipt())
    await office.want(2)
    await office.want(2, is_open=True)
    office.clock.time += LONGEST_TURN - 0.1
    office.provider.watch()
    await office.settle()
    assert office.sent_away == 0

    office.clock.time += 0.1
    office.provider.watch()
    await office.settle()

    assert (len(office.running), office.sent_away) == (1, 2)
    await office.end_one(Receipt())
    assert len(office.running) == 1
    await office.close()


async def test_no_more_begin_without_any_answer_than_make_a_storm() -> None:
    office = Office(at_once=100)
    await office.want(1)
    await office.end_one(Receipt())
    await office.want(100)
    assert len(office.running) == UNANSWERED

    await office.end_one(Receipt())

    assert len(office.running) == 2 * UNANSWERED - 1
    await office.close()


async def test_a_failure_makes_room_although_nothing_went_well() -> None:
    """It would be a standstill, where failures are too far apart to be a storm."""
    office = Office(at_once=100)
    await office.want(100)
    for _ in range(3 * UNANSWERED):
        office.clock.time += 3
        await office.end_one(OutcomeUnknown("silence"))
        assert len(office.running) == IN_DOUBT
    assert office.provider.breaker.state is BreakerState.CLOSED
    await office.close()


async def test_when_calls_hang_those_who_wait_are_sent_away() -> None:
    office = Office(at_once=8)
    await office.want(1)
    await office.end_one(Receipt())
    await office.want(30)
    office.clock.time += SILENCE - 0.1
    office.provider.watch()
    assert office.provider.breaker.state is BreakerState.CLOSED

    office.clock.time += 0.1
    office.provider.watch()
    await office.settle()

    assert office.provider.breaker.state is BreakerState.OPEN
    assert (len(office.running), office.sent_away) == (8, 22)
    await office.close()


async def test_calls_that_hung_before_it_closed_do_not_open_it_again() -> None:
    office = Office(at_once=8)
    await office.want(DOWN_IN_A_ROW)
    office.clock.time += SILENCE
    office.provider.watch()
    office.clock.time += 2
    office.provider.learn(Receipt(), Call(probe=True, began_at=office.clock.time))
    assert office.provider.breaker.state is BreakerState.CLOSED

    office.clock.time += 10 * SILENCE
    office.provider.watch()
    for _ in range(DOWN_IN_A_ROW):
        await office.end_one(OutcomeUnknown("silence"))

    assert office.provider.breaker.state is BreakerState.CLOSED
    assert not office.provider.breaker.doubtful
    await office.close()


async def test_nothing_tries_a_provider_out_while_all_its_places_hang() -> None:
    office = Office(at_once=2)
    await office.want(2)
    office.clock.time += SILENCE
    office.provider.watch()
    office.clock.time += 60
    assert not office.provider.assignment().probe
    assert office.provider.assignment().wait > 0

    await office.end_one(OutcomeUnknown("silence"))

    assert office.provider.assignment().probe
    await office.close()


async def test_calls_that_take_long_while_others_go_well_are_no_silence() -> None:
    office = Office(at_once=8)
    await office.want(1)
    await office.end_one(Receipt())
    await office.want(DOWN_IN_A_ROW)
    for _ in range(20):
        await office.want(1)
        office.clock.time += SILENCE / 2
        await office.end(list(office.running)[-1], Receipt())
        office.provider.watch()

    assert len(office.running) == DOWN_IN_A_ROW
    assert office.provider.breaker.state is BreakerState.CLOSED
    await office.close()


def test_no_call_waits_while_a_provider_works() -> None:
    clock = ManualClock()
    pool = pool_of("first", "second", clock=clock)
    leave_alone(pool["first"])

    assert pool.room()
    assert pool.wait() is None


def test_a_provider_that_is_left_alone_is_waited_for() -> None:
    clock = ManualClock()
    pool = pool_of("only", clock=clock)
    until = leave_alone(pool["only"])

    assert not pool.room()
    assert pool.wait() == pytest.approx(until - clock.time)


def test_a_provider_that_becomes_ready_between_two_checks_is_used() -> None:
    """The first check found no room; by the second the provider may get a probe, and no event says so."""
    clock = ManualClock()
    pool = pool_of("only", clock=clock)
    clock.time = leave_alone(pool["only"])

    assert pool.wait() == SHORTEST_WAIT
    assert pool.room() == 1


def pool_of(*providers: str, clock: Clock) -> ProviderPool:
    senders = {provider: AnySender(at_once=2) for provider in providers}
    return ProviderPool(Channel("email"), senders, clock, Metrics(), concurrency=64, reserve=no_account)


def leave_alone(handle: ProviderHandle) -> float:
    """Open its breaker; returns when it may be tried out."""
    for _ in range(DOWN_IN_A_ROW):
        handle.learn(ProviderDown("it says no"), Call(probe=False, began_at=0.0))
    assert handle.breaker.state is BreakerState.OPEN
    return handle.breaker.until

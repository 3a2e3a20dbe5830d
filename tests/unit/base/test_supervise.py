"""An endless loop that breaks is begun again, counted, and named until it goes well again."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import pytest

from property_alert_notification.base.errors import StoreUnavailable
from property_alert_notification.base.logs import Outage
from property_alert_notification.base.metrics import Metrics
from property_alert_notification.base.supervise import LONGEST_WAIT, Loop, Supervisor, end, insist
from tests.services.process import PATIENCE


class Work:
    """A loop whose turns do what the test says, one after the other; after the last of them every turn goes well."""

    def __init__(self, *turns: Exception | type[BaseException] | None) -> None:
        self.metrics = Metrics()
        self.supervisor = Supervisor(self.metrics, first_wait=0)
        self.sessions = 0
        self.named: list[dict[str, str]] = []
        """What readiness would have named when each turn began."""
        self.done = asyncio.Event()
        self._turns = list(turns)

    async def run(self, loop: Loop) -> None:
        self.sessions += 1
        await loop.repeat(self._turn, after_a_fault=0)

    async def _turn(self) -> float:
        self.named.append(self.supervisor.problems)
        if not self._turns:
            self.done.set()
            return 3600
        if (fault := self._turns.pop(0)) is not None:
            raise fault
        return 0

    @property
    def breaks(self) -> float | None:
        return self.metrics.registry.get_sample_value("property_alerts_loop_breaks_total", {"loop": "work"})

    @property
    def up(self) -> float | None:
        return self.metrics.registry.get_sample_value("property_alerts_loop_up", {"loop": "work"})

    async def to_the_end(self) -> None:
        task = self.supervisor.start("work", self.run)
        async with asyncio.timeout(10):
            await self.done.wait()
        await asyncio.sleep(0)
        await end(task)


async def test_a_loop_that_breaks_is_begun_again_counted_and_named_until_it_goes_well() -> None:
    work = Work(ValueError("jane@example.com"), KeyError("jane@example.com"), None)

    await work.to_the_end()

    once, twice = {"work": "broke (ValueError)"}, {"work": "broke (KeyError), 2 times in a row"}
    assert work.named == [{}, once, twice, {}]
    assert (work.sessions, work.breaks, work.up) == (3, 2, 1)


async def test_a_loop_that_keeps_breaking_stays_named() -> None:
    work = Work(*[OSError()] * 5)

    await work.to_the_end()

    assert work.named[-1] == {"work": "broke (OSError), 5 times in a row"}


async def test_a_store_that_is_away_is_waited_for_and_is_no_break() -> None:
    work = Work(StoreUnavailable(), StoreUnavailable(), None)

    await work.to_the_end()

    assert (work.sessions, work.breaks, work.named) == (1, 0, [{}] * 4)


async def test_a_store_that_is_away_does_not_clear_what_broke_before() -> None:
    work = Work(ValueError(), StoreUnavailable(), None)

    await work.to_the_end()

    named = {"work": "broke (ValueError)"}
    assert work.named == [{}, named, named, {}]


async def test_what_is_cancelled_from_within_does_not_end_the_loop() -> None:
    """As when a library cancels what waits on a connection that it closes."""
    work = Work(asyncio.CancelledError)

    await work.to_the_end()

    assert (work.sessions, work.breaks) == (2, 1)


async def test_a_loop_that_returns_is_begun_again() -> None:
    supervisor, sessions = Supervisor(Metrics(), first_wait=0), asyncio.Semaphore(0)

    async def returns(_loop: Loop) -> None:
        sessions.release()

    task = supervisor.start("work", returns)
    for _ in range(3):
        await sessions.acquire()
    problems = supervisor.problems
    await end(task)

    assert problems["work"].startswith("ended unexpectedly")


async def test_a_service_that_may_end_is_done_when_it_returns() -> None:
    supervisor = Supervisor(Metrics(), first_wait=0)

    async def breaks_once(loop: Loop) -> None:
        if loop.problem is None:
            raise ValueError

    await supervisor.start("work", breaks_once, may_end=True)

    assert supervisor.problems == {}


async def test_a_service_without_turns_is_well_after_a_while() -> None:
    supervisor, begun_again, recovered = Supervisor(Metrics(), first_wait=0), asyncio.Event(), asyncio.Event()

    async def breaks_once(loop: Loop) -> None:
        if loop.problem is None and not begun_again.is_set():
            begun_again.set()
            raise ValueError
        while loop.problem is not None:  # noqa: ASYNC110 - the supervisor's timer clears it
            await asyncio.sleep(0.001)
        recovered.set()
        await asyncio.Event().wait()

    task = supervisor.start("work", breaks_once, well_after=0.01)
    async with asyncio.timeout(10):
        await recovered.wait()
    await end(task)

    assert supervisor.problems == {}


async def test_cancelling_a_loop_ends_it(supervised: Callable[[], Awaitable[asyncio.Task[None]]]) -> None:
    task = await supervised()

    await end(task)

    assert task.cancelled()


async def test_a_cancellation_that_a_library_loses_ends_the_loop_after_the_turn() -> None:
    """As `asyncio.wait_for` of Python 3.11 loses it when its call ends at the same moment."""
    supervisor, turns = Supervisor(Metrics()), asyncio.Queue[None]()

    async def lose_the_cancellation() -> float:
        await turns.put(None)
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        return 0

    task = supervisor.start("work", lambda loop: loop.repeat(lose_the_cancellation))
    await turns.get()
    async with asyncio.timeout(PATIENCE):
        await end(task)

    assert task.cancelled()
    assert turns.empty()


async def test_an_action_that_loses_the_cancellation_is_not_called_again() -> None:
    began = asyncio.Event()

    async def lose_the_cancellation() -> None:
        began.set()
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        raise StoreUnavailable

    task = asyncio.create_task(insist(lose_the_cancellation, Outage("work"), pause=0))
    await began.wait()
    async with asyncio.timeout(PATIENCE):
        await end(task)

    assert task.cancelled()


@pytest.fixture
def supervised() -> Callable[[], Awaitable[asyncio.Task[None]]]:
    async def start() -> asyncio.Task[None]:
        work = Work()
        task = work.supervisor.start("work", work.run)
        await work.done.wait()
        return task

    return start


def test_the_wait_doubles_up_to_a_bound_and_begins_anew_after_a_good_turn() -> None:
    loop = Supervisor(Metrics(), first_wait=1).loop("work")
    waits = [loop.broke(ValueError()) for _ in range(7)]
    loop.went_well()

    assert waits == [1, 2, 4, 8, LONGEST_WAIT, LONGEST_WAIT, LONGEST_WAIT]
    assert loop.broke(ValueError()) == 1

"""Plays the two weeks with the real parts, and compares each step with what is expected."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime

import httpx2

from property_alert_notification.app import create_app
from property_alert_notification.base.settings import Settings
from property_alert_notification.wiring import assemble
from tests.scenario import observed
from tests.scenario.actions import Action, Define, Kill, Learn, Push, Stop, Trouble
from tests.scenario.calls import Caller
from tests.scenario.clock import ScenarioClock
from tests.scenario.compare import Comparison
from tests.scenario.expected import Expected
from tests.scenario.plan import LENGTH, Plan
from tests.scenario.users import UserService
from tests.scenario.workers import SteppedWorker, share_statements
from tests.services.process import PATIENCE


class Play:
    """The service under the scenario's clock, and the model beside it."""

    def __init__(self, settings: Settings, plan: Plan, users: UserService, *, workers: int = 3) -> None:
        self.plan = plan
        self.expected = Expected(plan)
        self.comparison = Comparison(self.expected)
        self.steps = 0
        self.kills = 0
        """How many workers were killed."""
        self._settings = settings
        self._users = users
        self._clock = ScenarioClock(plan.start)
        self._wanted = workers
        self._workers: list[SteppedWorker] = []
        self._exits: list[AsyncExitStack] = []
        """What takes each worker apart."""
        self._stopped_until: datetime | None = None

    @property
    def problems(self) -> list[str]:
        """Where the service and the model differ."""
        return [*self.comparison.problems, *self._caller.problems]

    @property
    def accepted(self) -> int:
        """How many notifications callers submitted that were accepted."""
        return len(self._caller.ids)

    @property
    def asked(self) -> int:
        """How many questions the User service got."""
        return self._users.asked

    async def run(self, progress: Callable[[datetime], None] = lambda _: None) -> None:
        """Play from the first day to the last; reports each day when it begins."""
        self._users.fill(self.plan.profiles)
        async with AsyncExitStack() as stack:
            self._caller = Caller(await stack.enter_async_context(self._serve()), self.plan.residents)
            self._parts = await stack.enter_async_context(assemble(self._settings, clock=self._clock))
            async with self._parts.database.transaction() as connection:
                await observed.speed_up(connection)
            stack.push_async_callback(self._stop_workers)
            await self._start_workers()
            while (moment := await self._next_moment()) is not None:
                if moment.date() != self._clock.moment.date():
                    progress(moment)
                self._clock.moment = moment
                await self._step(self.plan.actions.get(moment, []))
            await self.comparison.compare_reasons(self._parts.database)

    @asynccontextmanager
    async def _serve(self) -> AsyncIterator[httpx2.AsyncClient]:
        app = create_app(self._settings, with_worker=False, clock=self._clock)
        async with (
            app.router.lifespan_context(app),
            httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://127.0.0.1/api/v1") as client,
        ):
            self._app_categories = app.state.categories
            yield client

    async def _start_workers(self) -> None:
        for _ in range(self._wanted):
            worker, its_exit = await self._worker()
            self._workers.append(worker)
            self._exits.append(its_exit)

    async def _worker(self) -> tuple[SteppedWorker, AsyncExitStack]:
        stack = AsyncExitStack()
        parts = await stack.enter_async_context(assemble(self._settings, clock=self._clock))
        share_statements(self._parts.database, parts.database)
        return await stack.enter_async_context(SteppedWorker(parts)), stack

    async def _stop_workers(self) -> None:
        self._workers = []
        while self._exits:
            await self._exits.pop().aclose()

    async def _next_moment(self) -> datetime | None:
        """The next one at which anything happens, by the plan, by the model or by the store."""
        now, directory = self._clock.moment, self.expected.knowledge.directory
        times = [moment for moment in self.plan.actions if moment > now]
        if self._stopped_until is not None:
            times.append(self._stopped_until)
        else:
            async with self._parts.database.reading() as connection:
                by_store = await observed.next_due(connection, now, looks_up=directory.trouble is None)
            times += [moment for moment in (by_store, self.expected.next_due(now)) if moment is not None]
            if directory.open_until is not None and now < directory.open_until and self.expected.waits(now):
                times.append(directory.open_until)
        moment = min(times, default=None)
        return None if moment is None or moment > self.plan.start + LENGTH else moment

    async def _step(self, actions: Sequence[Action]) -> None:
        self.steps += 1
        now = self._clock.moment
        if self._stopped_until == now:
            self._stopped_until = None
            await self._start_workers()
        if self._users.trouble == "slow":
            await self._let_answers_go()
        self.expected.act(actions, now)
        for action in actions:
            await self._operate(action)
        await self._caller.act(actions, self.expected.refused)
        if any(isinstance(action, Define) for action in actions):
            await self._spread_categories()
        kills = self.kills
        if self._stopped_until is None:
            await self._work()
        for worker in self._workers:
            worker.kill_switch.kill_before(None)
        await self.comparison.compare(
            self._parts.database, now, works=self._stopped_until is None, killed=self.kills > kills
        )

    async def _operate(self, action: Action) -> None:
        """What operators and the User service do, and what goes wrong."""
        match action:
            case Learn(user, profile) | Push(user, profile):
                self._users.learn(user, profile)
            case Trouble(kind):
                await self._let_answers_go()
                self._users.trouble = kind
            case Kill(statement) if self._workers:
                self._workers[statement % len(self._workers)].kill_switch.kill_before(statement)
            case Stop(until):
                await self._stop_workers()
                self._stopped_until = until

    async def _let_answers_go(self) -> None:
        self._users.let_answers_go()
        for worker in self._workers:
            await worker.is_answered()

    async def _spread_categories(self) -> None:
        """Every process reads the categories within two seconds, which do not pass here."""
        for categories in [self._app_categories, *(worker.parts.categories for worker in self._workers)]:
            await categories.reload()

    async def _work(self) -> None:
        """Give the workers turns until nothing is due. A new worker replaces a killed one."""
        async with asyncio.timeout(PATIENCE):
            while due := await self._due():
                survived = await asyncio.gather(*(worker.turn(due) for worker in self._workers))
                for number in [number for number, lives in enumerate(survived) if not lives]:
                    self.kills += 1
                    self.expected.knowledge.directory.lose_questions(self._clock.moment)
                    await self._exits[number].aclose()
                    self._workers[number], self._exits[number] = await self._worker()
                if self._users.trouble != "slow":
                    await asyncio.gather(*(worker.is_answered() for worker in self._workers))

    async def _due(self) -> set[str]:
        async with self._parts.database.reading() as connection:
            due = await observed.due(connection, self._clock.moment)
        is_parked = observed.PARKED in due
        due.discard(observed.PARKED)
        may_ask = self._users.trouble is None and any(worker.may_ask for worker in self._workers)
        if (is_parked and may_ask) or any(worker.has_answers for worker in self._workers):
            due.add("addresses")
        return due

"""Plays the two weeks with the real parts, and compares each step with what is expected."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID

import httpx2

from property_alert_notification.app import create_app
from property_alert_notification.base.settings import Settings
from property_alert_notification.wiring import assemble
from tests.scenario import observed
from tests.scenario.clock import ScenarioClock
from tests.scenario.expected import Expected
from tests.scenario.items import FINAL, Key
from tests.scenario.observed import Known, Row
from tests.scenario.plan import LENGTH, Action, Cancel, Define, Kill, Merge, Plan, Prefer, Repeat, Stop, Submit
from tests.scenario.workers import SteppedWorker
from tests.services.process import PATIENCE

MOST = 1_000
"""Of what one call may carry."""


class Play:
    """The service under the scenario's clock, and the model beside it."""

    def __init__(self, settings: Settings, plan: Plan, *, workers: int = 2) -> None:
        self.plan = plan
        self.expected = Expected(plan)
        self.problems: list[str] = []
        self.steps = 0
        self.happened: Counter[str] = Counter()
        """How often a delivery came into a state, and why."""
        self._settings = settings
        self._clock = ScenarioClock(plan.start)
        self._workers: list[SteppedWorker] = []
        self._wanted = workers
        self._away_until: datetime | None = None
        self._staff = AsyncExitStack()
        """What takes the workers apart."""
        self._ids: dict[str, str] = {}
        self._known = Known()
        self._dead: dict[UUID, None] = {}
        """The deliveries that dying workers claimed in this step."""
        self._late: set[Key] = set()
        """Items whose digest has ended, and they not yet."""

    async def run(self) -> None:
        """Play from the first day to the last."""
        async with AsyncExitStack() as stack:
            self._api = await stack.enter_async_context(self._serve())
            self._parts = await stack.enter_async_context(assemble(self._settings, clock=self._clock))
            stack.push_async_callback(self._send_home)
            await self._engage()
            while (moment := await self._next_moment()) is not None:
                self._clock.moment = moment
                await self._step(self.plan.actions.get(moment, []))

    @asynccontextmanager
    async def _serve(self) -> AsyncIterator[httpx2.AsyncClient]:
        app = create_app(self._settings, with_worker=False, clock=self._clock)
        async with (
            app.router.lifespan_context(app),
            httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://127.0.0.1/api/v1") as client,
        ):
            self._app_categories = app.state.categories
            yield client

    async def _engage(self) -> None:
        for _ in range(self._wanted):
            parts = await self._staff.enter_async_context(assemble(self._settings, clock=self._clock))
            self._workers.append(await self._staff.enter_async_context(SteppedWorker(parts)))

    async def _send_home(self) -> None:
        self._workers = []
        await self._staff.aclose()
        self._staff = AsyncExitStack()

    async def _next_moment(self) -> datetime | None:
        """The next one at which anything happens, by the plan, by the model or by the store."""
        now = self._clock.moment
        async with self._parts.database.reading() as connection:
            by_itself = [await observed.next_due(connection, now), self.expected.next_due()]
        times = [moment for moment in self.plan.actions if moment > now]
        if self._away_until is not None:
            times.append(self._away_until)
        else:
            times += [moment for moment in by_itself if moment is not None and moment > now]
        moment = min(times, default=None)
        return None if moment is None or moment > self.plan.start + LENGTH else moment

    async def _step(self, actions: Sequence[Action]) -> None:
        self.steps += 1
        now = self._clock.moment
        if self._away_until == now:
            self._away_until = None
            await self._engage()
        self.expected.act(list(actions), now)
        await self._act(actions)
        if self._away_until is None:
            await self._work()
        await self._compare(now)

    async def _act(self, actions: Sequence[Action]) -> None:
        for kind, some in groupby(actions, key=type):
            if kind is Submit:
                await self._submit([one for one in some if isinstance(one, Submit)])
                continue
            for action in some:
                await self._act_once(action)

    async def _act_once(self, action: Action) -> None:
        match action:
            case Prefer(user, None):
                await self._call("DELETE", f"/preferences/{user}", 204, 404)
            case Prefer(user, preferences):
                await self._call("PUT", f"/preferences/{user}", 200, json=preferences)
            case Merge(user, patch):
                await self._call("PATCH", f"/preferences/{user}", 200, 404, json=patch)
            case Cancel(key) if key in self._ids:
                await self._call("POST", f"/notifications/{self._ids[key]}/cancel", 200, 409)
            case Repeat(key):
                answer = await self._call("POST", "/schedules", 200, 201, 404, json=self._schedule(action))
                if (answer.status_code == 404) != (key in self.expected.refused):
                    self.problems.append(f"{self._clock.moment}: {action} was answered {answer.text}")
            case _:
                await self._operate(action)

    async def _operate(self, action: Action) -> None:
        """What operators do, and what goes wrong."""
        match action:
            case Define(name, definition):
                await self._call("PUT", f"/categories/{name}", 200, 201, json=definition)
                await self._spread_categories()
            case Kill(submits) if self._workers:
                self._dead |= dict.fromkeys(await self._workers[0].die(self._clock.moment, submits=submits))
            case Stop(until):
                await self._send_home()
                self._away_until = until

    async def _call(self, method: str, path: str, *wanted: int, json: Any = None) -> httpx2.Response:
        answer = await self._api.request(method, path, json=json)
        assert answer.status_code in wanted, answer.text
        return answer

    async def _spread_categories(self) -> None:
        """Every process reads the categories within two seconds, which do not pass here."""
        for categories in [self._app_categories, *(worker.parts.categories for worker in self._workers)]:
            await categories.reload()

    async def _submit(self, submits: Sequence[Submit]) -> None:
        for begin in range(0, len(submits), MOST):
            some = submits[begin : begin + MOST]
            bodies = [self._body(one) for one in some]
            answer = await self._call("POST", "/notifications/batch", 200, json={"notifications": bodies})
            for one, result in zip(some, answer.json()["results"], strict=True):
                if "id" in result:
                    self._ids[one.key] = result["id"]
                elif result["error"]["status"] != 404 or one.key not in self.expected.refused:
                    self.problems.append(f"{self._clock.moment}: {one} was answered {result}")
                if "id" in result and one.key in self.expected.refused:
                    self.problems.append(f"{self._clock.moment}: {one} was accepted")

    def _body(self, submit: Submit) -> dict[str, Any]:
        resident = self.plan.residents[submit.user]
        body: dict[str, Any] = {
            "title": f"Title of {submit.key}",
            "message": f"Message of {submit.key}",
            "user_id": submit.user,
            "user_email": resident.email,
            "user_phone_number": resident.phone_number,
            "category": submit.category,
            "reference": submit.key,
            "urgent": submit.urgent,
        }
        if submit.send_at is not None:
            body["send_at"] = submit.send_at.isoformat()
        if submit.expires_at is not None:
            body["expires_at"] = submit.expires_at.isoformat()
        if submit.channels is not None:
            body["channels"] = submit.channels
        return body

    def _schedule(self, repeat: Repeat) -> dict[str, Any]:
        """The body of the call."""
        body = self._body(Submit(repeat.key, repeat.user, repeat.category))
        body |= {"rrule": repeat.rrule, "start": repeat.start.isoformat(timespec="minutes"), "time_zone": repeat.zone}
        return body

    async def _work(self) -> None:
        """Have the workers work until nothing is due."""
        async with asyncio.timeout(PATIENCE):
            while True:
                async with self._parts.database.reading() as connection:
                    due = await observed.due(connection, self._clock.moment)
                due.subtract({"in_hand": len(self._dead)})
                if not +due:
                    break
                await asyncio.gather(*(worker.turn(+due) for worker in self._workers))
                await asyncio.sleep(0.003)
            for worker in self._workers:
                await worker.follow()

    async def _compare(self, now: datetime) -> None:
        async with self._parts.database.reading() as connection:
            rows = await observed.moved(connection, now)
            taken = await observed.taken(connection, now)
        for row in rows:
            if row.reference is not None:
                again = row.reference.startswith("again-")
                name = f"{row.reference} at {now.isoformat()}" if again else row.reference
                self._known.names.setdefault(row.id, (name, row.channel))
            if "digest" in row.parameters:
                self._known.carried[UUID(row.parameters["digest"])].add(self._known.names[row.id])
        names = self._known.names
        self.expected.lost = {names[id_] for id_ in self._dead if id_ in names}
        self._dead = {}
        if self._away_until is None:
            self.expected.work(now, {names[row.id]: row.seen() for row in rows if row.id in names})
        self._name_digests(rows)
        self._compare_states(now, {names[row.id]: row.seen() for row in rows if row.id in names})
        self._compare_messages(now, Counter({names.get(id_, (str(id_), "?")): n for id_, n in taken.items()}))

    def _name_digests(self, rows: Sequence[Row]) -> None:
        """A digest is known by what it carries."""
        for row in rows:
            if row.id in self._known.names or row.notification not in self._known.carried:
                continue
            item = self.expected.items[min(self._known.carried[row.notification])]
            if item.digest is not None:
                self._known.names[row.id] = item.digest.key

    def _compare_states(self, now: datetime, seen: dict[Key, tuple[str, str, datetime | None]]) -> None:
        self._known.states |= seen
        self.happened.update(f"{state} {code}" for state, code, _ in seen.values())
        late, self._late = self._late, set()
        for key in sorted(seen.keys() | self.expected.changed.keys() | late):
            item = self.expected.items.get(key)
            wanted = None if item is None else item.seen()
            if self._known.states.get(key) == wanted:
                continue
            if key not in late and item is not None and item.digest is not None and item.state in FINAL:
                self._late.add(key)  # it ends soon after its digest
            else:
                self.problems.append(f"{now}: {key} is {self._known.states.get(key)}, expected {wanted}; {item}")

    def _compare_messages(self, now: datetime, taken: Counter[Key]) -> None:
        for key in taken.keys() | self.expected.sent.keys():
            if taken[key] != self.expected.sent[key]:
                self.problems.append(f"{now}: {key} was sent {taken[key]} times, expected {self.expected.sent[key]}")

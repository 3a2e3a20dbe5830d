"""Plays the scenario: real workers of both kinds of message, which are killed, and an API that everybody calls."""

import asyncio
import os
import signal
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import httpx2
from sqlalchemy import text

from property_alert_notification.base.clock import Clock
from property_alert_notification.database import Database, read_time
from tests.cli.command import Running, running
from tests.pipeline.world import eventually
from tests.refusals.answers import Answers, Call, send_mail
from tests.refusals.model import Known, Message
from tests.refusals.people import Kind, Person
from tests.refusals.providers import Letter
from tests.refusals.webhooks import Webhooks

API = "/api/v1"
AT_ONCE = 8
"""Calls at the same time."""
BATCH = 1_000
POLL = 0.1
"""Seconds between two looks at how far the workers are."""
_OPEN = """
    SELECT 1 FROM deliveries
    WHERE state NOT IN ('sent', 'delivered', 'failed', 'suppressed', 'expired', 'cancelled') LIMIT 1
"""
_UNSENT_EVENTS = "SELECT 1 FROM webhook_deliveries WHERE state IN ('pending', 'sending') LIMIT 1"
_ATTEMPTS = """
    SELECT n.id, a.claimed_at, a.outcome FROM attempts a
    JOIN deliveries d ON d.id = a.delivery_id JOIN notifications n ON n.id = d.notification_id
"""


class Play:
    """One run of the scenario."""

    def __init__(self, people: Sequence[Person], random: Random, folder: Path, settings: dict[str, str]) -> None:
        """`settings` are those of the workers."""
        self.people = {one.address: one for one in people}
        self.known = Known()
        self.kills = 0
        self._random = random
        self._folder = folder
        self._settings = settings
        self._answers: Answers
        self._service: httpx2.AsyncClient
        self._database: Database
        self._waiting: asyncio.PriorityQueue[tuple[float, int, Person, Call]] = asyncio.PriorityQueue()
        self._unanswered: dict[int, int] = {}
        self._kill_at: list[int] = []
        self._workers: list[Running] = []
        self._stack = ExitStack()
        self._titles: dict[str, tuple[Person, bool]] = {}
        """Of each notification, by its id."""

    def is_gone(self, address: str) -> bool:
        """Whether the mail server refuses this recipient."""
        gone = self.people[address].kind is Kind.GONE
        self.known.refused[address] += gone
        return gone

    def arrived(self, address: str, title: str, letter: Letter) -> None:
        """A provider has taken a message: its person, or the provider, answers in some order."""
        person = self.people[address]
        is_first = not any(self.known.taken[f"{kind} {person.user_id}"] for kind in ("first", "second"))
        is_repeated = self.known.taken[title] > 0
        self.known.taken[title] += 1
        if person.kind is Kind.COMPLAINS and is_first:
            self.known.complained_about.add(title)
        calls = [] if is_repeated else list(self._answers.of(person, letter, is_first=is_first))
        if person.is_forged and is_first:
            calls += self._answers.forged(person, letter)
        for call in calls:
            self._unanswered[person.user_id] = self._unanswered.get(person.user_id, 0) + 1
            self._waiting.put_nowait((self._random.random(), self._waiting.qsize(), person, call))
        if self._kill_at and self.known.taken.total() >= self._kill_at[0]:
            self._kill_at.pop(0)
            self._kill_a_worker()

    def _kill_a_worker(self) -> None:
        worker = self._workers.pop(self._random.randrange(len(self._workers)))
        os.killpg(worker.process.pid, signal.SIGKILL)
        self.kills += 1

    async def run(
        self, service: httpx2.AsyncClient, database: Database, listener: int, webhooks: Webhooks
    ) -> list[Message]:
        """Play all of it; returns what the service shows at the end."""
        self._service, self._database = service, database

        async def hand_in(recipient: str, content: bytes) -> bool:
            async def took() -> tuple[bool] | None:
                try:
                    return (await asyncio.to_thread(send_mail, listener, recipient, content),)
                except OSError:
                    return None  # the worker that listened was killed; another one takes over

            (answer,) = await eventually(took)
            return bool(answer)

        self._answers = Answers(service, hand_in, self._random)
        everybody = list(self.people.values())
        await self._prefer(everybody)
        await webhooks.create(service)
        await self._submit("first", everybody)
        self._kill_at = [len(everybody) // 4, len(everybody)]
        try:
            await self._work(everybody)
        finally:
            await asyncio.to_thread(self._stack.close)
        return await self._results()

    async def _work(self, everybody: Sequence[Person]) -> None:
        await asyncio.gather(*(self._start_worker() for _ in range(2)))
        callers = [asyncio.create_task(self._call()) for _ in range(AT_ONCE)]
        try:
            half = len(everybody) // 2
            await self._until(lambda: self.known.taken.total() >= half, callers)
            await self._start_worker()
            await self._submit("second", [one for one in everybody if one.gets_second_early])
            await self._until(lambda: not self._kill_at, callers)
            await self._start_worker()
            await self._until(lambda: self._waiting.empty() and not self._unanswered, callers)
            await eventually(lambda: self._is_none(_OPEN))
            await self._until(lambda: self._waiting.empty() and not self._unanswered, callers)
            await self._submit("second", [one for one in everybody if not one.gets_second_early], is_late=True)
            await eventually(lambda: self._is_none(_OPEN))
            await self._until(lambda: self._waiting.empty() and not self._unanswered, callers)
            await eventually(lambda: self._is_none(_UNSENT_EVENTS))
        finally:
            for caller in callers:
                caller.cancel()

    async def _until(self, question: Callable[[], bool], callers: Iterable["asyncio.Task[None]"]) -> None:
        async def answered() -> bool:
            await asyncio.sleep(POLL)
            for caller in callers:
                if caller.done():
                    caller.result()
            return question()

        await eventually(answered)

    async def _start_worker(self) -> None:
        folder = self._folder / f"worker-{len(self._workers)}-{self.kills}-{self._random.random()}"
        folder.mkdir()
        start = partial(running, folder, "worker", ready="worker.started", settings=self._settings)
        self._workers.append(await asyncio.to_thread(lambda: self._stack.enter_context(start())))

    async def _call(self) -> None:
        """Make one waiting call after the other, and note when a refusal was answered."""
        while True:
            _, _, person, call = await self._waiting.get()
            await call.make()
            if call.says_no:
                self.known.said_no_at.setdefault(person.user_id, Clock().now())
            self._unanswered[person.user_id] -= 1
            if not self._unanswered[person.user_id]:
                del self._unanswered[person.user_id]

    async def _prefer(self, everybody: Sequence[Person]) -> None:
        rows = [{"user_id": one.user_id, "email_enabled": True, "sms_enabled": True} for one in everybody]
        for start in range(0, len(rows), BATCH):
            answer = await self._service.post(
                f"{API}/preferences/batch", json={"preferences": rows[start : start + BATCH]}
            )
            assert answer.is_success, answer.text

    async def _submit(self, kind: str, people: Sequence[Person], *, is_late: bool = False) -> None:
        bodies = [_notification(kind, one) for one in people]
        for start in range(0, len(bodies), BATCH):
            part = bodies[start : start + BATCH]
            answer = await self._service.post(f"{API}/notifications/batch", json={"notifications": part})
            results = answer.json()["results"]
            for person, result in zip(people[start : start + BATCH], results, strict=True):
                assert "id" in result, result
                self._titles[result["id"]] = (person, is_late)

    async def _is_none(self, query: str) -> bool:
        # The workers need the processor more than this question does.
        await asyncio.sleep(POLL)
        async with self._database.reading() as connection:
            return not (await connection.execute(text(query))).all()

    async def _results(self) -> list[Message]:
        attempts = await self._attempts()
        messages, cursor = [], None
        while True:
            params: dict[str, Any] = {"limit": 100} | ({"cursor": cursor} if cursor else {})
            page = (await self._service.get(f"{API}/notifications", params=params)).json()
            for item in page["items"]:
                person, is_late = self._titles.pop(item["id"])
                its = attempts.get(item["id"], [])
                messages.append(
                    Message(
                        item["id"],
                        person,
                        item["title"],
                        is_late,
                        item["status"],
                        item["reason_codes"],
                        claims=[claimed_at for claimed_at, _ in its],
                        unknown=sum(outcome in (None, "unknown") for _, outcome in its),
                    )
                )
            if (cursor := page["next"]) is None:
                assert not self._titles, f"{len(self._titles)} notifications are missing"
                return messages

    async def _attempts(self) -> dict[str, list[tuple[Any, str | None]]]:
        """The beginnings of claims and the outcomes of all attempts, by notification: the API shows no claims."""
        found: dict[str, list[tuple[Any, str | None]]] = {}
        async with self._database.reading() as connection:
            for id_, claimed_at, outcome in await connection.execute(text(_ATTEMPTS)):
                moment = claimed_at if hasattr(claimed_at, "tzinfo") else read_time(claimed_at)
                found.setdefault(str(UUID(str(id_))), []).append((moment, outcome))
        return found


def _notification(kind: str, person: Person) -> dict[str, Any]:
    is_email = person.channel == "email"
    own = {
        "user_email": person.address if is_email else None,
        "user_phone_number": None if is_email else person.address,
    }
    # An email of this category may be unsubscribed from; an SMS of the other one may be sent at any hour.
    category = "listing_alert" if is_email else "account"
    body = {"title": f"{kind} {person.user_id}", "message": "3 bedrooms", "user_id": person.user_id}
    return {**body, **own, "channels": [person.channel], "category": category}

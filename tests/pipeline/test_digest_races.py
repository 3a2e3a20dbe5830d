"""Invariant I14: every collected item is in exactly one digest, whatever dies and whoever else is at work."""

import asyncio
import signal
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import pytest
from sqlalchemy import text

from property_alert_notification.base.clock import Clock
from property_alert_notification.base.settings import Settings
from property_alert_notification.base.vocabulary import Frequency
from property_alert_notification.database import Script
from property_alert_notification.digests.close import close_due, process_ended
from property_alert_notification.homes.alerts.before_sending.refresh.scripts import refreshed
from tests.cli.command import running
from tests.pipeline.conftest import STORES
from tests.pipeline.test_digests import a_user, accept, planner, their_time_comes, windows
from tests.pipeline.test_failures import worker_environment
from tests.pipeline.world import World
from tests.services.process import PATIENCE
from tests.services.smtp import Mail, SmtpServer

USERS = range(1, 9)
ITEMS = 3
Result = TypeVar("Result")


class Died(Exception):
    """The worker is no more."""


def die_after(steps: int, script: Script[Result]) -> Script[Result]:
    """The script of a worker that dies when so many of its statements have been done."""
    step = next(script)
    for _ in range(steps):
        rows: list[Sequence[Any]] = yield step
        try:
            step = script.send(rows)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]
    raise Died


async def dies_at_each_statement(world: World, script: Any) -> int:
    """Have a worker die at each statement in turn; returns after how many it came to its end."""
    steps = 0
    while True:
        try:
            await world.parts.database.run(die_after(steps, script()))
        except Died:
            steps += 1
        else:
            return steps


async def collect(world: World) -> list[UUID]:
    items: list[UUID] = []
    for user in USERS:
        await a_user(world, Frequency.DAILY, user)
        items += await accept(world, ITEMS, user)
    await their_time_comes(world)
    return items


async def test_each_item_is_in_one_digest_although_workers_die_at_each_statement(world: World) -> None:
    items = await collect(world)
    died = await dies_at_each_statement(world, lambda: close_due(planner(world), refreshed, limit=len(USERS)))
    assert died >= 6  # windows, items, preferences, twice the rows of the digests, items, windows

    await assert_that_each_is_in_one_digest(world, items)
    async with world.parts.database.transaction() as connection:
        await connection.execute(text("UPDATE deliveries SET state = 'sent', due_at = NULL WHERE due_at IS NOT NULL"))
    digests = [window["digest_id"] for window in await windows(world)]
    await dies_at_each_statement(world, lambda: process_ended(digests, planner(world), refreshed))
    assert {(await world.delivery(one)).state for one in items} == {"sent"}


async def test_several_workers_make_one_digest_of_each_window(world: World) -> None:
    items = await collect(world)

    async def work() -> int:
        made = 0
        while turn := await world.parts.database.run(close_due(planner(world), refreshed, limit=2)):
            made += turn.digests
            if not turn.windows:
                return made
        return made

    while await still_open(world):  # a window that another worker had locked is left to that one
        await asyncio.gather(*(work() for _ in range(3)))
    await assert_that_each_is_in_one_digest(world, items)


async def test_a_delivery_that_joins_while_windows_close_is_in_one_digest(world: World) -> None:
    items = await collect(world)

    async def join(user: int) -> None:
        items.extend(await accept(world, ITEMS, user))

    async def close() -> None:
        while (await world.parts.database.run(close_due(planner(world), refreshed, limit=2))).windows:
            pass

    await asyncio.gather(*(join(user) for user in USERS), close(), close())
    await close()  # a window that a delivery was joining was left out
    waiting = [one for one in items if (await world.delivery(one)).reason_code == "collected"]
    carried = [one for one in items if one not in waiting]
    assert set(items[: len(USERS) * ITEMS]) <= set(carried)
    await assert_that_each_is_in_one_digest(world, carried)
    holders = {(await world.delivery(one)).held_by for one in waiting}
    looked_at = {f"digest:{one['id']}" for one in await windows(world) if one["due_at"] is not None}
    assert holders <= looked_at  # a worker will look at each of their windows once more


@pytest.mark.parametrize("store", STORES)
async def test_each_item_is_in_one_digest_although_the_process_that_made_them_is_killed(
    store: str, make_settings: Callable[..., Settings], smtp_server: SmtpServer, tmp_path: Path
) -> None:
    settings = make_settings(store, lease=2)
    async with World(settings, smtp_server, clock=Clock()) as world:  # the worker's process has the machine's time
        items, arrived, released = await collect(world), threading.Event(), threading.Event()

        def hang(_mail: Mail) -> str:
            arrived.set()
            return "250 ok" if released.wait(PATIENCE) else "451 too late"

        smtp_server.answer = hang
        try:
            environment = worker_environment(settings, smtp_server)
            with running(tmp_path, "worker", ready="worker.started", settings=environment) as worker:
                assert await asyncio.to_thread(arrived.wait, PATIENCE)
                worker.process.send_signal(signal.SIGKILL)
                worker.process.wait(PATIENCE)
        finally:
            released.set()

        await world.a_worker()
        for item in items:
            await world.until(item, "sent")

        await assert_that_each_is_in_one_digest(world, items)


async def still_open(world: World) -> bool:
    return any(window["closed_at"] is None for window in await windows(world))


async def assert_that_each_is_in_one_digest(world: World, items: list[UUID]) -> None:
    """And each digest says as many as it has, and is one notification with one delivery."""
    carried_by = Counter([(await world.delivery(one)).digest_id for one in items])
    made = {window["digest_id"]: window["items"] for window in await windows(world) if window["digest_id"]}
    assert dict(carried_by) == made
    async with world.parts.database.reading() as connection:
        count = text(
            "SELECT count(*) FROM deliveries d JOIN notifications n ON n.id = notification_id WHERE category = 'digest'"
        )
        assert (await connection.execute(count)).scalar_one() == len(made)

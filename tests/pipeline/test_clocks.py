"""Processes on machines whose clocks are wrong, on one PostgreSQL: nothing is early, late, stolen or lost."""

import re
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from property_alert_notification.base.clock import Clock, time_of
from property_alert_notification.base.errors import StoreUnavailable
from property_alert_notification.base.settings import Settings
from property_alert_notification.database import Database
from property_alert_notification.notification_worker.worker import Worker
from property_alert_notification.operators.health import check
from property_alert_notification.wiring import Parts, assemble
from tests.pipeline.world import World, eventually
from tests.services.smtp import TAKEN, Mail, SmtpServer

HOUR = 3600.0
EXACT = timedelta(seconds=0.5)
"""A clock that follows another is wrong by half the time of an answer, at most: little, but not nothing."""


class WrongClock(Clock):
    """Of a machine that is this many seconds ahead."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds = seconds

    def machine_time(self) -> int:
        return super().machine_time() + round(self.seconds * 1e9)


@pytest.fixture
async def world(make_settings: Callable[..., Settings], smtp_server: SmtpServer) -> AsyncIterator[World]:
    """On PostgreSQL, by a machine whose clock is right."""
    async with World(make_settings("postgresql"), smtp_server, clock=Clock()) as world:
        yield world


@asynccontextmanager
async def a_process(world: World, seconds: float) -> AsyncIterator[Parts]:
    """The parts of one more process, on a machine that is this far ahead."""
    async with assemble(world.settings, clock=WrongClock(seconds)) as parts:
        yield parts


@pytest.mark.parametrize("seconds", [HOUR, 30, -HOUR])
async def test_wrong_workers_send_nothing_early_and_let_nothing_expire(world: World, seconds: float) -> None:
    arrived: dict[str, float] = {}

    def note(mail: Mail) -> str:
        arrived[str(mail.parsed()["Subject"])] = time.time()
        return TAKEN

    world.smtp.answer = note
    await world.a_user()
    now = datetime.now(UTC)
    send_at, expires_at = now + timedelta(seconds=3), now + timedelta(minutes=20)
    scheduled = [await world.accept(title=f"later {n}", send_at=send_at) for n in range(10)]
    expiring = [await world.accept(title=f"soon {n}", expires_at=expires_at) for n in range(10)]

    async with AsyncExitStack() as stack:
        for _ in range(2):
            parts = await stack.enter_async_context(a_process(world, seconds))
            await stack.enter_async_context(Worker(parts))
        details = [await world.until(one, "sent") for one in (*scheduled, *expiring)]

    assert [len(one.deliveries[0].attempts) for one in details] == [1] * 20
    assert len(world.smtp.mails) == 20
    assert min(at for title, at in arrived.items() if title.startswith("later")) >= (send_at - EXACT).timestamp()
    began = [detail.deliveries[0].attempts[0].started_at for detail in details]
    assert now - EXACT <= min(began) <= max(began) <= datetime.now(UTC) + EXACT


@pytest.mark.parametrize("seconds", [HOUR, 30, -HOUR])
async def test_a_wrong_worker_steals_no_lease_and_leaves_none_that_ran_out(world: World, seconds: float) -> None:
    await world.a_user()
    held, abandoned = [(await world.delivery(await world.accept())).id for _ in range(2)]
    await world.claim(held, lease=20)
    await world.claim(abandoned, lease=-1)
    right = world.parts

    async with a_process(world, seconds) as world.parts:
        assert await world.a_rescuer().rescue() == 1
    world.parts = right


@pytest.mark.parametrize("seconds", [HOUR, -HOUR])
async def test_what_a_wrong_api_accepts_is_due_at_once_and_its_ids_say_when(world: World, seconds: float) -> None:
    await world.a_user()
    before = datetime.now(UTC)
    right = world.parts
    async with a_process(world, seconds) as world.parts:
        notification = await world.accept()
    world.parts = right
    await world.a_worker()

    await world.until(notification, "sent")

    assert before - EXACT <= time_of(notification) <= datetime.now(UTC) + EXACT


async def test_readiness_and_a_metric_have_the_error_of_a_clock_and_a_log_has_its_changes(world: World) -> None:
    with capture_logs() as logs:
        async with a_process(world, HOUR) as parts:
            await eventually(lambda: _logged(logs, 1))
            readiness = await check(parts)
            figures = parts.metrics.render().decode()

    assert readiness.status == "ready"
    # An answer that takes long leaves it open by how much.
    assert re.fullmatch(
        r"This machine's clock is 3,(59|60)\d s ahead of that of PostgreSQL, which counts here: "
        r"set both by a time server\.",
        readiness.store.problem or "",
    )
    (ahead,) = [line for line in figures.splitlines() if line.startswith("property_alerts_clock_ahead_seconds ")]
    assert abs(float(ahead.split()[1]) - HOUR) < 10
    assert (await check(world.parts)).store.problem is None


async def _logged(logs: list[dict[str, object]], count: int) -> bool:
    return sum(entry["event"] == "clock.differs" for entry in logs) >= count


async def test_nothing_is_written_by_a_wrong_clock_before_the_stores_is_known(migrated_postgres_url: str) -> None:
    wrong, right = [Database(migrated_postgres_url, wait=30, clock=WrongClock(seconds)) for seconds in (HOUR, 0)]
    try:
        with pytest.raises(StoreUnavailable):
            await _write(wrong)
        await _write(wrong)
        await _write(right)
    finally:
        await wrong.close()
        await right.close()


async def _write(database: Database) -> None:
    async with database.transaction() as connection:
        await connection.execute(text("SELECT 1"))

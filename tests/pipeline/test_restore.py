"""Backup and restore, done as docs/operations.md says, with the commands of that page."""

import asyncio
import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest

from property_alert_notification.base.settings import Settings
from tests.pipeline.world import World
from tests.services.postgres import find_programs
from tests.services.program import BIN, ROOT, environment
from tests.services.smtp import SmtpServer

PAGE = (ROOT / "docs/operations.md").read_text()
SECTION = PAGE[PAGE.index("## Backup\n") : PAGE.index("## Upgrade\n")]
BLOCKS = re.findall(r"```bash\n(.*?)```", SECTION, re.DOTALL)
BACKUP = {"sqlite": BLOCKS[0], "postgresql": BLOCKS[1]}
RESTORE = {"sqlite": BLOCKS[2], "postgresql": BLOCKS[3]}

OF_TOMORROW = (
    "CREATE TABLE of_tomorrow (delivery_id INT)",
    "ALTER TABLE deliveries ADD COLUMN of_tomorrow INT",
    "CREATE INDEX ix_of_tomorrow ON deliveries (of_tomorrow)",
    "UPDATE alembic_version SET version_num = '9000'",
)


@pytest.mark.parametrize("store", ["sqlite", "postgresql"])
async def test_a_backup_under_load_is_restored_after_an_upgrade_and_sends_nothing_by_itself(
    tmp_path: Path, make_settings: Callable[..., Settings], smtp_server: SmtpServer, store: str
) -> None:
    settings = make_settings(store)
    async with World(settings, smtp_server) as world:
        await world.a_user()
        backed_up = [await world.accept() for _ in range(3)]
        meanwhile = await _while_accepting(world, lambda: _run(BACKUP[store], settings, tmp_path))
        later = await world.accept()
        for statement in OF_TOMORROW:
            async with world.parts.database.transaction() as connection:
                await connection.exec_driver_sql(statement)
        await world.a_worker()
        for notification in (*backed_up, *meanwhile, later):
            await world.until(notification, "sent")
    smtp_server.clear()

    await asyncio.to_thread(_run, RESTORE[store], settings, tmp_path)

    async with World(settings, smtp_server) as world:
        await world.a_worker()
        for notification in backed_up:
            assert (await world.until_delivery(notification, "held")).reason == "sending of everything is paused"
        assert not await world.exists(later)
        assert smtp_server.mails == []
        await asyncio.to_thread(_run, "property-alerts resume", settings, tmp_path)
        for notification in backed_up:
            await world.until(notification, "sent")


async def _while_accepting(world: World, work: Callable[[], None]) -> list[UUID]:
    """What was accepted while this was done in a thread."""
    working = asyncio.create_task(asyncio.to_thread(work))
    accepted = []
    while not working.done():
        accepted.append(await world.accept())
        await asyncio.sleep(0.01)  # leaves the processor to the work
    await working
    return accepted


def _run(commands: str, settings: Settings, folder: Path) -> None:
    url = settings.database_url.replace("+asyncpg", "").replace("+aiosqlite", "")
    programs = find_programs()
    paths = [str(BIN), *([str(programs)] if programs else []), os.environ["PATH"]]
    done = subprocess.run(
        ["sh", "-eu", "-c", commands.replace("app.db", "alerts.db")],
        cwd=folder,
        env=environment(DATABASE_URL=url) | {"PATH": ":".join(paths)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr

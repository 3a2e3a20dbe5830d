"""Tells how far an experiment is, and ends it when the service breaks by itself."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from chaos.journal import Journal
from chaos.stage import Stage

EVERY = 2.0
"""Seconds between two lines."""


@asynccontextmanager
async def tell_progress(stage: Stage, journal: Journal, keys: int, say: Callable[[str], None]) -> AsyncIterator[None]:
    """Tell it until the block ends.

    Raises:
        ServiceFailed: a process ended that nobody killed; in a group of exceptions.
    """
    async with asyncio.TaskGroup() as tasks:
        telling = tasks.create_task(_tell(stage, journal, keys, say))
        yield
        telling.cancel()


async def _tell(stage: Stage, journal: Journal, keys: int, say: Callable[[str], None]) -> None:
    while True:
        await asyncio.sleep(EVERY)
        stage.raise_if_ended()
        sent = f", {len(stage.smtp.mails):,} emails" if stage.workers else ""
        say(
            f"{journal.accepted:,} of {keys:,} accepted by {journal.calls:,} calls, {journal.kills.total()} kills{sent}"
        )

"""Twenty calls with one key at the same moment on two API processes that are killed: one notification for each key."""

import asyncio
import time
from collections.abc import Callable, Iterator
from random import Random

from chaos import ledger
from chaos.caller import Caller, notification
from chaos.journal import Journal
from chaos.nemesis import Nemesis
from chaos.outcome import Effort, Outcome
from chaos.progress import tell_progress
from chaos.stage import Stage, StoreName, open_stage

FULL = Effort(keys=1_000, kills=20)
QUICK = Effort(keys=100, kills=2)

RACERS = 20
"""Calls with the same key at once, half of them on each process."""

AT_ONCE = 4
"""Keys that are raced for at the same time."""


def run(store: StoreName, effort: Effort, seed: int, say: Callable[[str], None]) -> Outcome:
    """Race, kill, and count. Nothing is delivered here, so there is neither a worker nor RabbitMQ."""
    with open_stage(store, workers=0) as stage:
        return asyncio.run(perform(stage, effort, seed, say))


async def perform(stage: Stage, effort: Effort, seed: int, say: Callable[[str], None]) -> Outcome:
    """The same on a stage that is open, and stays open."""
    journal, began = Journal(), time.monotonic()
    api_key = await asyncio.to_thread(stage.create_key, "chaos")
    nemesis = Nemesis(journal, effort.keys, Random(seed + 1))
    async with (
        tell_progress(stage, journal, effort.keys, say),
        Caller(stage.urls, api_key, journal, Random(seed), connections=AT_ONCE * RACERS) as caller,
        asyncio.TaskGroup() as tasks,
    ):
        for api in stage.apis:
            tasks.create_task(nemesis.haunt(api, "api", effort.kills // len(stage.apis)))
        await _race_for_all(caller, effort.keys)
        journal.is_over = True
    stored = await ledger.stored_ids(stage.database_url)
    answered = journal.all_ids()
    return Outcome(
        experiment="races",
        store=stage.store,
        seed=seed,
        keys=effort.keys,
        accepted=journal.accepted,
        calls=journal.calls,
        repeated=journal.calls - effort.keys * RACERS,
        api_kills=journal.kills["api"],
        broker_kills=0,
        notifications=len(stored),
        emails=None,
        lost=len(answered - set(stored)),
        duplicates=len(set(stored) - answered),
        seconds=time.monotonic() - began,
        wrong=dict(journal.wrong),
    )


async def _race_for_all(caller: Caller, keys: int) -> None:
    numbers = iter(range(keys))
    await asyncio.gather(*(_race_for_some(caller, numbers) for _ in range(AT_ONCE)))


async def _race_for_some(caller: Caller, numbers: Iterator[int]) -> None:
    for number in numbers:
        body = notification(number)
        await asyncio.gather(
            *(caller.hand_over(f"viewing-{number}", body, first=racer) for racer in range(RACERS)),
        )

"""Keyed calls while both API processes and RabbitMQ are killed: each is accepted once, and its email sent once."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator
from random import Random

from chaos import ledger
from chaos.caller import Caller, address, notification
from chaos.journal import Journal
from chaos.nemesis import Nemesis
from chaos.outcome import Effort, Outcome
from chaos.progress import tell_progress
from chaos.stage import Stage, StoreName, open_stage

FULL = Effort(keys=10_000, kills=60)
QUICK = Effort(keys=300, kills=6)

WORKERS = 2
CONNECTIONS = 64

BROKER_SHARE = 6
"""Kills of API processes for each one of RabbitMQ, which takes longer to come back."""

REPEATED = 0.05
"""The share of calls that are made once more although they were answered."""

DRAINED_WITHIN = 180.0
"""Seconds that the workers have for what is left when every call is answered."""


def run(store: StoreName, effort: Effort, seed: int, say: Callable[[str], None]) -> Outcome:
    """Call, kill, wait until everything is sent, and count."""
    # SQLite holds one writer at a time: a second worker only waits.
    with open_stage(store, workers=1 if store is StoreName.SQLITE else WORKERS) as stage:
        return asyncio.run(perform(stage, effort, seed, say))


async def perform(stage: Stage, effort: Effort, seed: int, say: Callable[[str], None]) -> Outcome:
    """The same on a stage that is open; it is stopped at the end."""
    journal, dice, began = Journal(), Random(seed), time.monotonic()
    api_key = await asyncio.to_thread(stage.create_key, "chaos")
    nemesis = Nemesis(journal, effort.keys, Random(seed + 1))
    async with (
        tell_progress(stage, journal, effort.keys, say),
        Caller(stage.urls, api_key, journal, dice, connections=CONNECTIONS) as caller,
    ):
        async with asyncio.TaskGroup() as tasks:
            for api in stage.apis:
                tasks.create_task(nemesis.haunt(api, "api", effort.kills // len(stage.apis)))
            if stage.rabbitmq is not None:
                tasks.create_task(nemesis.haunt(stage.rabbitmq, "rabbitmq", effort.kills // BROKER_SHARE))
            await _call_all(caller, journal, effort.keys, dice)
        if not await ledger.wait_until_ended(stage.database_url, patience=DRAINED_WITHIN):
            journal.wrong["not everything was sent in time"] += 1
    await asyncio.to_thread(stage.stop_service)
    return await _count(stage, journal, effort, seed, seconds=time.monotonic() - began)


async def _call_all(caller: Caller, journal: Journal, keys: int, dice: Random) -> None:
    numbers = iter(range(keys))
    await asyncio.gather(*(_call_some(caller, journal, numbers, dice) for _ in range(CONNECTIONS)))
    journal.is_over = True


async def _call_some(caller: Caller, journal: Journal, numbers: Iterator[int], dice: Random) -> None:
    for number in numbers:
        key, body = f"viewing-{number}", notification(number)
        answer = await caller.hand_over(key, body, first=number)
        if answer is not None and dice.random() < REPEATED:
            again = await caller.hand_over(key, body, first=number + 1)
            if again is not None and not again.replayed:
                journal.wrong["a repetition that does not say so"] += 1


async def _count(stage: Stage, journal: Journal, effort: Effort, seed: int, *, seconds: float) -> Outcome:
    stored = await ledger.stored_ids(stage.database_url)
    received = Counter(recipient for mail in stage.smtp.mails for recipient in mail.recipients)
    if strange := journal.all_ids() ^ set(stored):
        journal.wrong["ids that only the callers or only the store know"] += len(strange)
    return Outcome(
        experiment="accept_once",
        store=stage.store,
        seed=seed,
        keys=effort.keys,
        accepted=journal.accepted,
        calls=journal.calls,
        repeated=journal.calls - effort.keys,
        api_kills=journal.kills["api"],
        broker_kills=journal.kills["rabbitmq"],
        notifications=len(stored),
        emails=received.total(),
        lost=sum(address(number) not in received for number in range(effort.keys)),
        duplicates=received.total() - len(received),
        seconds=seconds,
        wrong=dict(journal.wrong),
    )

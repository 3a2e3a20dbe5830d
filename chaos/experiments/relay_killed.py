"""A worker is killed right after it has marked deliveries as published, before or while it publishes them."""

import asyncio
from contextlib import suppress

from chaos import store_reader
from chaos.experiment import Bound, Experiment
from chaos.plan import Load
from chaos.server import Server
from chaos.trial import Trial
from tests.services.process import ServiceFailed

BACKLOGS = (0.3, 0.6, 0.9)
"""Shares of the load at which a worker finds deliveries that are not published yet."""

GAP = 0.02
"""Seconds between the mark and the broker's last confirm, about."""


async def _disturb(trial: Trial) -> None:
    await asyncio.gather(*(trial.in_thread(worker.stop) for worker in trial.cluster.workers))
    for backlog in BACKLOGS:
        await trial.until_accepted(backlog)
        trial.note_fault(workers=1)
        await _kill_when_it_publishes(trial, trial.random.choice(trial.cluster.workers))
    await trial.until_accepted(1.0)


async def _kill_when_it_publishes(trial: Trial, worker: Server) -> None:
    async with store_reader.watch_published(trial.cluster.database_url) as last:
        before = await last()
        starting = asyncio.create_task(trial.in_thread(worker.start))
        while await last() <= before:
            pass  # each look takes a millisecond, and the gap is short
        await asyncio.sleep(trial.random_seconds(0, GAP))
        await trial.in_thread(worker.kill)
        with suppress(ServiceFailed):  # it may have ended before it said that it works
            await starting


EXPERIMENT = Experiment(
    id="B2",
    question="Workers are killed while they publish what is due: is every delivery published again?",
    disturb=_disturb,
    trials=40,
    bound=Bound.ON_THE_WIRE,
    load=Load(count=300, rate=40),
)

"""A worker is killed as soon as it has marked what it is about to ring for, before or while it tells the broker."""

import asyncio
from contextlib import suppress

from chaos import ledger
from chaos.experiment import Bound, Experiment
from chaos.plan import Load
from chaos.server import Server
from chaos.trial import Trial
from tests.services.process import ServiceFailed

BACKLOGS = (0.3, 0.6, 0.9)
"""Shares of the load at which a worker finds what nobody has rung for yet."""

GAP = 0.02
"""Seconds between the mark and the broker's last confirm, about."""


async def _disturb(trial: Trial) -> None:
    await asyncio.gather(*(trial.off(worker.stop) for worker in trial.stage.workers))
    for backlog in BACKLOGS:
        await trial.until_accepted(backlog)
        trial.strike(workers=1)
        await _kill_when_it_rings(trial, trial.dice.choice(trial.stage.workers))
    await trial.until_accepted(1.0)


async def _kill_when_it_rings(trial: Trial, worker: Server) -> None:
    async with ledger.marks(trial.stage.database_url) as last:
        before = await last()
        starting = asyncio.create_task(trial.off(worker.start))
        while await last() <= before:
            pass  # each look takes a millisecond, and the gap is short
        await asyncio.sleep(trial.a_moment(0, GAP))
        await trial.off(worker.kill)
        with suppress(ServiceFailed):  # it may have ended before it said that it works
            await starting


EXPERIMENT = Experiment(
    id="B2",
    question="Workers are killed while they tell the broker what is due: is everything rung for again?",
    disturb=_disturb,
    trials=40,
    bound=Bound.ON_THE_WIRE,
    load=Load(count=300, rate=40),
)

"""Matchers, workers and PostgreSQL are killed again and again while listings change."""

import asyncio
from collections.abc import Sequence
from functools import partial

from chaos.experiment import Bound, Experiment
from chaos.experiments.store_killed import kill_store
from chaos.homes.trial import HomesTrial, Kill
from chaos.plan import Load, Plan
from chaos.server import Server
from chaos.trial import Trial

PAUSE = (2.0, 8.0)
"""Seconds between two kills of the same process."""

STORE_PAUSE = (6.0, 15.0)

SETTINGS = {"LISTING_RETENTION_DAYS": "36500"}  # these homes were sold years ago


def kills_of(trial: Trial, servers: Sequence[Server]) -> list[Kill]:
    """For each of these a kill after a while."""

    async def kill(server: Server) -> None:
        await asyncio.sleep(trial.random_seconds(*PAUSE))
        await trial.kill(server)

    return [partial(kill, server) for server in servers]


async def _disturb(trial: Trial) -> None:
    async def kill_the_store() -> None:
        await asyncio.sleep(trial.random_seconds(*STORE_PAUSE))
        await kill_store(trial)

    await HomesTrial(trial).run([*kills_of(trial, trial.cluster.background), kill_the_store])


EXPERIMENT = Experiment(
    id="B39",
    question="Matchers, workers and PostgreSQL are killed while listings change: is each user told of each fact once?",
    disturb=_disturb,
    trials=2,
    bound=Bound.ON_THE_WIRE,
    plan=Plan(workers=3, matchers=2, settings=SETTINGS),
    load=Load(count=0),
    longest=900,
)

"""Matchers, workers and PostgreSQL are killed again and again while listings change."""

import asyncio
from functools import partial

from chaos.experiment import Bound, Experiment
from chaos.experiments.store_killed import kill_store
from chaos.homes.trial import HomesTrial
from chaos.plan import Load, Plan
from chaos.server import Server
from chaos.trial import Trial

PAUSE = (0.5, 3.0)
"""Seconds between two kills of the same kind."""

STORE_PAUSE = (6.0, 15.0)

SETTINGS = {"LISTING_RETENTION_DAYS": "36500"}  # these homes were sold years ago


async def kill_one_of(trial: Trial, servers: list[Server]) -> None:
    """Kill one of these after a while."""
    await asyncio.sleep(trial.random_seconds(*PAUSE))
    await trial.kill_one(servers)


async def _kill_store(trial: Trial) -> None:
    await asyncio.sleep(trial.random_seconds(*STORE_PAUSE))
    await kill_store(trial)


async def _disturb(trial: Trial) -> None:
    matchers, workers = trial.cluster.matchers, trial.cluster.workers
    kills = [partial(kill_one_of, trial, matchers), partial(kill_one_of, trial, workers), partial(_kill_store, trial)]
    await HomesTrial(trial).run(kills)


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

"""Everything that writes to the SQLite file is killed again and again while listings change."""

from dataclasses import replace

from chaos.experiments.homes import EXPERIMENT as HOMES
from chaos.experiments.homes import kills_of
from chaos.homes.trial import HomesTrial
from chaos.plan import StoreName
from chaos.trial import Trial


async def _disturb(trial: Trial) -> None:
    await HomesTrial(trial).run(kills_of(trial, trial.cluster.servers))


EXPERIMENT = replace(
    HOMES,
    id="B39b",
    question="As B39 on SQLite, where every process that writes is killed: is each user told of each fact once?",
    disturb=_disturb,
    plan=replace(HOMES.plan, store=StoreName.SQLITE),
)

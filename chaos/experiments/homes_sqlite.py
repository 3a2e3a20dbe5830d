"""Everything that writes to the SQLite file is killed again and again while listings change."""

from dataclasses import replace
from functools import partial

from chaos.experiments.homes import EXPERIMENT as HOMES
from chaos.experiments.homes import kill_one_of
from chaos.homes.trial import HomesTrial
from chaos.plan import StoreName
from chaos.trial import Trial


async def _disturb(trial: Trial) -> None:
    cluster = trial.cluster
    groups = (cluster.matchers, cluster.workers, cluster.apis)
    await HomesTrial(trial).run([partial(kill_one_of, trial, servers) for servers in groups])


EXPERIMENT = replace(
    HOMES,
    id="B39b",
    question="As B39 on SQLite, where every process that writes is killed: is each user told of each fact once?",
    disturb=_disturb,
    plan=replace(HOMES.plan, store=StoreName.SQLITE),
)

"""Ten thousand calls, each repeated until it is answered, while both API processes and RabbitMQ are killed."""

import asyncio

from chaos.experiment import Experiment
from chaos.plan import Load
from chaos.trial import Trial


async def _disturb(trial: Trial) -> None:
    count = trial.load.count
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(_kill_apis(trial, times=max(3, count // 320)))
        tasks.create_task(_kill_the_broker(trial, times=max(1, count // 1_000)))


async def _kill_apis(trial: Trial, *, times: int) -> None:
    for moment in trial.random_shares(times):
        await trial.until_accepted(moment)
        await trial.kill_one(trial.cluster.apis)


async def _kill_the_broker(trial: Trial, *, times: int) -> None:
    for moment in trial.random_shares(times):
        await trial.until_accepted(moment)
        await trial.kill_broker()


EXPERIMENT = Experiment(
    id="A1",
    question="Both API processes and RabbitMQ are killed during 10,000 calls: is each of them accepted and sent once?",
    disturb=_disturb,
    trials=1,
    load=Load(count=10_000, rate=110),
)

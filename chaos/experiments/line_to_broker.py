"""The line between workers and RabbitMQ is cut, or nothing passes it any more."""

import asyncio

from chaos.experiment import Experiment
from chaos.plan import Load, Plan
from chaos.trial import Trial


async def _disturb(trial: Trial) -> None:
    line = trial.cluster.broker_line
    for moment in trial.random_shares(3, until=0.6):
        await trial.until_taken(moment)
        trial.note_fault()
        if trial.random.random() < 0.5:
            line.cut()
            continue
        line.stop()
        await asyncio.sleep(trial.random_seconds(2, 9))
        line.go_on()


EXPERIMENT = Experiment(
    id="B15",
    question="The line from workers to RabbitMQ is reset, or silent for up to 9 s: does everything arrive, once?",
    disturb=_disturb,
    trials=20,
    plan=Plan(proxied=True),
    load=Load(count=300, rate=60),
)

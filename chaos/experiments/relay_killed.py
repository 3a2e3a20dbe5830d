"""Workers are killed in the first moments in which they ring for a backlog."""

import asyncio

from chaos.experiment import Bound, Experiment, Load
from chaos.trial import Trial

ROUNDS = 4


async def _disturb(trial: Trial) -> None:
    for worker in trial.stage.workers:
        await trial.off(worker.stop)
    await trial.until_accepted(1.0)
    for _ in range(ROUNDS):
        worker = trial.dice.choice(trial.stage.workers)
        await trial.off(worker.start)
        await asyncio.sleep(trial.a_moment(0, 0.5))
        trial.strike(workers=1)
        await trial.off(worker.kill)


EXPERIMENT = Experiment(
    id="B2",
    question="Workers are killed while they tell the broker what is due: is everything rung for again?",
    disturb=_disturb,
    trials=60,
    bound=Bound.ON_THE_WIRE,
    load=Load(count=300, rate=400),
)

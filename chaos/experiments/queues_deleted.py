"""The queues are deleted under workers that listen to them and a relay that publishes to them."""

import asyncio

from chaos.experiment import Experiment
from chaos.plan import Load
from chaos.stage import queue_names, settle_queues
from chaos.trial import Trial


async def _disturb(trial: Trial) -> None:
    broker = trial.stage.broker
    await trial.until_taken(trial.moments(1, until=0.3)[0])
    doomed = trial.dice.sample(sorted(queue_names()), k=trial.dice.randint(1, 4))
    trial.strike()
    await asyncio.gather(*(trial.off(broker.ctl, "delete_queue", queue) for queue in doomed))
    await trial.off(settle_queues, broker)


EXPERIMENT = Experiment(
    id="B12",
    question="Queues are deleted while they are used: are they declared again, and is nothing silently dropped?",
    disturb=_disturb,
    trials=20,
    load=Load(count=600, rate=100),
)

"""The queues are deleted under workers that listen to them and a relay that publishes to them."""

import asyncio

from chaos.cluster import queue_names, settle_queues
from chaos.experiment import Experiment
from chaos.plan import Load
from chaos.trial import Trial


async def _disturb(trial: Trial) -> None:
    broker = trial.cluster.broker
    await trial.until_some_are_taken(0.3)
    doomed = trial.random.sample(sorted(queue_names()), k=trial.random.randint(1, 4))
    trial.note_fault()
    await asyncio.gather(*(trial.in_thread(broker.ctl, "delete_queue", queue) for queue in doomed))
    await trial.in_thread(settle_queues, broker)


EXPERIMENT = Experiment(
    id="B12",
    question="Queues are deleted while they are used: are they declared again, and is nothing silently dropped?",
    disturb=_disturb,
    trials=20,
    load=Load(count=600, rate=100),
)

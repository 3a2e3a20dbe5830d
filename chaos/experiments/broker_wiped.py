"""RabbitMQ loses everything it has: messages, queues, all."""

from chaos.cluster import settle_queues
from chaos.experiment import Experiment
from chaos.plan import Load
from chaos.trial import Trial


async def _disturb(trial: Trial) -> None:
    await trial.until_some_are_taken(0.4)
    trial.note_fault()
    await trial.in_thread(trial.cluster.broker.wipe)
    await trial.in_thread(trial.cluster.broker.start)
    await trial.in_thread(settle_queues, trial.cluster.broker)


EXPERIMENT = Experiment(
    id="B9",
    question="RabbitMQ is killed and everything it kept is deleted: is all of it published again?",
    disturb=_disturb,
    trials=10,
    load=Load(count=600, rate=200),
)

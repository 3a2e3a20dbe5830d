"""RabbitMQ loses everything it has: messages, queues, all."""

from chaos.experiment import Experiment
from chaos.plan import Load
from chaos.stage import settle_queues
from chaos.trial import Trial


async def _disturb(trial: Trial) -> None:
    await trial.until_taken(trial.moments(1, until=0.4)[0])
    trial.strike()
    await trial.off(trial.stage.broker.wipe)
    await trial.off(trial.stage.broker.start)
    await trial.off(settle_queues, trial.stage.broker)


EXPERIMENT = Experiment(
    id="B9",
    question="RabbitMQ is killed and everything it kept is deleted: is all of it rung for again?",
    disturb=_disturb,
    trials=10,
    load=Load(count=600, rate=200),
)

"""RabbitMQ is killed at work."""

from chaos.experiment import Experiment
from chaos.plan import Load
from chaos.trial import Trial


async def _disturb(trial: Trial) -> None:
    await trial.until_some_are_taken(0.5)
    await trial.kill_broker()


EXPERIMENT = Experiment(
    id="B6",
    question="RabbitMQ is killed under load and starts again: does everything arrive, once?",
    disturb=_disturb,
    trials=30,
    load=Load(count=300, rate=100),
)

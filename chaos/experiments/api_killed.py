"""Both API processes are killed while many callers race for each key."""

from chaos.experiment import Experiment, Load
from chaos.trial import Trial


async def _disturb(trial: Trial) -> None:
    for moment in trial.moments(4):
        await trial.until_accepted(moment)
        await trial.kill(trial.dice.choice(trial.stage.apis))


EXPERIMENT = Experiment(
    id="B1",
    question="API processes are killed while 20 callers race for each key: is each key accepted and sent once?",
    disturb=_disturb,
    trials=100,
    load=Load(count=40, rate=10, racers=20, replayed=True),
)

"""Both API processes are killed while many callers race for each key."""

from chaos.experiment import Experiment
from chaos.plan import Load
from chaos.trial import Trial


async def _disturb(trial: Trial) -> None:
    """Kill one or the other, four times or once for every fifty notifications."""
    for moment in trial.random_shares(max(4, trial.load.count // 50)):
        await trial.until_accepted(moment)
        await trial.kill_one(trial.cluster.apis)


EXPERIMENT = Experiment(
    id="B1",
    question="API processes are killed while 20 callers race for each key: is each key accepted and sent once?",
    disturb=_disturb,
    trials=50,
    load=Load(count=40, rate=10, racers=20, replayed=True),
)

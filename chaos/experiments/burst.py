"""Far more calls at once than the service takes in: what it cannot take it refuses."""

from chaos.experiment import Experiment
from chaos.plan import Load, Plan
from chaos.trial import Trial


async def _disturb(trial: Trial) -> None:
    trial.note_fault()
    await trial.until_accepted(1.0)
    refused = trial.call_log.statuses[503]
    if not refused or refused != trial.call_log.errors.total():
        trial.wrong["a burst that was not answered by 503"] += 1


EXPERIMENT = Experiment(
    id="B30",
    question="800 calls at once come to a service that takes 100: is each accepted or refused at once, and none lost?",
    disturb=_disturb,
    trials=8,
    plan=Plan(settings={"MAX_BACKLOG": "100"}),
    load=Load(count=800, rate=100_000),
)

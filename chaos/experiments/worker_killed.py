"""Workers are killed while messages are at their providers, some of which take their time to answer."""

from chaos.experiment import Bound, Experiment
from chaos.plan import Load
from chaos.provider.faults import HTTP, Fault
from chaos.trial import Trial


async def _disturb(trial: Trial) -> None:
    # The gap between "taken" and "written down" is made longer, so that kills fall into it.
    await trial.inject_faults(Fault("dot", late=0.1, share=0.3), Fault(HTTP, late=0.1, share=0.3))
    for moment in trial.random_shares(3, until=0.8):
        await trial.until_taken(moment)
        await trial.kill_one(trial.cluster.workers)


EXPERIMENT = Experiment(
    id="B3",
    question="Workers are killed while providers have taken messages that are not written down yet: what comes twice?",
    disturb=_disturb,
    trials=60,
    bound=Bound.ON_THE_WIRE,
    load=Load(count=200, rate=60),
)

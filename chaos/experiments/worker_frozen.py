"""A worker is frozen for longer than its lease, others take over, and it thaws."""

import asyncio

from chaos.experiment import Bound, Experiment
from chaos.plan import Load
from chaos.provider.faults import HTTP, Fault
from chaos.trial import Trial


async def _disturb(trial: Trial) -> None:
    await trial.inject_faults(Fault("dot", late=0.2, share=0.5), Fault(HTTP, late=0.2, share=0.5))
    worker = trial.random.choice(trial.cluster.workers)
    await trial.until_some_are_taken(0.6)
    # Not always when something was just taken: between claim and call, and between answer and commit, too.
    await asyncio.sleep(trial.random_seconds(0, 0.2))
    await trial.freeze(worker)


EXPERIMENT = Experiment(
    id="B4",
    question="A worker is frozen past its lease and thaws: can it change what others have taken over?",
    disturb=_disturb,
    trials=60,
    bound=Bound.ON_THE_WIRE,
    load=Load(count=200, rate=60),
)

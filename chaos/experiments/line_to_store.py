"""The line between workers and PostgreSQL is cut, silent or slow, while messages are at their providers."""

import asyncio

from chaos.experiment import Bound, Experiment
from chaos.plan import Load, Plan
from chaos.provider.faults import HTTP, Fault
from chaos.trial import Trial


async def _disturb(trial: Trial) -> None:
    line = trial.cluster.store_line
    await trial.inject_faults(Fault("dot", late=0.1, share=0.5), Fault(HTTP, late=0.1, share=0.5))
    await trial.until_some_are_taken(0.5)
    # A worker that cannot renew loses its claims to the other, when that one reaches the store first.
    trial.note_fault(workers=len(trial.cluster.workers))
    match trial.random.randrange(3):
        case 0:
            line.cut()
        case 1:
            line.stop()
            await asyncio.sleep(trial.random_seconds(1, 5))
            line.go_on()
        case _:
            line.delay(trial.random_seconds(0.1, 0.5))
            await asyncio.sleep(trial.random_seconds(2, 4))
            line.go_on()


EXPERIMENT = Experiment(
    id="B16",
    question="The line from workers to PostgreSQL breaks after a provider took a message: is the outcome kept?",
    disturb=_disturb,
    trials=40,
    bound=Bound.ON_THE_WIRE,
    plan=Plan(proxied=True),
    load=Load(count=200, rate=60),
)

"""The disk under PostgreSQL is full, until there is room again."""

import asyncio

from chaos.experiment import Bound, Experiment
from chaos.plan import Load, Plan
from chaos.trial import Trial


async def _disturb(trial: Trial) -> None:
    store = trial.stage.database
    await trial.until_taken(trial.moments(1, until=0.5)[0])
    # What is in hand cannot be written down, and its lease runs out.
    trial.strike(workers=len(trial.stage.workers))
    await trial.off(store.fill_disk)
    try:
        while not trial.journal.statuses[503]:  # noqa: ASYNC110 - until then there is room in pages that were begun
            await asyncio.sleep(0.1)
        await asyncio.sleep(trial.a_moment(3, 6))
    finally:
        await trial.off(store.free_disk)
    if store.has_ended():  # it had no room for its log, and nobody but an operator starts it again
        await trial.off(store.start)
    await trial.until_accepted(1.0)
    trial.is_odd("answers of 5xx other than 503", trial.journal.errors.total() - trial.journal.statuses[503])


EXPERIMENT = Experiment(
    id="B18b",
    question="The disk under PostgreSQL is full for 3 to 6 s: are calls refused by 503, and is all sent afterwards?",
    disturb=_disturb,
    trials=15,
    bound=Bound.ON_THE_WIRE,
    plan=Plan(small_disk=True),
    load=Load(count=400, rate=60),
)

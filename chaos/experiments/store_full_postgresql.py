"""The disk under PostgreSQL is full, until there is room again."""

import asyncio

from chaos.experiment import Bound, Experiment
from chaos.plan import Load, Plan
from chaos.trial import Trial


async def _disturb(trial: Trial) -> None:
    store = trial.cluster.database
    await trial.until_some_are_taken(0.5)
    # Results of claims cannot be stored, and their leases expire.
    trial.note_fault(workers=len(trial.cluster.workers))
    await trial.in_thread(store.fill_disk)
    try:
        while not trial.call_log.statuses[503]:  # noqa: ASYNC110 - until then there is room in pages that were begun
            await asyncio.sleep(0.1)
        await asyncio.sleep(trial.random_seconds(3, 6))
    finally:
        await trial.in_thread(store.free_disk)
    if store.has_ended():  # it had no room for its log, and only an operator starts it again
        await trial.in_thread(store.start)
    await trial.until_accepted(1.0)
    trial.note_problem("answers of 5xx other than 503", trial.call_log.errors.total() - trial.call_log.statuses[503])


EXPERIMENT = Experiment(
    id="B18b",
    question="The disk under PostgreSQL is full for 3 to 6 s: are calls refused by 503, and is all sent afterwards?",
    disturb=_disturb,
    trials=15,
    bound=Bound.ON_THE_WIRE,
    plan=Plan(small_disk=True),
    load=Load(count=400, rate=60),
)

"""PostgreSQL is killed: one session, on which all others end too, or the whole server."""

import asyncio

from chaos.experiment import Bound, Experiment
from chaos.plan import Load
from chaos.trial import Trial
from tests.services.postgres import Postgres
from tests.services.process import ServiceFailed, wait_until


def _kills_a_session(store: Postgres) -> bool:
    try:
        store.kill_session()
    except ServiceFailed:
        return False
    return True


async def kill_store(trial: Trial) -> None:
    """Kill one session of the store, or the whole server, which is started again after a while."""
    store = trial.cluster.database
    # It may be away for longer than a lease.
    trial.note_fault(workers=len(trial.cluster.workers))
    if trial.random.random() < 0.5:
        # Not while it still recovers from the last one.
        await trial.in_thread(
            lambda: wait_until(lambda: _kills_a_session(store), process=None, log=lambda: "no session")
        )
    else:
        await trial.in_thread(store.kill)
        await asyncio.sleep(trial.random_seconds())
        await trial.in_thread(store.start)


async def _disturb(trial: Trial) -> None:
    for moment in trial.random_shares(2, until=0.7):
        await trial.until_accepted(moment)
        await kill_store(trial)


EXPERIMENT = Experiment(
    id="B17",
    question="PostgreSQL is killed under load, a session or all of it: is every 2xx still there?",
    disturb=_disturb,
    trials=50,
    bound=Bound.ON_THE_WIRE,
    load=Load(count=200, rate=60),
)

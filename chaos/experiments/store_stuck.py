"""A lock on the table of deliveries holds up everyone for longer than a lease."""

import time

from chaos.experiment import Bound, Experiment
from chaos.plan import Load
from chaos.readiness import is_alive
from chaos.trial import Trial

IN_FLIGHT = 1.5
"""Seconds in which what was claimed before the lock is sent."""


async def _disturb(trial: Trial) -> None:
    name = trial.cluster.database_url.rpartition("/")[2]
    await trial.until_some_are_taken(0.5)
    seconds = trial.random_seconds(3, 6)
    trial.note_fault(workers=len(trial.cluster.workers))
    locking = f"LOCK TABLE deliveries IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep({seconds})"
    await trial.in_thread(lambda: trial.cluster.database.sql(locking, database=name))
    ended = time.monotonic()
    locked = (ended - seconds + IN_FLIGHT, ended - 0.1)
    sent = sum(locked[0] < entry.at < locked[1] for entry in trial.entries() if entry.kind == "taken")
    if sent:
        trial.wrong["sent while no claim could be committed"] += sent
    for url in trial.cluster.urls:
        if not await is_alive(url):
            trial.wrong["an API that is not alive any more"] += 1


EXPERIMENT = Experiment(
    id="B19",
    question="The table of deliveries is locked for 3 to 6 s: does a worker send without a claim, or hang?",
    disturb=_disturb,
    trials=15,
    bound=Bound.ON_THE_WIRE,
    load=Load(count=300, rate=60),
)

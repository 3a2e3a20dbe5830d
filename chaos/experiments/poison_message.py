"""One message kills every worker that claims it."""

import asyncio

from chaos import store_reader
from chaos.experiment import Bound, Experiment
from chaos.plan import Load
from chaos.provider.faults import SILENCE, Fault
from chaos.trial import Trial

LIVES = 5
"""Workers that a message may cost before it waits for a person."""

POISON = "poison-"

WHICH = 30
"""The number of the one that kills: it comes when the provider knows what to do."""


def _poison_one(body: dict[str, object], number: int) -> None:
    if number == WHICH:
        body["user_email"] = f"{POISON}{body['user_email']}"


async def _disturb(trial: Trial) -> None:
    await trial.inject_faults(Fault("rcpt", SILENCE, only=POISON))
    for life in range(1, LIVES + 1):
        await trial.until_faulted(life)
        trial.note_fault(workers=len(trial.cluster.workers))
        await asyncio.gather(*(trial.in_thread(worker.kill) for worker in trial.cluster.workers))
        await asyncio.gather(*(trial.in_thread(worker.start) for worker in trial.cluster.workers))
    await trial.until_accepted(1.0)
    await store_reader.wait_until_ended(trial.cluster.database_url, patience=30)
    stored = await store_reader.read_deliveries(trial.cluster.database_url, trial.tag)
    ended = [one.reference for one in stored if one.state == "quarantined"]
    if ended != [list(trial.bodies)[WHICH]]:
        trial.wrong["others in quarantine than the one that kills"] += 1


EXPERIMENT = Experiment(
    id="B14b",
    question="One message kills every worker that takes it: is it set apart after five, and are its neighbours sent?",
    disturb=_disturb,
    trials=10,
    bound=Bound.ON_THE_WIRE,
    load=Load(count=150, rate=30, shape=_poison_one),
    ends=frozenset({"sent", "quarantined"}),
)

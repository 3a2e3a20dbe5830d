"""The files of SQLite cannot grow any more, as on a disk that is full, until there is room again."""

import asyncio

from chaos.experiment import Bound, Experiment
from chaos.plan import Load, Plan, StoreName
from chaos.trial import Trial

ROOM_FOR_LOGS = 100_000
"""Bytes by which the logs may still grow: a full disk under them is another fault."""


async def _disturb(trial: Trial) -> None:
    servers = trial.cluster.servers
    await trial.until_some_are_taken(0.5)
    # Results of claims cannot be stored, and their leases expire.
    trial.note_fault(workers=len(trial.cluster.workers))
    most = max(len(server.log()) for server in servers) + ROOM_FOR_LOGS
    for server in servers:
        server.limit_files(most)
    await asyncio.sleep(trial.random_seconds(3, 6))
    for server in servers:
        server.limit_files(None)
    trial.note_problem("nothing was ever full, so nothing was tried", not trial.call_log.errors)
    trial.note_problem("answers of 5xx other than 503", trial.call_log.errors.total() - trial.call_log.statuses[503])


EXPERIMENT = Experiment(
    id="B18",
    question="The disk under SQLite is full for 3 to 6 s: are calls refused, and is all sent afterwards?",
    disturb=_disturb,
    trials=15,
    bound=Bound.ON_THE_WIRE,
    plan=Plan(store=StoreName.SQLITE),
    load=Load(count=400, rate=60),
)

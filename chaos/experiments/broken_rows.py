"""Broken rows are among those that are sent, on PostgreSQL."""

import asyncio
import time
from uuid import UUID

from chaos.broken_rows import Breakage, kinds_for, open_states, plant, remove
from chaos.experiment import Experiment
from chaos.plan import Load
from chaos.trial import Trial

PATIENCE = 30.0
"""Seconds within which every broken row is out of the way."""


async def _disturb(trial: Trial) -> None:
    """Write all kinds of broken rows three times while the load runs; each has to be taken out of the way."""
    url = trial.cluster.database_url
    # Those that break every batch: what is merely odd is sent, or waits, and does no harm either way.
    kinds = [kind for kind in kinds_for(trial.cluster.plan.store) if not kind.is_noticed_by_a_loop]
    for moment in trial.random_shares(3, until=0.8):
        await trial.until_accepted(moment)
        trial.note_fault()
        planted = await plant(url, kinds)
        expected = {planted[kind.name]: kind for kind in kinds}
        await _until_out_of_the_way(trial, url, expected)
        await remove(url, list(planted.values()))


async def _until_out_of_the_way(trial: Trial, url: str, expected: dict[UUID, Breakage]) -> None:
    ends = time.monotonic() + PATIENCE
    while time.monotonic() < ends:
        still_open = await open_states(url, list(expected))
        in_the_way = {id_: state for id_, state in still_open.items() if not expected[id_].may_stay_open}
        if not in_the_way:
            return
        await asyncio.sleep(0.1)
    for id_, state in in_the_way.items():
        trial.note_problem(f"{expected[id_].name}: still {state}")


EXPERIMENT = Experiment(
    id="B36",
    question="Thirty kinds of broken rows are among the others: are all others sent, and the broken set apart?",
    disturb=_disturb,
    trials=10,
    load=Load(count=150, rate=40),
)
